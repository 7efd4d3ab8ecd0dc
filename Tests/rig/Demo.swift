// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// Two real guests, one whose balloon works and one whose balloon a generic driver has claimed, and what
/// `virt-balloon diagnose` says of each.
enum Demo {
  /// One guest and the diagnosis that is right for it.
  struct Case: Sendable {
    var title: String
    var driver: GuestConfiguration.Driver
    var exitStatus: Int32
    /// A verdict that the JSON must have; nil when ``finding`` says it all.
    var verdict: String?
    /// The id of a finding that it must have.
    var finding: String?
  }

  static let cases = [
    Case(title: "a guest whose balloon driver works", driver: .load, exitStatus: 0, verdict: "healthy"),
    Case(
      title: "a guest whose balloon a generic driver has claimed", driver: .generic, exitStatus: 1,
      finding: "driver.generic"),
  ]

  /// Boots the guests side by side and prints the reports one after the other.
  /// - Returns: whether both diagnoses are right.
  static func run() async throws -> Bool {
    guard try await GuestImage.prepared().hasAgent else {
      throw RigError(.image, "the guest image has no agent: run make agents")
    }
    let programPath = try Program.built("virt-balloon")
    complain("rig: booting \(cases.count) guests under \(try await qemuVersion())")
    let answers = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
      for (index, one) in cases.enumerated() {
        group.addTask { (index, try await diagnose(one, programPath)) }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    var right = true
    for (index, one) in cases.enumerated() {
      guard let answer = answers[index] else { continue }
      print("── \(one.title)\n\n$ virt-balloon \(answer.command)\n\(answer.report)")
      for mistake in answer.mistakes { complain("rig: \(one.title): \(mistake)") }
      right = right && answer.mistakes.isEmpty
    }
    print(right ? "── both diagnoses are right" : "── NOT both diagnoses are right")
    return right
  }

  private struct Answer: Sendable {
    var command: String
    var report: String
    /// How the diagnosis differs from the right one.
    var mistakes: [String]
  }

  private static func diagnose(_ one: Case, _ programPath: String) async throws -> Answer {
    let configuration = GuestConfiguration { $0.driver = one.driver }
    return try await Guest.with(configuration) { guest in
      let arguments = ["diagnose", "qmp:\(guest.monitorPath)", "--agent-socket", guest.agentSocketPath]
      let text = try await Program.run([programPath] + arguments)
      let json = try await Program.run([programPath] + arguments + ["--format", "json"])

      var mistakes: [String] = []
      func expect<Value: Equatable>(_ what: String, _ value: Value, _ right: Value) {
        if value != right { mistakes.append("\(what) is \(value), not \(right)") }
      }
      expect("the exit status", text.status, one.exitStatus)
      expect("the exit status with --format json", json.status, one.exitStatus)
      if let diagnosis = try? JSONDecoder().decode(RigJSON.self, from: Data(json.output.utf8)) {
        if let verdict = one.verdict { expect("the verdict", diagnosis["verdict"]?.string ?? "none", verdict) }
        if let finding = one.finding {
          let found = diagnosis["findings"]?.elements.compactMap { $0["id"]?.string } ?? []
          if !found.contains(finding) { mistakes.append("the findings are \(found), without \(finding)") }
        }
      } else {
        mistakes.append("--format json is not JSON")
      }
      if !mistakes.isEmpty, !text.errorOutput.isEmpty { mistakes.append("standard error: \(text.errorOutput)") }
      return Answer(command: arguments.joined(separator: " "), report: text.output, mistakes: mistakes)
    }
  }

  /// "QEMU emulator version 7.2.22 (Debian …)".
  private static func qemuVersion() async throws -> String {
    let output = try await Program.check(["qemu-system-x86_64", "--version"])
    return String(output.prefix { $0 != "\n" })
  }
}
