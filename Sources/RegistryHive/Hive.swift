// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import CHivex
import Glibc

/// A registry hive, opened by libhivex for reading.
///
/// A hive is hostile until proven otherwise. Keys are reached by their paths alone, so that a key which is its own
/// ancestor leads nowhere; the records that may be looked at are counted.
final class Hive {
  /// What people call it: `SYSTEM`.
  let name: String
  /// Whether Windows had not finished writing it.
  let isUnfinished: Bool
  private let hivex: HivexFunctions
  private let handle: OpaquePointer
  /// How many records may still be looked at; libhivex takes well under a microsecond for one.
  private var left = 8_000_000
  /// Whether the work was ended because a file asked for too much of it.
  private(set) var isExhausted = false

  /// The most subkeys of one key. `DeviceIds\PCI` of Windows 11 has some ten thousand; libhivex has 70,000.
  static let childLimit = 65_536
  /// The most values of one key.
  static let valueLimit = 4096
  /// The most bytes of one value: far more than any of those that are asked for has.
  static let sizeLimit = 64 << 10

  /// - Throws: what ``HiveSnapshot`` throws, `library-missing` where libhivex is not installed, and `malformed` when it
  ///   refuses the file.
  init(_ path: String, as name: String) throws(HiveError) {
    // A file that is no hive is told first: it needs no library.
    let snapshot = try HiveSnapshot(of: path)
    self.name = name
    isUnfinished = snapshot.isUnfinished
    hivex = try HivexFunctions.load()
    guard let handle = hivex.open(snapshot.path, 0) else {
      let reason = String(cString: strerror(errno))
      throw HiveError(
        .malformed, "\(path.debugDescription) is damaged: libhivex refuses its header or its pages (\(reason))")
    }
    self.handle = handle
  }

  deinit { _ = hivex.close(handle) }

  var root: Reading<HiveKey> {
    let node = hivex.root(handle)
    guard node != 0 else { return .failed(FactFailure(.malformed, "the hive has no root")) }
    return .value(HiveKey(self, node, path: ""))
  }

  /// Counts the records that are about to be looked at.
  private func charge(_ records: Int) -> FactFailure? {
    // A list can be spread over many records, however short it is.
    let (rest, overflow) = left.subtractingReportingOverflow(records.addingReportingOverflow(256).partialValue)
    guard !overflow, rest >= 0, !isExhausted else {
      isExhausted = true
      return FactFailure(.malformed, "the hive has more records to look at than any Windows' own")
    }
    left = rest
    return nil
  }

  /// Gives a key's subkeys to `body` until it returns false.
  ///
  /// - Returns: a failure when the list could not be read to its end, or holds a name that could not.
  func eachChild(of node: hive_node_h, _ body: (hive_node_h, UnsafePointer<CChar>) -> Bool) -> FactFailure? {
    let count = hivex.nodeChildCount(handle, node)
    guard count <= Self.childLimit else {
      return FactFailure(.malformed, "\(count) subkeys, more than the \(Self.childLimit) that are read")
    }
    if let failure = charge(count) { return failure }
    guard let children = hivex.nodeChildren(handle, node) else { return Self.damage("its list of subkeys") }
    return each(children, "a subkey's name", { hivex.nodeName(handle, $0) }, body)
  }

  /// The same with a key's values.
  func eachValue(of node: hive_node_h, _ body: (hive_value_h, UnsafePointer<CChar>) -> Bool) -> FactFailure? {
    let count = hivex.nodeValueCount(handle, node)
    guard count <= Self.valueLimit else {
      return FactFailure(.malformed, "\(count) values, more than the \(Self.valueLimit) that are read")
    }
    if let failure = charge(count) { return failure }
    guard let values = hivex.nodeValues(handle, node) else { return Self.damage("its list of values") }
    return each(values, "a value's name", { hivex.valueKey(handle, $0) }, body)
  }

  private func each(
    _ list: UnsafeMutablePointer<Int>, _ what: String, _ name: (Int) -> UnsafeMutablePointer<CChar>?,
    _ body: (Int, UnsafePointer<CChar>) -> Bool
  ) -> FactFailure? {
    defer { free(list) }
    var failure: FactFailure?
    var next = list
    while next.pointee != 0 {
      let record = next.pointee
      next += 1
      guard let text = name(record) else {
        // The others can still be told.
        failure = failure ?? Self.damage(what)
        continue
      }
      defer { free(text) }
      guard body(record, text) else { return nil }
    }
    return failure
  }

  /// A value's type and bytes.
  func content(of value: hive_value_h) -> Reading<(type: UInt32, bytes: [UInt8])> {
    var type = hive_type(rawValue: 0)
    var size = 0
    guard hivex.valueType(handle, value, &type, &size) == 0 else { return .failed(Self.damage("a value")) }
    guard size <= Self.sizeLimit else {
      return .failed(FactFailure(.malformed, "\(size) bytes, more than the \(Self.sizeLimit) that are read"))
    }
    if let failure = charge(size / 64) { return .failed(failure) }
    guard size > 0 else { return .value((type.rawValue, [])) }
    guard let content = hivex.valueContent(handle, value, &type, &size) else {
      return .failed(Self.damage("a value's content"))
    }
    defer { free(content) }
    return .value((type.rawValue, Array(UnsafeRawBufferPointer(start: content, count: min(size, Self.sizeLimit)))))
  }

  private static func damage(_ what: String) -> FactFailure {
    FactFailure(.malformed, "the hive is damaged: \(what) cannot be read (\(String(cString: strerror(errno))))")
  }
}
