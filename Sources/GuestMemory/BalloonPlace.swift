// SPDX-License-Identifier: GPL-3.0-or-later

/// Where a guest counts the pages that it gave to the balloon.
///
/// A Linux that did not negotiate DEFLATE_ON_OOM takes them out of its total in most versions of its driver, one that
/// did leaves the total and counts them as used; some versions had it the other way round. Windows counts them as used.
/// So it is measured: the guest's total either leaves room for them under the maximum, or it does not.
/// Source: Linux drivers/virtio/virtio_balloon.c (adjust_managed_page_count).
struct BalloonPlace {
  enum Place: Hashable {
    /// The guest's total is without them.
    case outsideTotal
    /// The guest's total holds them, as used.
    case insideTotal
  }

  let place: Place
  /// What the negotiated features let expect; `nil` when they are not known.
  let expected: Place?
  /// Whether the figures decide by themselves.
  let isMeasured: Bool

  /// - Parameters:
  ///   - reserved: what is known of the guest's memory that its total never holds.
  ///   - features: what the guest's driver negotiated.
  init(
    balloon: UInt64, maximum: UInt64?, reserved: UInt64, total: UInt64, isWindows: Bool, features: [String]?
  ) {
    expected =
      isWindows
      ? .insideTotal : features.map { $0.contains { $0.hasSuffix("DEFLATE_ON_OOM") } ? .insideTotal : .outsideTotal }
    guard let maximum, balloon > 0, !isWindows else {
      place = expected ?? .outsideTotal
      isMeasured = false
      return
    }
    // All of them are below 2^56.
    let room = Int64(maximum) - Int64(total) - Int64(reserved)
    let outside = (room - Int64(balloon)).magnitude
    let inside = room.magnitude
    // A balloon that is small beside what is not known of the rest decides nothing.
    isMeasured = max(outside, inside) - min(outside, inside) > balloon / 4
    let nearest: Place = inside < outside ? .insideTotal : .outsideTotal
    place = isMeasured ? nearest : expected ?? nearest
  }
}
