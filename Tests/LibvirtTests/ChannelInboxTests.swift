// SPDX-License-Identifier: GPL-3.0-or-later
import Testing

@testable import Libvirt

@Suite("Channel inbox")
struct ChannelInboxTests {
  @Test("Pieces come out in their order, then the end, again and again")
  func order() async {
    let inbox = ChannelInbox(limit: 100)
    #expect(inbox.deliver([1]))
    #expect(inbox.deliver([2, 3]))
    inbox.finish(nil)
    #expect(!inbox.deliver([4]))
    #expect(inbox.take().bytes == [1])
    #expect(inbox.take().bytes == [2, 3])
    for _ in 0..<2 {
      guard case .ended(nil) = inbox.take() else {
        Issue.record("not ended")
        return
      }
    }
  }

  @Test("The first end counts")
  func firstEnd() {
    let inbox = ChannelInbox(limit: 100)
    inbox.finish(LibvirtError(.rpc, "broken"))
    inbox.finish(nil)
    #expect(inbox.failure?.code == .rpc)
  }

  @Test("A waiting reader wakes for a piece, for the end, and when it is cancelled")
  func wakes() async {
    let inbox = ChannelInbox(limit: 100)
    let thread = Task { #expect(inbox.deliver([1])) }
    while inbox.take().bytes == nil { await inbox.waitForArrival() }
    await thread.value
    let reader = Task { await inbox.waitForArrival() }
    reader.cancel()
    await reader.value
    let last = Task { await inbox.waitForArrival() }
    inbox.finish(nil)
    await last.value
  }

  @Test("A full inbox takes no more, until there is room again")
  func room() {
    let inbox = ChannelInbox(limit: 4)
    #expect(inbox.deliver([1, 2, 3]))
    #expect(!inbox.deliver([4, 5]))
    #expect(inbox.deliver([6]))
    #expect(inbox.take().bytes == [1, 2, 3])
    #expect(inbox.deliver([7, 8, 9]))
    #expect(inbox.take().bytes == [6])
    #expect(inbox.take().bytes == [7, 8, 9])
  }
}

extension ChannelInbox.Head {
  var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
}
