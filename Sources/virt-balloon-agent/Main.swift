// SPDX-License-Identifier: BSD-3-Clause
import AgentLinux

#if hasFeature(Embedded)
  /// Called by `main` in static/entry.c: Embedded Swift has no `CommandLine` on a bare target.
  @_cdecl("vb_agent_main")
  func agentMain(_ count: Int32, _ arguments: UnsafePointer<UnsafePointer<CChar>?>) -> Int32 {
    var texts: [String] = []
    for index in 1..<max(1, Int(count)) {
      if let argument = arguments[index] { texts.append(String(cString: argument)) }
    }
    return Program.run(arguments: texts)
  }
#else
  @main
  enum Main {
    static func main() { StandardStreams.exit(Program.run(arguments: Array(CommandLine.arguments.dropFirst()))) }
  }
#endif
