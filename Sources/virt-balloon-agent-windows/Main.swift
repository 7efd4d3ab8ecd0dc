// SPDX-License-Identifier: BSD-3-Clause
import AgentWindows
import WindowsPnP

#if hasFeature(Embedded)
  /// Called by `wmain` in windows/entry.c: Embedded Swift has no `CommandLine` on a bare target.
  @_cdecl("vb_agent_main")
  func agentMain(_ count: Int32, _ arguments: UnsafePointer<UnsafePointer<UInt16>?>) -> Int32 {
    var texts: [String] = []
    for index in 1..<max(1, Int(count)) {
      if let argument = arguments[index] { texts.append(wideText(argument)) }
    }
    return Program.run(arguments: texts)
  }

  /// A text that ends with a zero.
  private func wideText(_ start: UnsafePointer<UInt16>) -> String {
    var count = 0
    while start[count] != 0 { count &+= 1 }
    return WideText.string(UnsafeBufferPointer(start: start, count: count))
  }
#else
  @main
  enum Main {
    static func main() { StandardStreams.exit(Program.run(arguments: Array(CommandLine.arguments.dropFirst()))) }
  }
#endif
