// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Foundation
import GuestLink
import ProtocolVectors
import Testing
import Transports

@Suite("The schemas of the protocol")
struct SchemaTests {
  @Test(
    "The contract of results that the conformance run uses agrees with each vector",
    arguments: try ProtocolVectors.load("results"))
  func contract(_ vector: ProtocolVectors.Vector) throws {
    let method = Method(try #require(vector.json["method"]?.string))
    let problems = ResultContract.problems(method, try #require(vector.json["result"]))
    #expect(problems.isEmpty == (vector.json["valid"]?.bool), "\(problems)")
  }

  @Test("Every method of version 1 has a schema")
  func complete() {
    for method in Method.all {
      #expect(FileManager.default.fileExists(atPath: ProtocolVectors.folder + "/schema/\(method.name).json"))
    }
  }

  @Test(
    "The schemas agree with each vector of results",
    .enabled("needs python3 with jsonschema") { await Validator.exists })
  func results() async throws {
    let vectors = try ProtocolVectors.load("results")
    let verdicts = try await Validator.run(
      vectors.map { ($0.json["method"]?.string ?? "", $0.json["result"] ?? .null) })
    #expect(verdicts.count == vectors.count)
    for (vector, verdict) in zip(vectors, verdicts) {
      #expect((verdict == "valid") == vector.json["valid"]?.bool, "\(vector.name): \(verdict)")
    }
  }

  @Test(
    "The schema of replies agrees with each vector of replies",
    .enabled("needs python3 with jsonschema") { await Validator.exists })
  func replies() async throws {
    let vectors = try ProtocolVectors.load("replies").compactMap { vector -> (String, JSON, Bool)? in
      // What is no JSON of the profile is beyond a schema.
      guard let json = try? JSON(parsing: vector.bytes("text") ?? [], limits: .reply) else { return nil }
      return (vector.name, json, vector.json["refused"] == nil)
    }
    let verdicts = try await Validator.run(vectors.map { ("reply", $0.1) })
    for (vector, verdict) in zip(vectors, verdicts) {
      #expect((verdict == "valid") == vector.2, "\(vector.0): \(verdict)")
    }
    #expect(verdicts.count == vectors.count && verdicts.count > 15)
  }

  @Test(
    "What the Python sample answers is valid by them",
    .enabled("needs python3 with jsonschema") { await Validator.exists })
  func sample() async throws {
    let agent = try SampleAgent()
    let client = AgentClient(try await agent.connect(), limits: LinkLimits(hello: .seconds(20), call: .seconds(20)))
    var values: [(String, JSON)] = []
    for method in [Method.memory, .ping] {
      values.append((method.name, try await client.call(method)))
    }
    values.append(("agent.hello", try await client.call(.hello, ["nonce": "n"])))
    values.append(("request", Request(id: 1 << 53, method: "agent.ping").json))
    let verdicts = try await Validator.run(values)
    #expect(verdicts.count == values.count)
    for verdict in verdicts { #expect(verdict == "valid") }
  }
}

/// PyPI's jsonschema, where this machine's Python has it.
private enum Validator {
  static var exists: Bool {
    get async { (try? await run([])) != nil }
  }

  struct Missing: Error {}

  /// Validates values by the schemas of these names; `valid`, or what is wrong, for each.
  static func run(_ values: [(schema: String, value: JSON)]) async throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var lines: [UInt8] = []
    for (schema, value) in values {
      let line: JSON = ["schema": .string(schema), "value": value]
      lines += line.bytes + [0x0a]
    }
    // Files, because pipes would need a reader beside the writer.
    let (input, output) = (folder.appendingPathComponent("in"), folder.appendingPathComponent("out"))
    try Data(lines).write(to: input)
    try Data().write(to: output)
    let process = Process()
    // The python3 of the path, which need not be the system's, is where pip installs.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = #filePath.replacing("SchemaTests.swift", with: "validate.py")
    process.arguments = ["python3", script, ProtocolVectors.folder + "/schema"]
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do { try process.run() } catch {
        process.terminationHandler = nil
        ended.resume(throwing: error)
      }
    }
    guard process.terminationStatus == 0 else { throw Missing() }
    return String(decoding: try Data(contentsOf: output), as: UTF8.self).split(separator: "\n").map { String($0) }
  }
}
