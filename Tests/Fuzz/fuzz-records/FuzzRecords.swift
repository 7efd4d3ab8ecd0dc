// SPDX-License-Identifier: BSD-3-Clause
// Whatever stands on the channel: cut into records, each read as a request, as a reply and as every result.
import AgentProtocol

func tryInput(_ bytes: [UInt8]) {
  let limit = 4096
  let whole = events(bytes, by: max(bytes.count, 1), limit: limit)
  // Byte by byte only what is short: most of the time goes into this.
  let sizes = bytes.count <= 256 ? [1, 7] : [61, 4095]
  for size in sizes where events(bytes, by: size, limit: limit) != whole {
    fatalError("the events depend on how the bytes were divided")
  }
  for case .record(let record) in whole {
    guard record.count <= limit, !record.contains(Record.separator), !record.contains(Record.terminator) else {
      fatalError("a record that cannot be one")
    }
    check(record)
  }
  check(bytes)
}

/// The events of a stream that arrives in pieces of `size` bytes, adjacent garbage joined.
func events(_ bytes: [UInt8], by size: Int, limit: Int) -> [RecordDecoder.Event] {
  var decoder = RecordDecoder(limit: limit)
  var found: [RecordDecoder.Event] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    decoder.append(rest.prefix(size))
    rest = rest.dropFirst(size)
    while let event = decoder.next() {
      if case .garbage(let more) = event, case .garbage(let before)? = found.last {
        found[found.count - 1] = .garbage(bytes: before + more)
      } else {
        found.append(event)
      }
    }
  }
  return found
}

func check(_ text: [UInt8]) {
  if let json = try? JSON(parsing: text, limits: .monitor) {
    guard
      let again = try? JSON(
        parsing: json.bytes,
        limits: JSONLimits(
          bytes: .max, depth: 64, string: 1 << 20, exactIntegers: false)), again == json, again.bytes == json.bytes
    else { fatalError("a value is not read back as it was written") }
    let written = json.bytes
    guard !written.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { fatalError("a control character was written") }
    results(json)
  }
  if case .request(let request) = IncomingRequest(parsing: text) {
    guard request.id <= 1 << 53, IncomingRequest(parsing: request.json.bytes) == .request(request) else {
      fatalError("a request is not read back as it was written")
    }
  }
  if let reply = try? Reply(parsing: text), (try? Reply(parsing: reply.json.bytes)) != reply {
    fatalError("a reply is not read back as it was written")
  }
}

/// Every result, read and read back. What is malformed reads as a failed fact, whose written form reads as itself.
func results(_ json: JSON) {
  let os = GuestOS(json: json)
  let facts = NamedFacts(json: json)
  let function = PCIFunctionFacts(json: json)
  guard GuestOS(json: os.json) == os, NamedFacts(json: facts.json) == facts,
    PCIFunctionFacts(json: function.json) == function
  else { fatalError("a result is not read back as it was written") }
  if let service = ServiceFacts(json: json), ServiceFacts(json: service.json) != service { fatalError("a service") }
  if let line = LogLine(json: json), LogLine(json: line.json) != line { fatalError("a line of the log") }
  if let hello = try? Hello(json: json), (try? Hello(json: hello.json)) != hello { fatalError("a hello") }
  for member in ["functions", "services", "lines"] {
    if let page = try? Page(json: json, member: member) {
      for element in page.elements { results(element) }
    }
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    tryInput(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#else
  import FoundationEssentials

  /// Replays files, such as what a run of the fuzzer left behind.
  @main
  enum FuzzRecords {
    static func main() throws {
      for path in CommandLine.arguments.dropFirst() {
        tryInput(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
      }
    }
  }
#endif
