// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import PCI
import Rules
import Testing

@Suite("Hives as evidence")
struct HiveEvidenceTests {
  private let target = Target(kind: .agent, name: "win10", location: "SYSTEM")
  private let collector = HiveCollector(clock: WallClock { 1_700_000_000 }, tool: "test")

  private func evidence(_ fill: (inout MadeWindows) -> Void) async throws -> Evidence {
    let folder = try HiveFolder()
    var made = MadeWindows()
    fill(&made)
    let system = try await folder.make("SYSTEM", made.registry)
    return try collector.collect(HiveCollector.Files(system: system), target: target)
  }

  @Test("Every leaf is the guest's word, and names its key in the hive")
  func provenance() async throws {
    let evidence = try await evidence {
      $0.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
      $0.services()
    }
    let function = try #require(evidence.guest.functions.value?.first)
    #expect(function.identity.value?.isBalloon == true)
    #expect(function.path.value?.description == "05.0")
    #expect(
      function.driver
        == .observed(
          "BALLOON",
          Provenance(
            "hive SYSTEM: ControlSet001\\Enum\\PCI\\\(MadeWindows.transitional)\\3&13c0b0c5&0&28 Service",
            trust: .guest,
            time: nil)))
    #expect(function.windows?.instancePath.value?.description == "05.0")
    #expect(evidence.guest.osFamily.value == "windows")
    #expect(evidence.guest.agent.failure?.reason == .notAsked)
    #expect(evidence.collection.notices.first?.contains("ControlSet001") == true)
  }

  @Test("A problem code and a service's state are unsupported, with what to ask")
  func asks() async throws {
    let evidence = try await evidence {
      $0.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
      $0.services()
    }
    let function = try #require(evidence.guest.functions.value?.first)
    #expect(function.problemCode.failure?.reason == .unsupported)
    #expect(function.problemCode.failure?.ask?.contains("pnputil") == true)
    let service = try #require(evidence.guest.services.value?.first { $0.name == "BalloonService" })
    #expect(service.state.failure?.ask?.contains("sc query BalloonService") == true)
    #expect(service.windows?.startType.value == 2)
  }

  /// What a hive shows, and the findings that it carries alone. What else is wrong with such a guest stays unknown.
  enum Sight: CaseIterable {
    case bound, driverless, generic, disabled, withoutService, phantom

    var findings: [String] {
      switch self {
      case .bound: []
      case .driverless: ["driver.none"]
      case .generic: ["driver.generic"]
      case .disabled: ["driver.disabled"]
      case .withoutService: ["service.missing"]
      case .phantom: ["pci.function.phantom"]
      }
    }

    func fill(_ made: inout MadeWindows) {
      let place = "3&13c0b0c5&0&28"
      switch self {
      case .driverless: made.device(MadeWindows.transitional, place, .none)
      case .generic: made.device(MadeWindows.transitional, place, .generic, classCode: "050000")
      case .disabled: made.device(MadeWindows.transitional, place, .balloon, flags: 1)
      default: made.device(MadeWindows.transitional, place, .balloon)
      }
      if self == .phantom {
        made.device(
          MadeWindows.transitional, "3&13c0b0c5&0&30", .none, location: "(0,6,0)", address: 0x6_0000,
          removed: 133_943_329_000_000_000)
      }
      made.services(statistics: self == .withoutService ? nil : 2)
    }
  }

  @Test("The rules find in a hive what it shows, and nothing more", arguments: Sight.allCases)
  func judged(_ sight: Sight) async throws {
    let diagnosis = Engine().diagnose(try await evidence { sight.fill(&$0) })
    #expect(diagnosis.findings.map(\.id) == sight.findings)
    // A hive alone proves no balloon healthy.
    #expect(diagnosis.verdict != .healthy)
  }

  @Test("A file that is no hive is an error that names it")
  func refused() throws {
    let folder = try HiveFolder()
    let path = try folder.write("notes.txt", Array("hello".utf8))
    let error = #expect(throws: TargetError.self) {
      try collector.collect(HiveCollector.Files(system: path), target: target)
    }
    #expect(error?.failure.reason == .malformed)
    #expect(error?.message.contains("notes.txt") == true)
  }
}
