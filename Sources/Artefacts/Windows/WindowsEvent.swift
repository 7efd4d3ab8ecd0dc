// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// One entry of Windows' event log: who wrote it and under which number, which no language changes.
struct WindowsEvent: Hashable, Sendable {
  /// `Service Control Manager`, `Microsoft-Windows-Kernel-PnP`.
  var provider: String?
  var id: UInt64
  /// As it was printed: in the guest's zone and language, or in UTC where the export has a `Z`.
  var time: String?
  /// The sentence, or the values behind it.
  var text: String

  static let textLimit = 1_024

  init(provider: String?, id: UInt64, time: String?, text: String) {
    self.provider = provider
    self.id = id
    self.time = time
    self.text = text
  }

  /// An object of Get-WinEvent (`ProviderName`, `Id`, `Message`) or of Get-EventLog (`Source`, `EventID`).
  init?(_ record: WindowsRecord) {
    guard let id = (record["id"] ?? record["eventid"])?.decimal, let message = record["message"],
      record["providername"] != nil || record["source"] != nil || record["timecreated"] != nil
        || record["timegenerated"] != nil
    else { return nil }
    self.init(
      provider: (record["providername"] ?? record["source"]).map { String($0.prefix(128)) }, id: id,
      time: (record["timecreated"] ?? record["timegenerated"]).map { String($0.prefix(64)) },
      text: String(message.prefix(Self.textLimit)))
  }

  /// Those whose entries may be about the balloon, in lower case.
  private static let providers: Set<String> = [
    "service control manager", "microsoft-windows-kernel-pnp", "microsoft-windows-codeintegrity",
    "microsoft-windows-wmi-activity", "microsoft-windows-userpnp", "microsoft-windows-driverframeworks-usermode",
    "balloonservice", "blnsvr",
  ]

  static func isProvider(_ name: Substring) -> Bool { providers.contains(name.lowercased()) }

  /// Whether it names the balloon, its driver, its service, or the WMI class that the service asks.
  ///
  /// Source of the last: virtio-win, Balloon/app/memstat.cpp; event 5858 of WMI-Activity shows it (issue 1098 there).
  var isRelevant: Bool {
    if let provider, !Self.providers.contains(provider.lowercased()) { return false }
    let lower = text.prefix(Self.textLimit).lowercased()
    return [
      "balloon", "blnsvr", "ven_1af4&dev_1002", "ven_1af4&dev_1045", "win32_perfrawdata_perfos_memory",
    ].contains { lower.contains($0) }
  }

  /// One line for people, with the provider's name and the number in front.
  var line: String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return [time, provider, "event \(id):", String(words.prefix(300))].compactMap { $0 }.joined(separator: " ")
  }
}
