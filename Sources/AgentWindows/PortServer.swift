// SPDX-License-Identifier: BSD-3-Clause
package import AgentCore
import CAgentWindows

/// Serves an agent on a port for as long as the guest runs or the service is to, through every coming and going of the
/// host and of the port itself.
///
/// The port is opened for overlapped calls, for one without them would let no reply be given up. While a host is
/// connected and silent, and while no port is there and Windows will tell when it comes, the process is not scheduled
/// at all. virtio-win's driver refuses to read while the host is away (vioserial/sys/Port.c): then the agent asks
/// again, at growing intervals.
package struct PortServer<Platform: GuestPlatform> {
  private let target: PortTarget
  private var agent: Agent<Platform>
  private let note: (String) -> Void
  private var lastNote = ""
  private var input = [UInt8](repeating: 0, count: 4096)

  /// - Parameter note: takes one line for the log when the port's state changes.
  package init(_ target: PortTarget, agent: Agent<Platform>, note: @escaping (String) -> Void) {
    self.target = target
    self.agent = agent
    self.note = note
  }

  /// Serves until the service is to stop.
  package mutating func run() {
    let isToldOfPorts = vb_win_listen() == 1
    var pause = Interval.first
    do throws(WindowsError) {
      while true {
        let (error, progress) = serveOnce()
        var longest = Interval.unannounced
        switch error.kind {
        case .stopping: return
        // To be opened again at once would keep the device from being removed.
        case .leaving: pause = longest
        case .notFound: if isToldOfPorts { longest = Interval.announced }
        default: break
        }
        tell(
          progress == .none
            ? "waiting for " + target.text + ": " + words(for: error) : target.text + " has gone: " + error.words)
        if progress == .heard, error.kind != .leaving { pause = Interval.first }
        try Pause.wait(milliseconds: pause)
        pause = min(pause &* 2, longest)
      }
    } catch {
      // The wait was called off.
    }
  }

  private mutating func tell(_ text: String) {
    guard !text.utf8.elementsEqual(lastNote.utf8) else { return }
    lastNote = text
    note(text)
  }

  /// The driver has one answer for a port that is in use and for somebody who may not use it.
  private func words(for error: WindowsError) -> String {
    guard error.kind == .denied else { return error.words }
    return error.words + "; another program has it open, or this one is not run as an administrator"
  }

  /// How long to wait, in milliseconds, before the port is opened again: soon at first, for one that was in use may be
  /// back at once; seldom where Windows tells of ports, for it may lose a notice; often enough where it does not, or
  /// where somebody else has the port open, which nobody tells.
  private enum Interval {
    static var first: Int32 { 10 }
    static var announced: Int32 { 60_000 }
    static var unannounced: Int32 { 5_000 }
  }

  /// How far an opening of the port came: to nothing, to a wait for requests, to requests.
  private enum Progress { case none, waited, heard }

  /// Opens the port and serves until it is of no further use, or the service is to stop.
  private mutating func serveOnce() -> (error: WindowsError, progress: Progress) {
    var progress = Progress.none
    do throws(WindowsError) {
      let port = try PortChannel(target)
      return (serve(port, &progress), progress)
    } catch {
      return (error, progress)
    }
  }

  private mutating func serve(_ port: borrowing PortChannel, _ progress: inout Progress) -> WindowsError {
    var writer = ReplyWriter()
    var pause = Absence.first
    while true {
      do throws(WindowsError) {
        var count = try port.read(&input, milliseconds: 0)
        if count == 0 {
          writer.inputHasEnded()
          tell("serving on " + target.text)
          if progress == .none { progress = .waited }
          count = try port.read(&input, milliseconds: nil)
        }
        progress = .heard
        pause = Absence.first
        agent.receive(input[..<count])
        while let reply = agent.nextReply() { try writer.write(reply, to: port) }
      } catch {
        guard error.kind == .noPeer || error.kind == .aborted else { return error }
        writer.inputHasEnded()
        tell("serving on " + target.text)
        if progress == .none { progress = .waited }
        do throws(WindowsError) { try Pause.wait(milliseconds: pause) } catch { return error }
        pause = min(pause &* 2, Absence.longest)
      }
    }
  }

  /// How long to wait, in milliseconds, before asking a port again whose host is away. A host that has just connected
  /// waits no longer than the longest for its first answer.
  private enum Absence {
    static var first: Int32 { 100 }
    static var longest: Int32 { 1_000 }
  }
}
