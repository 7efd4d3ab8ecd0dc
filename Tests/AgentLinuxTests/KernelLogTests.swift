// SPDX-License-Identifier: BSD-3-Clause
import AgentLinux
import AgentProtocol
import Testing

@Suite("The kernel's log")
struct KernelLogTests {
  @Test("The balloon's lines are found among the others, with their times")
  func lines() throws {
    #expect(
      try log(of: tree("transitional")) == [
        LogLine(microseconds: 9_150_100, text: "virtio_balloon virtio1: Out of puff! Can't get 1 pages"),
        LogLine(microseconds: 9_350_100, text: "virtio_balloon: probe of virtio1 failed with error -2"),
      ])
  }

  @Test("A cursor skips the lines before it")
  func cursor() throws {
    #expect(try log(of: tree("transitional"), from: 342).map { $0.microseconds } == [9_350_100])
    #expect(try log(of: tree("transitional"), from: 343).isEmpty)
  }

  @Test("A reader that stops is not given more")
  func stops() throws {
    var count = 0
    try tree("transitional").log(from: 0) { (_, _) in
      count += 1
      return false
    }
    #expect(count == 1)
  }

  @Test("A system without the log has no such method")
  func missing() throws {
    let error = #expect(throws: ProtocolError.self) { try log(of: tree("generic")) }
    #expect(error?.code == .unsupported)
  }

  @Test(
    "Lines that are no records are passed over",
    arguments: [
      "virtio_balloon without a head\n", ";virtio_balloon\n", "6;virtio_balloon\n", "6,x,1,-;virtio_balloon\n",
      "6,99999999999999999999,1,-;virtio_balloon\n", "\n\n;;;\n", " virtio_balloon;virtio_balloon\n",
      "6,1,2,-;virtio_balloo",
    ])
  func noRecords(content: String) throws {
    try withTree(files: ["/dev/kmsg": Array((content + "\n6,5,9,-;end of virtio_balloon\n").utf8)]) {
      (platform, _) throws in
      #expect(try log(of: platform) == [LogLine(microseconds: 9, text: "end of virtio_balloon")])
    }
  }

  @Test("A line that is no UTF-8 is shown with its bad bytes replaced; a time that is none is left out")
  func badBytes() throws {
    try withTree(files: ["/dev/kmsg": Array("6,5,x,-;virtio_balloon ".utf8) + [0xff, 0x0a]]) { (platform, _) throws in
      #expect(try log(of: platform) == [LogLine(microseconds: nil, text: "virtio_balloon \u{fffd}")])
    }
  }

  @Test("A file without line feeds is no log")
  func endless() throws {
    try withTree(files: ["/dev/kmsg": [UInt8](repeating: 0x41, count: 200_000)]) { (platform, _) throws in
      let error = #expect(throws: ProtocolError.self) { try log(of: platform) }
      #expect(error?.code == .internalError)
    }
  }
}
