// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// One guest of the experiment.
enum ExperimentGuest {
  /// Boots a guest with at most `maximum` MiB, has its balloon leave it ``Experiment/target``, and reads what it sees.
  static func measure(
    _ image: GuestImage, maximum: Int, deflateOnOOM: Bool, _ qemu: String, _ date: String
  ) async throws -> ExperimentRow {
    let configuration = GuestConfiguration {
      $0.image = image
      $0.memory = maximum
      $0.balloonProperties = ["deflate-on-oom=\(deflateOnOOM ? "on" : "off")"]
      $0.statsPeriod = 0
      $0.serialController = false
      $0.agentChannel = false
      $0.agent = false
      // The transport alone: the balloon's driver is loaded when the target has been set.
      $0.driver = .none
      // Nothing of it is promised by the host before the guest touches it.
      $0.arguments = [
        "-object", "memory-backend-ram,id=ram,size=\(maximum)M,reserve=off", "-machine", "memory-backend=ram",
      ]
    }
    return try await Guest.with(configuration) { guest in
      let before = try await guest.control("cat /proc/meminfo")
      let kernel = try await guest.control("uname -r")
      guard let total = meminfo("MemTotal", of: before) else { throw RigError(.guest, "no MemTotal: \(before)") }
      var row = ExperimentRow(
        kernel: kernel, qemu: qemu, date: date, deflateOnOOM: deflateOnOOM, maximum: maximum,
        target: Experiment.target, totalBefore: total)
      try await guest.monitor.setBalloonTarget(Int64(Experiment.target) << 20)
      await observe(guest, &row)
      row.predict()
      return row
    }
  }

  /// Loads the driver, and waits until the balloon has its target or goes no further.
  private static func observe(_ guest: Guest, _ row: inout ExperimentRow) async {
    do {
      try await guest.control("vb modules virtio_balloon")
      let start = ContinuousClock.now
      var last: Int64 = 0
      var moved = start
      while true {
        let actual = try await guest.monitor.execute("query-balloon")["actual"]?.integer ?? 0
        row.actual = Int(actual >> 20)
        if actual >> 20 <= Int64(row.target) { break }
        if actual != last { (last, moved) = (actual, .now) }
        // The driver asks again five times a second: where no page could be had in so long, none will be.
        if ContinuousClock.now - moved > .seconds(10) { break }
        guard try Experiment.hostAvailable() >= Experiment.hostReserve else {
          row.outcome = "stopped: the host has less than \(Experiment.hostReserve) MiB available"
          return
        }
        try await Task.sleep(for: .milliseconds(100))
      }
      row.resident = guest.processIdentifier.flatMap(resident)
      let after = try await guest.control("cat /proc/meminfo; echo; free", within: .seconds(20))
      row.total = meminfo("MemTotal", of: after)
      let free = after.split(separator: "\n").first { $0.hasPrefix("Mem:") }?.split(separator: " ").dropFirst() ?? []
      (row.free, row.freeFree) = (free.first.flatMap { Int($0) }, free.dropFirst(2).first.flatMap { Int($0) })
      row.outcome = row.actual == row.target ? "target reached" : "target not reached"
    } catch let error as RigError where error.code == .timedOut || error.code == .guest {
      row.resident = guest.processIdentifier.flatMap(resident)
      row.outcome = "out of memory"
      row.words = await lastWords(guest)
      if row.words.isEmpty { row.outcome = "no answer" }
    } catch {
      row.outcome = "failed"
      row.words = "\(error)"
    }
  }

  /// What the console says of it: the end of all, or the first sign of want.
  private static func lastWords(_ guest: Guest) async -> String {
    let signs = ["Kernel panic", "Out of memory", "oom-killer", "Out of puff"]
    // The kernel needs a while for its last words.
    let deadline = ContinuousClock.now + .seconds(60)
    var found = ""
    repeat {
      let lines = ((try? await guest.consoleLog()) ?? "").split(whereSeparator: \.isNewline)
      for sign in signs {
        if let line = lines.first(where: { $0.contains(sign) }) {
          found = line.drop { $0 != "]" }.dropFirst(2).filter { $0.isASCII && $0 != "\"" }
          break
        }
      }
      if found.hasPrefix("Kernel panic") { return found }
      try? await Task.sleep(for: .seconds(1))
    } while ContinuousClock.now < deadline
    return found
  }

  /// KiB of a line of /proc/meminfo.
  static func meminfo(_ name: String, of text: String) -> Int? {
    text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }?.split(separator: " ").dropFirst().first
      .flatMap { Int($0) }
  }

  /// KiB that a process has in memory.
  private static func resident(_ process: Int32) -> Int? {
    (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)).flatMap { meminfo("VmRSS", of: $0) }
  }
}
