// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a monitor sends: divided into lines, read as messages, each reply read as the answer to every query.
import AgentProtocol
import QMP

func tryInput(_ bytes: [UInt8]) {
  let whole = messages(bytes, by: max(bytes.count, 1))
  guard whole == messages(bytes, by: 7) else { fatalError("the messages depend on how the bytes were divided") }
  var events = MonitorEvents()
  for message in whole {
    switch message {
    case .event(let event): events.append(event)
    case .reply(_, .success(let json)): decode(json)
    case .reply, .greeting, nil: continue
    }
  }
  guard events.latest.count <= MonitorEvents.limit, events.counts.count <= MonitorEvents.limit else {
    fatalError("more events were kept than may be")
  }
}

/// Every line as a message, `nil` for one that is none; a line too long ends it.
func messages(_ bytes: [UInt8], by size: Int) -> [MonitorMessage?] {
  var lines = MonitorLines(limit: 64 << 10)
  var found: [MonitorMessage?] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    lines.append(Array(rest.prefix(size)))
    rest = rest.dropFirst(size)
    do { while let line = try lines.next() { found.append(try? MonitorMessage(parsing: line)) } } catch { return found }
  }
  return found
}

func decode(_ json: JSON) {
  _ = try? QEMUVersion(decoding: json)
  _ = try? RunState(decoding: json)
  _ = try? MemorySize(decoding: json)
  _ = try? Machine.name(json)
  _ = try? Machine.uuid(json)
  _ = try? Machine.type(json)
  _ = try? MachineFunction.list(decoding: json)
  _ = try? Balloon.actual(json)
  _ = try? Balloon.pollingInterval(json)
  if let statistics = try? GuestStatistics(decoding: json), !statistics.unset.isDisjoint(with: statistics.values.keys) {
    fatalError("a statistic is set and unset")
  }
  for device in (try? VirtioDevice.list(decoding: json)) ?? [] { _ = device.carrier }
  _ = try? VirtioStatus(decoding: json)
  for device in (try? Chardev.list(decoding: json)) ?? [] { _ = (device.path, device.isHostConnected) }
  for property in (try? ObjectProperty.list(decoding: json)) ?? [] { _ = property.child.map(BalloonObject.isBalloon) }
  _ = try? BalloonObject.hop(json)
  _ = try? BalloonObject.bus(json)
  _ = try? TreeFunction.list(decoding: json)
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    tryInput(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#else
  import FoundationEssentials

  /// Without the fuzzer: replays the files it is given.
  @main
  enum Replay {
    static func main() throws {
      for path in CommandLine.arguments.dropFirst() {
        tryInput(Array(try Data(contentsOf: URL(filePath: path))))
        print("replayed", path)
      }
    }
  }
#endif
