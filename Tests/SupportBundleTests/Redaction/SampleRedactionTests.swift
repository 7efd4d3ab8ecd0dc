// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import RedactionLaw
import SampleCases
import Testing

@Suite("Redacted evidence of pasted artefacts")
struct SampleRedactionTests {
  @Test("is judged as the whole of it, for every case", arguments: try SampleCase.names())
  func cases(name: String) throws {
    let sample = try SampleCase(name)
    let texts = sample.files.filter { !$0.isHive }.compactMap { try? ArtefactText(name: $0.name, $0.bytes) }
    guard !texts.isEmpty, let analysis = try? Analysis(texts, tool: "0.1.0", now: 1_750_000_000) else {
      // A case that is refused, which the expectation says, or one of hives alone.
      #expect(sample.expected.refused != nil || texts.isEmpty)
      return
    }
    #expect(try RedactionLaw.breaches(analysis.evidence) == [])
  }
}
