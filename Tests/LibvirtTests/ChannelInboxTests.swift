// SPDX-License-Identifier: GPL-3.0-or-later
import Testing

@testable import Libvirt

@Suite("Channel inbox")
struct ChannelInboxTests {
  @Test("Pieces come out in their order, then the end, again and again")
  func order() async {
    let inbox = ChannelInbox(limit: 100)
    inbox.deliver([1])
    inbox.deliver([2, 3])
    inbox.finish(nil)
    inbox.deliver([4])
    #expect(inbox.take().bytes == [1])
    #expect(inbox.take().bytes == [2, 3])
    for _ in 0..<2 {
      guard case .ended(nil) = inbox.take() else {
        Issue.record("not ended")
        return
      }
    }
    #expect(inbox.waitForRoom() == false)
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
    let thread = Task { inbox.deliver([1]) }
    while inbox.take().bytes == nil { await inbox.waitForArrival() }
    await thread.value
    let reader = Task { await inbox.waitForArrival() }
    reader.cancel()
    await reader.value
    let last = Task { await inbox.waitForArrival() }
    inbox.finish(nil)
    await last.value
    #expect(inbox.waitForRoom() == false)
  }

  @Test("A full inbox holds its thread until there is room, and lets it go when the channel ends")
  func room() async throws {
    let inbox = ChannelInbox(limit: 4)
    let thread = try ThreadExecutor()
    let (ended, end) = AsyncStream<Int>.makeStream()
    thread.run {
      var delivered = 0
      while inbox.waitForRoom() {
        inbox.deliver([0, 0])
        delivered += 1
      }
      end.yield(delivered)
      end.finish()
    }
    for _ in 0..<100 {
      while inbox.take().bytes == nil { await inbox.waitForArrival() }
    }
    inbox.finish(nil)
    for await delivered in ended { #expect((100...103).contains(delivered)) }
  }
}

extension ChannelInbox.Head {
  var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
}
