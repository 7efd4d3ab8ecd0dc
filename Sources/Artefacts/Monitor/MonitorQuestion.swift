// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

/// A command to QEMU's monitor, as far as its reply's meaning depends on it.
struct MonitorQuestion: Hashable, Sendable {
  let command: String
  /// The property that `qom-get` asks for.
  let property: String?

  private init(command: String, property: String?) {
    self.command = command
    self.property = property
  }

  /// `{"execute": "query-balloon"}`.
  init?(_ json: JSON) {
    guard let command = json["execute"]?.string else { return nil }
    self.init(command: command, property: json["arguments"]?["property"]?.string)
  }

  /// The command within a line such as `virsh qemu-monitor-command win10 '{"execute": "query-balloon"}'`, or the words
  /// behind the prompt of the human monitor.
  init?(line: Substring) {
    guard line.utf8.count < 4_096 else { return nil }
    if line.has("\"execute\""), let start = line.utf8.firstIndex(of: UInt8(ascii: "{")),
      let end = line.utf8.lastIndex(of: UInt8(ascii: "}")), start < end,
      let json = try? JSON(parsing: Array(line.utf8[start...end]), limits: .request)
    {
      self.init(json)
      return
    }
    guard line.has("info") || line.has("qom-get") else { return nil }
    let words = line.words.map { $0.filter { $0 != "\"" && $0 != "'" } }
    // `(qemu) info virtio`, `virsh qemu-monitor-command --hmp vm 'info virtio'`.
    if let place = words.lastIndex(of: "info"), place + 1 < words.count,
      place == 0 || words[..<place].contains(where: { $0.hasSuffix(")") || $0 == "qm>" || $0 == "--hmp" })
    {
      self.init(command: "info " + words[place + 1], property: words.count > place + 2 ? words[place + 2] : nil)
      return
    }
    guard let place = words.lastIndex(where: { $0 == "qom-get" || $0.hasSuffix("qom-get") }), place + 2 < words.count
    else { return nil }
    self.init(command: "qom-get", property: words[place + 2])
  }
}
