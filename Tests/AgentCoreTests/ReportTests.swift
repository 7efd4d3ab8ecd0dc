// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import Testing

@Suite("The agent's report at the guest")
struct ReportTests {
  private func report(_ platform: FakePlatform = FakePlatform()) -> GuestReport {
    GuestReport(of: platform, identity: AgentIdentity(name: "test-agent", version: "9.9", instance: "00"))
  }

  @Test("The text names each part, each fact with its source, and what is absent or failed")
  func text() {
    let text = report().text
    #expect(text.hasPrefix("test-agent 9.9, protocol 1\n"))
    #expect(text.contains("  name                   Fake OS 1                               [test]\n"))
    #expect(text.contains("  version                -                                       [test]\n"))
    #expect(text.contains("  kernel                 ? denied: no                            [test]\n"))
    #expect(text.contains("  total                  18014398509481984 (17179869184 MiB)     [test]\n"))
    #expect(text.contains("  function-5\n"))
    #expect(text.contains("    class                00ff00                                  [test]\n"))
    #expect(text.contains("    virtio features      1 2                                     [test]\n"))
    #expect(text.contains("[    0.000012] virtio_balloon virtio0: Out of puff!\n"))
  }

  @Test("A part that could not be asked says why")
  func failure() {
    let text = report(FakePlatform(failure: ProtocolError(.denied, "/dev/kmsg: \u{1b}[2J"))).text
    #expect(text.contains("could not be asked: /dev/kmsg: \\u{001b}[2J\n"))
  }

  @Test("No character of the guest reaches the terminal that could move, hide or reorder text")
  func escapes() {
    let hostile = "\u{1b}]0;x\u{7}\u{202e}evil\u{200b}\u{85}\n\u{feff}"
    let lines = [(UInt64(1), LogLine(microseconds: nil, text: hostile))]
    let text = report(FakePlatform(osName: hostile, driver: hostile, lines: lines)).text
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !JSON.isUnsafeOnTerminal($0) })
    #expect(text.contains("\\u{001b}]0;x\\u{0007}\\u{202e}evil"))
  }

  @Test("The JSON has each method's result or error under its name")
  func json() throws {
    let json = try JSON(parsing: report().json.bytes, limits: .reply)
    for method in Method.all where method != .hello && method != .ping {
      #expect(json[method.name]?["result"] != nil, "\(method.name)")
    }
    #expect(json["agent"]?["version"]?.string == "9.9")
    let failed = report(FakePlatform(failure: ProtocolError(.unsupported, "none"))).json
    #expect(failed["log.balloon"]?["error"]?["code"]?.int == -32001)
  }

  @Test("A report shows a thousand lines of the log and that there were more")
  func longLog() {
    let lines = (0..<1_200).map { (UInt64($0), LogLine(microseconds: nil, text: "line")) }
    let log = try? report(FakePlatform(lines: lines)).log.get()
    #expect(log?.count == 1_001)
    #expect(log?.last?.text == String.cutMark)
  }

  @Test("What Windows tells has its lines, and what it does not tell says why")
  func windows() {
    var device = WindowsDeviceFacts(FactFailure(.unsupported, "not on this Windows"), source: "test")
    device.isPresent = .observed(false, source: "DEVPKEY_Device_IsPresent")
    device.problem = .observed("CM_PROB_PHANTOM", source: "test")
    device.problemStatus = .observed(0xc000_0490, source: "test")
    device.hardwareIDs = .observed(["PCI\\VEN_1AF4&DEV_1002", "PCI\\VEN_1AF4\u{202e}"], source: "ids")
    device.compatibleIDs = .observed([], source: "ids")
    device.lastRemoval = .observed(-5, source: "test")
    var service = WindowsServiceFacts(FactFailure(.denied, "no"), source: "test")
    service.startType = .observed(4, source: "Start")
    service.binaryExists = .observed(true, source: "test")
    let system = WindowsSystemFacts(
      edition: .observed("ServerStandard", source: "test"), secureBoot: .observed(true, source: "test"),
      testSigning: .absent(source: "test"))
    let text = report(FakePlatform(windows: (system, device, service))).text
    for line in [
      "  edition                ServerStandard                          [test]",
      "  Secure Boot            yes                                     [test]",
      "  test signing           -                                       [test]",
      "    problem              CM_PROB_PHANTOM                         [test]",
      "    problem status       0xc0000490                              [test]",
      "    present              no                                      [DEVPKEY_Device_IsPresent]",
      "    hardware ids         PCI\\VEN_1AF4&DEV_1002                   [ids]",
      "                         PCI\\VEN_1AF4\\u{202e}                    [ids]",
      "    compatible ids       none                                    [ids]",
      "    last removal         -5 s since 1970                         [test]",
      "    signer               ? unsupported: not on this Windows      [test]",
      "    start type           4 (disabled)                            [Start]",
      "    path                 ? denied: no                            [test]",
      "    path is there        yes                                     [test]",
    ] {
      #expect(text.contains("\n" + line + "\n"), "\(line)")
    }
    #expect(!report().text.contains("hardware ids") && !report().text.contains("start type"))
  }
}
