// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import WindowsPnP

/// One device that Windows remembers, by its key below `Enum` and by its driver's below `Control\Class`.
struct OfflineDevice {
  /// The instance id.
  let id: String
  let key: HiveKey
  let values: HiveValues
  private let properties: Reading<HiveKey>
  /// The values of its driver's key; missing where it has no driver.
  private let driver: Reading<HiveValues>

  /// - Parameter control: the control set's key `Control`.
  init(id: String, key: HiveKey, control: Reading<HiveKey>) {
    self.id = id
    self.key = key
    values = key.values
    properties = key.key("Properties")
    driver = values["Driver"].then { $0.text }.then { name in
      // `{4d36e97d-e325-11ce-bfc1-08002be10318}\0003`
      let parts = name.split(separator: "\\", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
        return .failed(FactFailure(.malformed, "Driver names no class and number"))
      }
      return control.then { $0.key(at: ["Class"] + parts) }.then { .value($0.values) }
    }
  }

  /// Where something of a device is told; Windows has the same facts in several places, not all in every version.
  enum Source {
    case property(PropertyKey)
    /// A value of the device's key.
    case key(String)
    /// A value of its driver's key.
    case driverKey(String)
  }

  private func name(_ source: Source) -> String {
    switch source {
    case .property(let property): key.source() + "\\" + property.path
    case .key(let name): key.source(name)
    case .driverKey(let name): driver.value?.key.source(name) ?? key.source("Driver")
    }
  }

  func value(_ source: Source) -> Reading<HiveValue> {
    switch source {
    case .property(let property): properties.then { property.value(in: $0) }
    case .key(let name): values[name]
    case .driverKey(let name): driver.then { $0[name] }
    }
  }

  /// The first of the sources that has such a value; else the first failure, else that there is none.
  func first<Value>(
    _ sources: [Source], _ kind: (HiveValue) -> Reading<Value>
  ) -> (reading: Reading<Value>, source: String) {
    var failure: (reading: Reading<Value>, source: String)?
    for source in sources {
      let reading = value(source).then(kind)
      switch reading {
      case .value: return (reading, name(source))
      case .failed: failure = failure ?? (reading, name(source))
      case .missing: continue
      }
    }
    return failure ?? (.missing, sources.first.map(name) ?? key.source())
  }

  func text(_ sources: [Source]) -> Fact<String> {
    let found = first(sources) { $0.text }
    return found.reading.fact(source: found.source)
  }
  func texts(_ sources: [Source]) -> Fact<[String]> {
    let found = first(sources) { $0.texts }
    return found.reading.fact(source: found.source)
  }
  func number(_ sources: [Source]) -> Fact<UInt64> {
    let found = first(sources) { $0.number }
    return found.reading.fact(source: found.source)
  }
  /// Seconds since 1970 by the guest's clock.
  func time(_ property: PropertyKey) -> Fact<Int64> {
    let found = first([.property(property)]) { $0.time }
    return found.reading.parsed(as: "a time") { FileTime.unixSeconds($0) }.fact(source: found.source)
  }

  /// Hardware ids, then compatible ids.
  var ids: [String] {
    (texts([.key("HardwareID")]).value ?? []) + (texts([.key("CompatibleIDs")]).value ?? [])
  }

  /// Whether it is a function that the protocol asks for: vendor 1af4, or a memory controller. One of which that cannot
  /// be told is listed too, so that nothing is left out in silence.
  var isListed: Bool {
    guard let vendor = InstanceID(id).hardware?.vendor else { return true }
    if vendor == BalloonNames.vendor { return true }
    if let base = number([.property(.pci(3))]).value { return base == 0x05 }
    return HardwareID.merged(ids)?.isMemoryController ?? true
  }
}
