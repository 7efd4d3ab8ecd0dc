// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

@Suite("account")
struct AccountCommandTests {
  private static let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "ArtefactsTests/Samples")
  private static func sample(_ name: String) -> String { samples.appending(path: name).path }

  /// An account in JSON, as far as these tests read it.
  private struct Document: Decodable {
    struct Bucket: Decodable {
      let id: String
      let bytes: UInt64?
    }
    struct Level: Decodable {
      let id: String
      let whole: Bucket
      let parts: [Bucket]
      let unexplained: Int64?
    }
    let schema: String
    let levels: [Level]
  }

  private func document(_ answer: Answer) throws -> Document {
    try JSONDecoder().decode(Document.self, from: Data(answer.output.utf8))
  }

  @Test("A domain of libvirt has an account in every form")
  func domain() async throws {
    for format in ["text", "markdown", "html"] {
      let answer = try await Answer("account", "test", "--connect", "test:///default", "--format", format)
        .withoutParserMessages()
      #expect(answer.status == 0 && answer.complaint.isEmpty, "\(answer.complaint)")
      #expect(answer.output.contains("the maximum"))
    }
    let answer = try await Answer("account", "test", "--connect", "test:///default", "--format", "json")
    let account = try document(answer)
    #expect(account.schema == "virt-balloon/account/1")
    // libvirt's test driver has a domain of 8 GiB, of which 2 are left to it.
    let machine = try #require(account.levels.first { $0.id == "machine" })
    #expect(machine.whole.bytes == 8 << 30)
    #expect(machine.unexplained == 0)
  }

  @Test("A domain that is not there is one line and status 69")
  func absent() async throws {
    try await Answer("account", "nobody", "--connect", "test:///default").withoutParserMessages()
      .expectUnavailable("Domain not found", "nobody")
  }

  @Test("What was pasted has an account: files together, standard input, nothing that is understood")
  func pasted() async throws {
    let meminfo = """
      MemTotal:         995328 kB
      MemFree:          400000 kB
      MemAvailable:     700000 kB
      Buffers:           20000 kB
      Cached:           250000 kB
      AnonPages:        180000 kB
      Slab:              60000 kB

      """
    try await ScratchDirectory.with { scratch in
      let (memory, statistics) = (scratch("meminfo"), scratch("dommemstat"))
      try meminfo.write(toFile: memory, atomically: false, encoding: .utf8)
      // Synthesised, as virsh writes it.
      try "actual 1048576\nswap_in 0\nlast_update 1780000000\nrss 700000\n".write(
        toFile: statistics, atomically: false, encoding: .utf8)
      let answer = try await Answer(
        "account", "--from", memory, statistics, Self.sample("dmesg.txt"), "--format", "json")
      #expect(answer.status == 0 && answer.complaint.isEmpty, "\(answer.complaint)")
      let account = try document(answer)
      let guest = try #require(account.levels.first { $0.id == "guest" })
      #expect(guest.whole.bytes == 995_328 << 10)
      #expect(guest.parts.first { $0.id == "guest.free" }?.bytes == 400_000 << 10)
      #expect(guest.unexplained == 87_375_872)
      let process = try #require(account.levels.first { $0.id == "process" })
      #expect(process.whole.bytes == 700_000 << 10)
      let piped = try await Answer(
        "account", "--from", "-", Self.sample("dmesg.txt"), wrapper: ["sh", "-c", #"exec "$0" "$@" <"$MEMORY""#],
        environment: ["MEMORY": memory])
      #expect(piped.status == 0 && piped.output.contains("972 MiB"), "\(piped.output)")
    }
    let nothing = try await Answer("account", "--from", "/nonexistent")
    #expect(nothing.status == 69 && nothing.line?.contains("/nonexistent: No such file") == true)
  }

  @Test("A support bundle has an account for each of its guests")
  func bundle() async throws {
    try await ScratchDirectory.with { scratch in
      let path = scratch("bundle.tar.gz")
      let collected = try await Answer(["collect", "--connect", "test:///default", "test", "-o", path])
      #expect(collected.status == 0, "\(collected.complaint)")
      let answer = try await Answer("account", "--from", path)
      #expect(answer.status == 0 && answer.complaint.isEmpty, "\(answer.complaint)")
      #expect(answer.output.contains("the balloon") && answer.output.contains("8 GiB"))
    }
  }
}
