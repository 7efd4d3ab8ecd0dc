// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import Libvirt
import QMP
import Testing

@testable import Collectors

@Suite("A transcript")
struct TranscriptTests {
  private func answer(_ question: String, _ bytes: [UInt8], time: Double = 0) -> RawAnswer {
    RawAnswer(.monitor, question, bytes: bytes, time: time)
  }

  private func text(_ answer: RawAnswer) -> String { String(decoding: answer.bytes, as: UTF8.self) }

  @Test("Keeps answers in the order in which they were said")
  func order() {
    let transcript = Transcript()
    for number in 0..<20 { transcript.keep(answer("question \(number)", [UInt8(number)])) }
    #expect(transcript.answers.map(\.bytes.first) == (0..<20).map { UInt8($0) })
    #expect(transcript.omissions.isEmpty)
  }

  @Test("Keeps of a question that is put 10,000 times the first and the last answers, and tells how many there were")
  func series() {
    let transcript = Transcript()
    for number in 0..<10_000 { transcript.keep(answer("query-balloon", [], time: Double(number))) }
    transcript.keep(answer("query-status", []))
    #expect(transcript.answers.dropLast().map(\.time) == [0, 1, 2, 3, 9_996, 9_997, 9_998, 9_999])
    #expect(transcript.omissions == ["query-balloon: 9992 further answers are left out."])
  }

  @Test("Tells questions apart by what they ask for")
  func arguments() {
    let transcript = Transcript()
    for number in 0..<30 { transcript.keep(answer("qom-get name", [UInt8(number)]), arguments: [UInt8(number)]) }
    #expect(transcript.answers.count == 30)
  }

  @Test("Is bounded by an answer's length, by all answers' length and by their number")
  func bounds() {
    let small = Transcript(answerLimit: 10, totalLimit: 25)
    for question in ["a", "b", "c"] { small.keep(answer(question, [UInt8](repeating: 1, count: 11))) }
    #expect(small.answers.map(\.question) == ["a", "b"])
    #expect(small.answers.allSatisfy { $0.isCut && $0.bytes.count == 10 })
    #expect(small.omissions == ["c: 1 further answer is left out."])

    let many = Transcript()
    for number in 0..<5_000 { many.keep(answer("question \(number)", [])) }
    #expect(many.answers.count == Transcript.countLimit && many.omissions.count <= 257)

    let long = Transcript()
    for number in 0..<100 { long.keep(answer("question \(number % 3)", [UInt8](repeating: 1, count: 1 << 20))) }
    #expect(long.answers.reduce(0) { $0 + $1.bytes.count } <= Transcript.totalLimit)
  }

  // MARK: Exchanges

  private struct OneAnswer: MonitorCommands {
    let answer: Result<JSON, QMPError>
    func execute(
      _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
    ) async throws(QMPError) -> JSON { try answer.get() }
  }

  private var deadline: ContinuousClock.Instant { .now + .seconds(20) }

  @Test("Has each exchange with a monitor as one object, refusals too, and nothing of who did not answer")
  func monitor() async throws {
    let transcript = Transcript()
    let recorder = Recorder(transcript: transcript, clock: WallClock { 7 })
    func ask(_ result: Result<JSON, QMPError>, _ command: String, _ arguments: JSONObject?) async {
      let monitor: any MonitorCommands = RecordedMonitor(base: OneAnswer(answer: result), recorder: recorder)
      _ = try? await monitor.execute(command, arguments, until: deadline)
    }
    await ask(.success(["actual": .integer(5)]), "query-balloon", nil)
    await ask(
      .success(.integer(5)), "qom-get",
      ["path": "/machine/peripheral/secret", "property": "guest-stats-polling-interval"])
    await ask(
      .failure(QMPError(.absent, "QEMU: No balloon device", errorClass: "DeviceNotActive")), "query-balloon", nil)
    await ask(.failure(QMPError(.timedOut, "late")), "query-status", nil)
    #expect(
      transcript.answers.map(text) == [
        #"{"execute":"query-balloon","return":{"actual":5}}"#,
        #"{"execute":"qom-get","arguments":{"path":"/machine/peripheral/secret","#
          + #""property":"guest-stats-polling-interval"},"return":5}"#,
        #"{"execute":"query-balloon","error":{"class":"DeviceNotActive","desc":"No balloon device"}}"#,
      ])
    #expect(
      transcript.answers.map(\.question) == [
        "query-balloon", "qom-get guest-stats-polling-interval", "query-balloon",
      ])
    #expect(transcript.answers.allSatisfy { $0.format == .monitor && $0.time == 7 && !$0.isCut })
  }

  @Test("Has of an answer that is too long the question, and an error that says so: half an object is no JSON")
  func tooLong() async throws {
    let transcript = Transcript(answerLimit: 1_000)
    let recorder = Recorder(transcript: transcript, clock: WallClock { 7 })
    let long = JSON.string(String(repeating: "x", count: 2_000))
    recorder.keep(monitor: "query-pci", nil, .success(long))
    recorder.keep(monitor: "qom-get", ["path": long], .success(.null))
    recorder.keep(qemuGA: "guest-get-devices", nil, .success(long))
    recorder.keep(agent: .os, nil, .result(long))
    #expect(transcript.answers.count == 4)
    for answer in transcript.answers {
      #expect(answer.isCut && answer.bytes.count <= 1_000)
      let json = try JSON(parsing: answer.bytes, limits: .reply)
      #expect(json["error"]?["class"]?.string == "TooLong")
    }
  }

  @Test("Has qemu-ga's refusals in its own words, and the agent's as the protocol has them")
  func refusals() {
    let transcript = Transcript()
    let recorder = Recorder(transcript: transcript, clock: WallClock { 7 })
    recorder.keep(
      qemuGA: "guest-exec", nil,
      .failure(QGAError(.refused, "qemu-ga refused …", errorClass: "GenericError", words: "not allowed")))
    recorder.keep(qemuGA: "guest-info", nil, .failure(QGAError(.silent, "nothing answers")))
    recorder.keep(agent: .log, ["cursor": .integer(3)], .error(ProtocolError(.denied, "no")))
    #expect(
      transcript.answers.map(text) == [
        #"{"execute":"guest-exec","error":{"class":"GenericError","desc":"not allowed"}}"#,
        #"{"method":"log.balloon","params":{"cursor":3},"error":{"code":-32002,"message":"no"}}"#,
      ])
  }

  @Test("Has libvirt's statistics as virsh prints them")
  func statistics() {
    let transcript = Transcript()
    Recorder(transcript: transcript, clock: WallClock { 7 }).keep(
      MemoryStatistics(entries: [
        .init(tag: .actual, value: 524_288), .init(tag: .init(rawValue: 99), value: 1),
        .init(tag: .residentSet, value: 7),
      ]))
    #expect(transcript.answers.map(text) == ["actual 524288\nrss 7\n"])
    #expect(transcript.answers.map(\.format) == [.memoryStatistics])
  }

  @Test("Has every method that an agent was asked, also those that were sent ahead")
  func agent() async {
    let transcript = Transcript()
    let agent = ScriptedAgent { request in
      switch request.method {
      case "agent.hello": ScriptedAgent.hello(request, methods: [.memory, .os])
      default: .result([:])
      }
    }
    _ = await AgentCollector(
      clock: WallClock { 7 }, deadline: .seconds(20), lean: false,
      recorder: Recorder(transcript: transcript, clock: WallClock { 7 })
    ).collect(over: agent)
    #expect(transcript.answers.map(\.question).sorted() == ["agent.hello", "guest.memory", "guest.os"])
    #expect(transcript.answers.last.map(text)?.contains(#""result":{}"#) == true)
  }

  @Test("Is none unless it is asked for, and a domain's has both its XML documents and its statistics, byte for byte")
  func domain() async throws {
    let transcript = Transcript()
    let options = CollectionOptions(quick: true, monitor: false, deadline: .seconds(20), tool: "test")
    let session = try await LibvirtSession.find(
      "test", uri: "test:///default", readOnly: true, deadline: options.deadline)
    let evidence = try await GuestCollector(options, transcript: transcript).collect(session)
    let answers = transcript.answers
    #expect(
      answers.map(\.question) == [
        "virDomainGetXMLDesc", "virDomainGetXMLDesc VIR_DOMAIN_XML_INACTIVE", "virDomainMemoryStats",
      ])
    #expect(answers.first.map(text)?.hasPrefix("<domain type='test'") == true)
    #expect(answers.last.map(text)?.contains("actual 2097152\n") == true)
    #expect(evidence.host?.kernel.value != nil)
    #expect(evidence.collection.sources.contains { $0.name == "QEMU log" && $0.failure?.reason == .unsupported })

    let plain = try await GuestCollector(options).collect(session)
    #expect(plain.host == nil && !plain.collection.sources.contains { $0.name == "QEMU log" })
  }
}
