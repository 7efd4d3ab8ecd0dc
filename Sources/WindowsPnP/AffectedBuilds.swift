// SPDX-License-Identifier: BSD-3-Clause

/// Which builds of virtio-win's driver have a fault, as far as that is known: by the number of the build, and by the
/// day of the mending where the build that first had it is not known.
package struct AffectedBuilds: Sendable {
  /// The first build that is known to have it; `nil`: it was there from the beginning, or nobody knows since when.
  package let first: UInt32?
  /// The last build that is known to have it; `nil` when no number is known.
  package let last: UInt32?
  /// The day on which it was mended in the sources, `2024-10-08`; `nil`: it is open, or only builds are known.
  package let mended: String?
  /// The Windows that the builds are for; `nil` for all.
  package let target: VirtioWinVersion.Target?

  /// From the build `first` to the build `last`, both included.
  package init(first: UInt32, last: UInt32, target: VirtioWinVersion.Target? = nil) {
    self.first = first
    self.last = last
    mended = nil
    self.target = target
  }

  /// Since the build `first`, or ever, until it was mended on a day, and in `last` for certain: a build that was
  /// published before that day.
  package init(first: UInt32? = nil, last: UInt32? = nil, mended: String) {
    self.first = first
    self.last = last
    self.mended = mended
    target = nil
  }

  /// Every build: nobody knows a first or a last one.
  package static var all: AffectedBuilds { AffectedBuilds() }
  private init() {
    first = nil
    last = nil
    mended = nil
    target = nil
  }

  /// Whether a driver has the fault.
  package enum Answer: Hashable, Sendable {
    /// Its build lies in the range.
    case byBuild
    /// Its day lies before the mending.
    case byDay
    /// No range is known, so it cannot be ruled out.
    case open
    case no
    /// Its build does not tell, and its day is not known.
    case unknown
  }

  /// - Parameters:
  ///   - version: the driver's version; one outside virtio-win's scheme is judged by its day alone.
  ///   - day: the driver's day, `2023-07-21`; a text that is no day counts as none.
  package func has(_ version: DriverVersion?, day: String?) -> Answer {
    let scheme = version.flatMap(VirtioWinVersion.init)
    if let target, scheme?.target != target { return .no }
    let build = scheme?.build
    if let build {
      if let first, build < first { return .no }
      if let last, build <= last { return .byBuild }
    } else if first != nil {
      // Without a number nobody can tell whether the fault was there yet.
      return .no
    }
    guard let mended, let end = CalendarDay(iso: mended) else {
      return first == nil && last == nil ? .open : .no
    }
    guard let day, let own = CalendarDay(iso: day) else { return .unknown }
    return own.daysSince1970 < end.daysSince1970 ? .byDay : .no
  }
}
