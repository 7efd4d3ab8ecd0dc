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

  @Test("What the kernel escaped is told as it was")
  func escapes() throws {
    let written = "6,5,1,-;virtio_balloon \\x1b[31m \\xc3\\xa9 \\x5cx41 \\x4 \\y\n"
    try withTree(files: ["/dev/kmsg": Array(written.utf8)]) { (platform, _) throws in
      #expect(try log(of: platform).map { $0.text } == ["virtio_balloon \u{1b}[31m é \\x41 \\x4 \\y"])
    }
  }

  @Test("Of many lines the latest 4096 are told, and a long one is cut")
  func latest() throws {
    var content = (0..<9_000).map { "6,\($0),\($0),-;virtio_balloon \($0)\n" }.joined()
    content += "6,9000,9000,-;virtio_balloon " + String(repeating: "x", count: 5_000) + "\n"
    try withTree(files: ["/dev/kmsg": Array(content.utf8)]) { (platform, _) throws in
      let lines = try log(of: platform)
      #expect(lines.count == 4096)
      #expect(lines.first?.microseconds == 4905 && lines.last?.microseconds == 9000)
      #expect(lines.last?.text.utf8.count == 2048 && lines.last?.text.hasSuffix("x\u{2026}") == true)
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
