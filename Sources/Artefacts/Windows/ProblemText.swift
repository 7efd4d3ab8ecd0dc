// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// What the device manager and msinfo32 say of a device's problem.
enum ProblemText {
  /// The code of a sentence that ends in one, `(Code 28)`, in the languages whose word for it is known; else that of
  /// an English sentence of the device manager; `nil` for others.
  static func code(_ text: Substring) -> UInt16? {
    guard text.utf8.count < 1_024 else { return nil }
    if isHealthy(text) { return 0 }
    return numbered(text) ?? sentences.first { text.trimmed.hasPrefix($0.text) }?.code
  }

  /// Whether it is the English sentence of a device without a problem, which has no code.
  static func isHealthy(_ text: Substring) -> Bool {
    text.utf8.count < 256 && text.trimmed.hasPrefix(healthy)
  }

  /// Source: Windows driver documentation, "Viewing device status in Device Manager".
  private static let healthy = "This device is working properly."

  /// The words for "code" by which the device manager's sentences end.
  private static let words: Set<String> = [
    "code", "código", "codice", "код", "kod", "kód", "koodi", "kode", "コード", "代码", "代碼", "程式碼", "코드",
  ]

  static func numbered(_ text: Substring) -> UInt16? {
    // Most lines have no bracket, and comparing bytes tells that soonest.
    guard text.utf8.count < 1_024, text.utf8.contains(UInt8(ascii: "(")) || text.has("（") else { return nil }
    let scalars = text.unicodeScalars
    guard let open = scalars.lastIndex(where: { $0 == "(" || $0 == "（" }) else { return nil }
    let rest = scalars[scalars.index(after: open)...]
    guard let close = rest.firstIndex(where: { $0 == ")" || $0 == "）" }) else { return nil }
    let inner = Substring(rest[..<close])
    let digits = inner.reversed().prefix { $0.isASCII && $0.isNumber }.count
    let word = inner.dropLast(digits).filter { $0 != " " && $0 != ":" && $0 != "\u{a0}" }.lowercased()
    guard digits >= 1, digits <= 2, words.contains(word), let code = inner.suffix(digits).decimal,
      ProblemCode(rawValue: UInt32(truncatingIfNeeded: code)).name != nil
    else { return nil }
    return UInt16(exactly: code)
  }

  /// How the device manager's sentences begin in English.
  ///
  /// Source: Windows driver documentation, "Device Manager error messages"; msinfo32 prints them without the code.
  private static let sentences: [(text: String, code: UInt16)] = [
    ("This device is not configured correctly", 1), ("This device cannot start", 10),
    ("This device cannot work properly until you restart your computer", 14),
    ("Reinstall the drivers for this device", 18), ("This device is disabled", 22),
    ("This device is not present, is not working properly", 24),
    ("The drivers for this device are not installed", 28),
    ("This device is not working properly because Windows cannot load the drivers", 31),
    ("Windows cannot initialize the device driver for this hardware", 37),
    ("Windows cannot load the device driver for this hardware because a previous instance", 38),
    ("Windows cannot load the device driver for this hardware. The driver may be corrupted", 39),
    ("Windows has stopped this device because it has reported problems", 43),
    ("Currently, this hardware device is not connected to the computer", 45),
    ("The software for this device has been blocked", 48),
    ("Windows cannot verify the digital signature for the drivers required for this device", 52),
  ]
}
