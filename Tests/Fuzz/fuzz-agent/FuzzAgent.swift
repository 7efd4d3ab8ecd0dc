// SPDX-License-Identifier: BSD-3-Clause
// Whatever a host sends to an agent: every answer is a whole reply within its limit, however the bytes arrive, and a
// ping behind them is answered.
import AgentCore
import AgentProtocol

func tryInput(_ bytes: [UInt8]) {
  let platform = MadePlatform(bytes.first ?? 0)
  let whole = answers(to: bytes, by: max(bytes.count, 1), of: platform)
  let size = Int(bytes.last ?? 0) % 97 + 1
  guard answers(to: bytes, by: size, of: platform) == whole else {
    fatalError("the answers depend on how the bytes were divided")
  }
  for answer in whole { check(answer) }
  guard whole.count <= bytes.count(where: { $0 == Record.separator }) + 1 else {
    fatalError("more answers than records")
  }
}

/// Every answer, that to a ping at the end taken off.
func answers(to bytes: [UInt8], by size: Int, of platform: MadePlatform) -> [[UInt8]] {
  var agent = Agent(platform: platform, identity: AgentIdentity(name: "fuzzed", version: "1", instance: "00"))
  var found: [[UInt8]] = []
  func take() {
    while let answer = agent.nextReply() { found.append(answer) }
  }
  var rest = bytes[...]
  while !rest.isEmpty {
    agent.receive(rest.prefix(size))
    rest = rest.dropFirst(size)
    take()
  }
  let id: UInt64 = 4_242_424_242
  agent.receive(Record.encode(Request(id: id, method: Method.ping.name).json))
  take()
  guard let last = found.popLast(), last == Record.encode(Reply(id: id, .result(.object(JSONObject()))).json) else {
    fatalError("the ping is not answered")
  }
  return found
}

/// One record, a reply that reads back as it was written.
func check(_ answer: [UInt8]) {
  guard answer.first == Record.separator, answer.last == Record.terminator,
    answer.count - 2 <= JSONLimits.reply.bytes,
    !answer.dropFirst().dropLast().contains(where: { $0 < 0x20 || $0 == 0x7f })
  else { fatalError("an answer that is no record") }
  let text = Array(answer.dropFirst().dropLast())
  guard let reply = try? Reply(parsing: text), reply.json.bytes == text else {
    fatalError("an answer that is no reply")
  }
  guard case .result(let result) = reply.outcome else { return }
  for method in Method.all {
    guard let list = method.list, result[list] != nil else { continue }
    guard let page = try? Page(json: result, member: list) else { fatalError("a page that is none") }
    if page.elements.isEmpty, page.next != nil { fatalError("a page that gets no further") }
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
