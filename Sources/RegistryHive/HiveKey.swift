// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import CHivex
import WindowsPnP

/// A key of a hive.
struct HiveKey {
  let hive: Hive
  private let node: hive_node_h
  /// The way from the hive's root, without a separator in front.
  let path: String

  init(_ hive: Hive, _ node: hive_node_h, path: String) {
    self.hive = hive
    self.node = node
    self.path = path
  }

  /// For people: `SYSTEM: ControlSet001\Enum\PCI`, with a value's name behind it.
  func source(_ value: String = "") -> String {
    hive.name + ": " + path + (value.isEmpty ? "" : " " + value)
  }

  private func child(_ node: hive_node_h, _ name: String) -> HiveKey {
    HiveKey(hive, node, path: path.isEmpty ? name : path + "\\" + name)
  }

  /// The subkey of that name.
  func key(_ name: String) -> Reading<HiveKey> {
    var found: hive_node_h?
    let failure = hive.eachChild(of: node) { child, text in
      if String(cString: text).isSameWindowsName(as: name) { found = child }
      return found == nil
    }
    if let found { return .value(child(found, name)) }
    return failure.map { .failed($0) } ?? .missing
  }

  /// The key at the end of that way; at most 32 names are followed.
  func key(at names: [String]) -> Reading<HiveKey> {
    var reading = Reading.value(self)
    for name in names.prefix(32) { reading = reading.then { $0.key(name) } }
    return reading
  }

  /// All subkeys whose names `isWanted`, and the failure of those that cannot be told.
  func keys(limit: Int, where isWanted: (String) -> Bool = { _ in true }) -> Listing<(name: String, key: HiveKey)> {
    var found: [(name: String, key: HiveKey)] = []
    var isCut = false
    let failure = hive.eachChild(of: node) { child, text in
      let name = String(cString: text)
      guard isWanted(name) else { return true }
      isCut = found.count == limit
      if !isCut { found.append((name, self.child(child, name))) }
      return !isCut
    }
    return Listing(
      elements: found,
      failure: isCut ? FactFailure(.malformed, "\(path) has more than the \(limit) subkeys that are read") : failure)
  }

  /// The names of its values, read once.
  var values: HiveValues {
    var entries: [(name: String, value: hive_value_h)] = []
    let failure = hive.eachValue(of: node) { value, text in
      entries.append((String(cString: text), value))
      return true
    }
    return HiveValues(key: self, entries: entries, failure: failure)
  }
}

/// What could be listed, and why that may not be all.
struct Listing<Element> {
  var elements: [Element]
  var failure: FactFailure?
}

/// The values of a key.
struct HiveValues {
  let key: HiveKey
  fileprivate let entries: [(name: String, value: hive_value_h)]
  /// Why a value may be there that is not listed.
  fileprivate let failure: FactFailure?

  fileprivate init(key: HiveKey, entries: [(name: String, value: hive_value_h)], failure: FactFailure?) {
    self.key = key
    self.entries = entries
    self.failure = failure
  }

  var names: Listing<String> { Listing(elements: entries.map(\.name), failure: failure) }

  /// The value of that name; the key's default value has none.
  subscript(name: String) -> Reading<HiveValue> {
    guard let entry = entries.first(where: { $0.name.isSameWindowsName(as: name) }) else {
      return failure.map { .failed($0) } ?? .missing
    }
    return key.hive.content(of: entry.value).then { .value(HiveValue(type: $0.type, bytes: $0.bytes)) }
  }

  func text(_ name: String) -> Fact<String> { self[name].then { $0.text }.fact(source: key.source(name)) }
  func texts(_ name: String) -> Fact<[String]> { self[name].then { $0.texts }.fact(source: key.source(name)) }
  func number(_ name: String) -> Fact<UInt64> { self[name].then { $0.number }.fact(source: key.source(name)) }
}

extension Hive {
  /// The key that a hive of this kind has.
  /// - Parameters:
  ///   - path: the file's, for the error.
  ///   - expected: what the hive should be; `hint` follows it in the error.
  /// - Throws: `malformed` when the hive is damaged there, `other-hive` when it has no such key.
  func key(
    at folder: [String], in path: String, expected: String, hint: String = ""
  ) throws(HiveError) -> HiveKey {
    switch root.then({ $0.key(at: folder) }) {
    case .value(let key): return key
    case .failed(let failure): throw HiveError(.malformed, "\(path.debugDescription): \(failure.detail)")
    case .missing:
      throw HiveError(
        .otherHive,
        "\(path.debugDescription) is a registry hive, but not \(expected): it has no "
          + "\(folder.joined(separator: "\\"))\(hint)")
    }
  }
}
