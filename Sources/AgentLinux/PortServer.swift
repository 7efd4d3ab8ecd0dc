// SPDX-License-Identifier: BSD-3-Clause
package import AgentCore
import CAgentPlatform

/// Serves an agent on a virtio port for as long as the guest runs, through every coming and going of the host and of
/// the port itself.
///
/// The port is opened without waiting and watched for edges: a level-triggered wait on a port whose host is away
/// returns at once, for ever. While nothing happens the process is not scheduled at all.
package struct PortServer<Platform: GuestPlatform> {
  private let files: SystemFiles
  private let target: PortTarget
  private var agent: Agent<Platform>
  private let note: (String) -> Void
  private var lastNote = ""
  private var input = [UInt8](repeating: 0, count: 4096)

  /// - Parameter note: takes one line for the log when the port's state changes.
  package init(_ target: PortTarget, agent: Agent<Platform>, root: String = "/", note: @escaping (String) -> Void) {
    files = SystemFiles(root: root)
    self.target = target
    self.agent = agent
    self.note = note
  }

  /// Serves without end.
  package mutating func run() -> Never {
    while true {
      let port = waitForPort()
      tell("serving on " + target.text)
      serve(port)
      vb_close(port)
      tell(target.text + " has gone")
    }
  }

  private mutating func tell(_ text: String) {
    guard !text.utf8.elementsEqual(lastNote.utf8) else { return }
    lastNote = text
    note(text)
  }

  // MARK: Finding the port

  /// How long to wait, in milliseconds, before a look that nobody asked for: long where the kernel announces ports,
  /// for it may lose an announcement, shorter where it does not, and short for a port that somebody else has open,
  /// since its closing is never announced.
  private enum Pause {
    static var announced: Int32 { 60_000 }
    static var unannounced: Int32 { 30_000 }
    static var busy: Int32 { 5_000 }
  }

  private mutating func waitForPort() -> Int32 {
    // Listening comes before looking, or a port that appears between the two is missed.
    let listening = vb_uevents_open()
    let announcements = Int32(truncatingIfNeeded: listening)
    defer { if listening >= 0 { vb_close(announcements) } }
    while true {
      var pause = listening >= 0 ? Pause.announced : Pause.unannounced
      if let path = devicePath() {
        let opened = vb_open_port(files.root + path)
        if opened >= 0 { return Int32(truncatingIfNeeded: opened) }
        let error = SystemError(code: opened)
        if error.kind == .busy { pause = Pause.busy }
        tell("waiting for " + target.text + ": " + path + ": " + error.words)
      } else {
        tell("waiting for " + target.text)
      }
      waitForAnnouncement(listening >= 0 ? announcements : -1, pause)
    }
  }

  private func devicePath() -> String? {
    switch target {
    case .path(let path): path
    case .name(let name): files.virtioPort(named: name)
    }
  }

  /// Waits for news of a virtio port until the pause is over.
  private func waitForAnnouncement(_ announcements: Int32, _ pause: Int32) {
    let end = vb_monotonic_milliseconds() &+ Int64(pause)
    while true {
      let left = Int32(clamping: end &- vb_monotonic_milliseconds())
      // poll ignores a descriptor of -1, and then only waits.
      guard left > 0, vb_poll(announcements, 0, left) > 0, vb_uevents_drain(announcements) == 0 else { return }
    }
  }

  // MARK: Serving

  /// Serves until the port is unplugged or fails.
  private mutating func serve(_ port: Int32) {
    let opened = vb_edge_open(port, 0)
    guard opened >= 0 else { return }
    let edge = Int32(truncatingIfNeeded: opened)
    defer { vb_close(edge) }
    var writer = ReplyWriter(descriptor: port)
    do throws(SystemError) {
      while true {
        try answerWhatIsThere(port, &writer)
        let ready = vb_edge_wait(edge, -1)
        guard ready >= 0 else { throw SystemError(code: ready) }
        if isUnplugged(port, UInt32(truncatingIfNeeded: ready)) { return }
      }
    } catch {
      tell(target.text + ": " + error.words)
    }
  }

  /// A port whose host is away is hung up and readable (reads give 0); one that was unplugged is only hung up
  /// (port_fops_poll in the kernel's drivers/char/virtio_console.c).
  private func isUnplugged(_ port: Int32, _ bits: UInt32) -> Bool {
    guard bits & (VB_HUNG_UP.rawValue | VB_FAILED.rawValue) != 0 else { return false }
    let now = vb_poll(port, 0, 0)
    guard now >= 0 else { return true }
    let state = UInt32(truncatingIfNeeded: now)
    return state & VB_FAILED.rawValue != 0
      || state & (VB_HUNG_UP.rawValue | VB_READABLE.rawValue) == VB_HUNG_UP.rawValue
  }

  /// Reads and answers until there is nothing more now, which no edge would tell again.
  private mutating func answerWhatIsThere(_ port: Int32, _ writer: inout ReplyWriter) throws(SystemError) {
    while true {
      let count = input.withUnsafeMutableBufferPointer { vb_read(port, $0.baseAddress, Int64($0.count)) }
      guard count > 0, count <= input.count else {
        guard count == 0 || SystemError(code: count).kind == .again else { throw SystemError(code: count) }
        writer.inputHasEnded(peerIsAway: count == 0)
        return
      }
      try answer(input[..<Int(count)], with: &agent, on: &writer)
    }
  }
}

/// Answers what the bytes complete.
func answer<Platform: GuestPlatform>(
  _ bytes: ArraySlice<UInt8>, with agent: inout Agent<Platform>, on writer: inout ReplyWriter
) throws(SystemError) {
  agent.receive(bytes)
  while let reply = agent.nextReply() { try writer.write(reply) }
}
