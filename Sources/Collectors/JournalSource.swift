// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc

/// Looks for an exercise that has not put back what it took: at its journal, and at what it holds while it runs.
/// Nothing is touched, and no lock is taken.
struct JournalSource: Sendable {
  /// Where journals are looked for, in order.
  let directories: [String]
  let clock: WallClock
  /// What stands before /proc; empty, but for tests.
  var root = ""

  /// What the journals say of a machine.
  ///
  /// - Parameters:
  ///   - keys: the names by which an exercise may know it: its UUID, its monitor's socket.
  ///   - run: which run of the machine is there now; asked only where there is a journal.
  func look(for keys: [String], run: () -> String?) -> JournalEvidence {
    let nothing = source("the exercise journals (\(directories.joined(separator: ", ")))")
    var evidence = JournalEvidence(Unknown(failure: Failure(.notAsked, "not asked"), provenance: nothing))
    evidence.original = .absent(nothing)
    evidence.written = .absent(nothing)
    evidence.isOfThisRun = .absent(nothing)
    let files = directories.flatMap { directory in
      keys.map { key in (key: key, path: directory + "/" + JournalFile.name(of: key)) }
    }
    for (key, path) in files {
      let place = source("exercise journal \(path).json")
      do throws(JournalError) {
        guard let entry = try JournalFile.read(path + ".json") else { continue }
        guard entry.machine.key == key else { throw JournalError(.malformed, "\(path).json: is another machine's") }
        evidence.original = .observed(entry.original, place)
        evidence.written = .observed(entry.written, place)
        evidence.isOfThisRun = isOfThisRun(entry.machine, run(), place)
        break
      } catch {
        // Another user's, as a rule: what one may not read says nothing.
        guard error.code == .malformed else { continue }
        let failure = Failure(.malformed, error.message)
        (evidence.original, evidence.written) = (.failed(failure, place), .failed(failure, place))
        evidence.isOfThisRun = .failed(failure, place)
        break
      }
    }
    (evidence.isUnderWay, evidence.process) = underWay(keys, files.map { $0.path + ".lock" })
    return evidence
  }

  private func isOfThisRun(_ machine: MachineIdentity, _ run: String?, _ source: Provenance) -> Observation<Bool> {
    guard let run else { return .failed(Failure(.unsupported, "QEMU's process is not to be seen from here"), source) }
    if run == machine.run {
      guard machine.isCertain else {
        return .failed(
          Failure(
            .unsupported, "QEMU's process is not to be seen from here, and libvirt's numbers of domains begin anew"),
          source)
      }
      return .observed(true, source)
    }
    // Two ways to name a run say nothing of each other.
    guard machine.isCertain == MachineIdentity(key: machine.key, run: run).isCertain else {
      return .failed(Failure(.unsupported, "QEMU's process is not to be seen from both"), source)
    }
    return .observed(false, source)
  }

  /// Whether somebody exercises the machine now, and in which process.
  ///
  /// Source: unix(7), /proc/net/unix; proc(5), /proc/locks, which names a lock's file by its device and inode.
  private func underWay(_ keys: [String], _ locks: [String]) -> (Observation<Bool>, Observation<UInt64>) {
    let sockets = source("/proc/net/unix")
    guard case .success(let bytes) = HostFiles.read(root + "/proc/net/unix", limit: Self.byteLimit) else {
      let failure = Failure(.denied, "/proc/net/unix cannot be read")
      return (.failed(failure, sockets), .failed(failure, sockets))
    }
    let names = Set(keys.map { "@" + JournalFile.socketName(of: $0) })
    let isThere = String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { line in
      line.split(separator: " ").last.map { names.contains(String($0)) } == true
    }
    let source = source("/proc/locks")
    guard isThere, let process = locks.lazy.compactMap(holder).first else {
      return (.observed(isThere, sockets), .absent(source))
    }
    return (.observed(true, sockets), .observed(process, source))
  }

  /// The process that holds the lock of a file; `nil` when none is known to.
  private func holder(ofLock path: String) -> UInt64? {
    var status = stat()
    guard stat(path, &status) == 0,
      case .success(let bytes) = HostFiles.read(root + "/proc/locks", limit: Self.byteLimit)
    else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      // `7: FLOCK  ADVISORY  WRITE 708 08:01:1234 0 EOF`; one that waits has `->` behind its number.
      let words = line.split(separator: " ")
      guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", let process = UInt64(words[4]), process > 0,
        case let place = words[5].split(separator: ":"), place.count == 3, let inode = UInt64(place[2]),
        let major = UInt32(place[0], radix: 16), let minor = UInt32(place[1], radix: 16),
        inode == UInt64(status.st_ino), Self.device(major, minor) == UInt64(status.st_dev)
      else { continue }
      return process
    }
    return nil
  }

  /// The number of a device as stat(2) has it. The corresponding C macro is `makedev`.
  static func device(_ major: UInt32, _ minor: UInt32) -> UInt64 {
    let (major, minor) = (UInt64(major), UInt64(minor))
    return (major & 0xfff) << 8 | (major & 0xffff_f000) << 32 | minor & 0xff | (minor & 0xffff_ff00) << 12
  }

  /// A host has some ten thousand sockets at most, of a hundred bytes each.
  private static let byteLimit = 16 << 20

  private func source(_ name: String) -> Provenance { Provenance(name, trust: .host, time: clock.now()) }
}

extension JournalFile {
  /// Where journals of this machine may be found: this user's, and root's.
  package static var places: [String] {
    var places: [String] = []
    if let own = try? directory() { places.append(own) }
    if let system = try? directory(user: 0), !places.contains(system) { places.append(system) }
    return places
  }
}

extension GuestCollector {
  /// Takes what our own journal says of the guest, and the target with it: what an exercise will put back outranks what
  /// is stored, because it is newer.
  ///
  /// - Parameters:
  ///   - keys: see ``JournalSource/look(for:run:)``.
  ///   - run: the machine's run; see ``MachineIdentity``.
  func tellJournal(_ evidence: inout Evidence, keys: [String?], run: () -> String?) {
    guard !options.journals.isEmpty else { return }
    let told = JournalSource(directories: options.journals, clock: clock).look(for: keys.compactMap { $0 }, run: run)
    evidence.journal = told
    if let target = told.target { evidence.configuration.target = target }
  }
}
