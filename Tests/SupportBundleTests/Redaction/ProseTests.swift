// SPDX-License-Identifier: GPL-3.0-or-later
import SupportBundle
import Testing

/// All texts are synthesised, after messages that libvirt, QEMU, Linux and this program write.
@Suite("Redacted prose")
struct ProseTests {
  private func redacted(_ text: String) -> String {
    var redactor = Redactor()
    return redactor.redact(text, at: "x")
  }

  @Test(
    "Sentences about balloons stay as they are",
    arguments: [
      "the monitor did not answer by the deadline (5 seconds)", "QEMU 7.2.22 has no such command: query-balloon",
      "virtio_balloon virtio0: Out of puff! Can't get 256 pages", "[    1.234567] virtio_balloon virtio3: registered",
      "virtio-pci 0000:00:05.0: enabling device (0100 -> 0103)",
      "the guest's agent can't open org.virt-balloon.agent.0",
      "PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00", "1af4:1002 at 05.0, 02.0/00.0, status 0xc0000490",
      "Requested operation is not valid: domain is not running", "driver version 100.101.104.28500 of 2025-08-12",
      "17179869184 bytes, 512 MiB, 4GiB, 200ms", "2025-06-17T10:11:12.123Z at 10:31:05",
      "connect to qemu:///system: Permission denied", "C:\\Windows\\System32\\drivers\\balloon.sys",
      "/var/run/libvirt/libvirt-sock-ro: No such file or directory", "guest-get-devices is disabled in qemu-ga",
      "pc-q35-9.0+pve0 of probe.txt, session.log",
      "char device redirected to /dev/pts/0 (label charserial0)",
      "state='disconnected' of <channel type='unix'>", "18446744073709551615 stands for no value", "",
    ])
  func kept(text: String) { #expect(redacted(text) == text) }

  @Test(
    "What has a form of its own gets a token of its kind",
    arguments: [
      ("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "redacted-uuid-1"), ("52:54:00:ab:cd:ef", "redacted-mac-1"),
      ("52-54-00-AB-CD-EF", "redacted-mac-1"), ("192.0.2.17:5900", "redacted-ip-1:5900"),
      ("2001:db8::42", "redacted-ip-1"), ("[::1]:16509", "[redacted-ip-1]:16509"),
      ("fe80::1%eth7", "redacted-ip-1%redacted-text-1"),
      ("zoe@example.com", "redacted-email-1"), ("db7.example.net", "redacted-host-1"),
      ("/home/zoe/quux.log", "/home/redacted-path-1/redacted-path-2.log"),
      ("C:\\Users\\Zoe Quux\\x.txt", "C:\\Users\\redacted-path-1\\x.txt"),
      ("serial 4711081512", "serial redacted-serial-1"), ("+49 170 5550123", "+redacted-serial-1"),
      ("4111 1111 1111 1111", "redacted-serial-1"), ("user zoe said", "user redacted-user-1 said"),
      ("vncpassword=482913", "redacted-text-1=redacted-secret-1"), ("pin: 4829", "pin: redacted-secret-1"),
      ("host=server", "host=redacted-host-1"),
      ("user: test, domain: data", "user: redacted-user-1, domain: redacted-guest-1"),
      ("password: hunter2", "password: redacted-secret-1"),
      ("passwd='balloon' x", "passwd='redacted-secret-1' x"),
      ("\"password\": \"p@$$w0rd!x\"", "\"password\": \"redacted-secret-1\""),
      ("qemu+ssh://zoe@kvm7.example.org/system", "qemu+ssh://redacted-email-1/system"),
    ])
  func forms(text: String, expected: String) { #expect(redacted(text) == expected) }

  @Test("Words that nobody knows are replaced, those beside each other as one")
  func unknown() {
    #expect(redacted("the guest of Zoë Quux is paused") == "the guest of redacted-text-1 is paused")
    #expect(redacted("Zugriff verweigert: zugriff VERWEIGERT") == "redacted-text-1: redacted-text-1")
    #expect(redacted("zoe’s guest") == "redacted-text-1’s guest")
  }

  @Test("Text in quotes is one value, unless all of it is known; a path keeps its parts")
  func quotes() {
    #expect(
      redacted("no domain with matching name 'the zoe guest'") == "no domain with matching name 'redacted-text-1'")
    #expect(redacted("no domain with matching name 'server'") == "no domain with matching name 'redacted-text-1'")
    #expect(redacted("unknown property \"deflate-on-oom\"") == "unknown property \"deflate-on-oom\"")
    #expect(redacted("cannot open '/run/zoe/qmp.sock'") == "cannot open '/run/redacted-path-1/qmp.sock'")
    #expect(redacted("the guest's word, the hosts' word") == "the guest's word, the hosts' word")
  }

  @Test("Redacting twice gives the same")
  func twice() {
    let text = """
      zoe@example.com wrote "to the Zoe of 'quux'" from 192.0.2.9, /home/zoe/x, kvm7.example.org, user zoe, \
      password=hunter2 Red Zebra serial 12345678901
      """
    let once = redacted(text)
    #expect(redacted(once) == once)
    var redactor = Redactor()
    let first = redactor.redact(text, at: "x")
    #expect(redactor.redact(first, at: "x") == first)
  }

  @Test("Words in quotes that are longer than a quote until they are replaced are read again")
  func longQuotes() {
    let text = "'" + String(repeating: "zebra quux ", count: 60) + "server'"
    let once = redacted(text)
    #expect(once == "'redacted-text-1 redacted-text-2'")
    #expect(redacted(once) == once)
  }

  @Test(
    "Hostile text is read in the time that its length takes, and redacting it twice gives the same",
    arguments: [
      "'", "\"a", "a-", "0:", "zebra ", "redacted-guest-1-", " '\"`", "1 ", "a.b@", "é", "password=", ":", "\\", "a..",
      "0.", "a:a.", "b\"c='",
    ])
  func hostile(unit: String) {
    var redactor = Redactor()
    for index in 0..<200 { _ = redactor.token(.guest, for: "a a\(index)", at: "x") }
    let text = String(repeating: unit, count: (1 << 16) / unit.utf8.count)
    let once = redactor.redact(text, at: "x")
    #expect(redactor.redact(once, at: "x") == once)
  }
}
