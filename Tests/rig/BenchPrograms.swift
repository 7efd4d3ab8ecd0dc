// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// The agents as files and as processes: their sizes, what they need, and what a million requests cost them.
@MainActor
enum BenchPrograms {
  static let requests = 1_000_000

  /// Sizes, and the libraries that the Windows programs need.
  static func files() async throws -> (figures: [BenchFigure], json: [String: Double]) {
    var figures: [BenchFigure] = []
    func size(_ name: String, _ path: String, _ limit: Double?) throws {
      let bytes = try Data(contentsOf: URL(filePath: path)).count
      let value = Double(bytes) / 1024
      figures.append(
        BenchFigure(
          name: "size of \(name)", ours: "\(BenchFigure.decimal(value, places: 0)) KiB", peer: "",
          value: value / (limit ?? value), target: limit == nil ? .none : .atMost(1)))
    }
    try size("the static Linux agent", staticAgent, 300)
    try size("the Windows agent", WindowsAgent.x86_64.path, 400)
    try size("the Windows agent, 32-bit", WindowsAgent.i686.path, nil)
    for agent in [WindowsAgent.x86_64, .i686] {
      let names = try await libraries(of: agent.path)
      complain("rig: \(agent.rawValue) imports \(names.joined(separator: ", "))")
    }
    return (figures, [:])
  }

  /// Resident memory before and after the requests.
  static func processes() async throws -> (figures: [BenchFigure], json: [String: Double]) {
    var figures: [BenchFigure] = []
    let terminal = try PseudoTerminal()
    let linux = try await Program.background([staticAgent, "--port", terminal.path], log: "/dev/null") {
      try await resident(terminal, try await AgentProcess.running(staticAgent, serving: terminal.path))
    }
    let windows = try await WinePrefix.with { prefix in
      try await prefix.session {
        let terminal = try PseudoTerminal()
        return try await prefix.background([WindowsAgent.x86_64.windowsPath, "--serve", Wine.path(terminal.path)]) {
          try await resident(terminal, try await prefix.process(of: WindowsAgent.x86_64.path))
        }
      }
    }
    for (name, memory, limit) in [
      ("the static Linux agent", linux, 1024.0 as Double?),
      ("the Windows agent under Wine, all of Wine's", windows, nil),
    ] {
      figures.append(
        BenchFigure(
          name: "resident, \(name)", ours: BenchFigure.mebibytes(Double(memory.before)), peer: "",
          value: Double(memory.before) / (limit ?? Double(memory.before)), target: limit == nil ? .none : .atMost(1)))
      figures.append(
        BenchFigure(
          name: "resident after \(requests) requests", ours: BenchFigure.mebibytes(Double(memory.after)),
          peer: BenchFigure.mebibytes(Double(memory.before)), value: Double(memory.after) / Double(memory.before),
          target: .atMost(1.05)))
    }
    return (
      figures,
      ["static_rss_kib": Double(linux.before), "windows_growth": Double(windows.after) / Double(windows.before)]
    )
  }

  private static let staticAgent = "\(GuestImage.checkout)/.build/agents/x86_64-linux/virt-balloon-agent"

  private static func libraries(of path: String) async throws -> [String] {
    try await Program.check(["objdump", "-p", path]).split(separator: "\n").compactMap { line in
      line.contains("DLL Name: ") ? line.split(separator: " ").last.map(String.init) : nil
    }
  }

  /// Resident KiB after the first requests, and after a million more.
  private static func resident(
    _ terminal: PseudoTerminal, _ process: AgentProcess
  ) async throws -> (before: Int, after: Int) {
    for method in BenchAgents.ourWork { try await ask(terminal, method, 1) }
    try await ask(terminal, BenchAgents.ping, 10_000)
    let before = try process.residentKiB()
    try await ask(terminal, BenchAgents.ping, requests)
    return (before, try process.residentKiB())
  }

  /// Sends `request` so many times, as fast as answers come, and waits for all answers.
  private static func ask(_ terminal: PseudoTerminal, _ request: String, _ count: Int) async throws {
    let batch = Array(String(repeating: request, count: min(count, 50)).utf8)
    var waiting: ArraySlice<UInt8> = []
    var batches = count / min(count, 50)
    var answers = 0
    // Between two answers, whatever there are more to come.
    var deadline = ContinuousClock.now + .seconds(60)
    while answers < count {
      if waiting.isEmpty, batches > 0 {
        waiting = batch[...]
        batches -= 1
      }
      if !waiting.isEmpty { waiting = waiting.dropFirst(terminal.send(waiting)) }
      let received = terminal.receive()
      if received.isEmpty {
        guard ContinuousClock.now < deadline else { throw RigError(.timedOut, "\(answers) answers of \(count)") }
        terminal.wait(toSend: !waiting.isEmpty)
      } else {
        deadline = ContinuousClock.now + .seconds(60)
        answers += received.count { $0 == UInt8(ascii: "\n") }
      }
    }
  }
}
