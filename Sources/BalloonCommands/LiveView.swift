// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Reports

/// A guest's statistics on a terminal until somebody presses q or ^C.
struct LiveView {
  let stream: StatisticsStream

  private enum Input: Sendable {
    case update(StatisticsUpdate)
    case terminal(LiveTerminal.Input)
  }

  func run() async throws {
    let (inputs, inbox) = AsyncStream.makeStream(of: Input.self, bufferingPolicy: .bufferingNewest(1_000))
    let following = Task { [stream] in await stream.run { inbox.yield(.update($0)) } }
    defer { following.cancel() }
    LiveTerminal.open { inbox.yield(.terminal($0)) }
    defer { LiveTerminal.close() }
    var screen = LiveScreen()
    var state: LiveState?
    for await input in inputs {
      switch input {
      case .terminal(.quit): return
      case .terminal(.redraw): screen.forget()
      case .update(let update):
        if case .found(let guest) = update, state == nil { state = LiveState(guest) }
        state?.take(update)
      }
      guard let state else { continue }
      let (width, height) = LiveTerminal.size
      let frame = LiveFrame(state, width: width, height: height, style: .standardOutput(verbose: false))
      let bytes = screen.draw(frame.lines, width: width, height: height)
      if !bytes.isEmpty { try Console.write(bytes, as: "view") }
    }
  }
}
