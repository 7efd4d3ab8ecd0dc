// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

/// What `docs/` says is what the program does. See `docs/README.md` for how examples are written.
@Suite("The manual", .serialized)
struct ManualTests {
  @Test("Prints in its examples what the program prints", arguments: Manual.names)
  func examples(_ name: String) async throws {
    let page = try Manual.page(name)
    let examples = page.blocks.compactMap { Example($0, of: name) }.filter { !$0.live }
    try await ScratchDirectory.with { scratch in
      let place = try ExamplePlace(scratch)
      try place.turnPage()
      for example in examples { try await place.check(example) }
    }
  }

  @Test("Is compared with what is printed, and only what it leaves out may differ")
  func comparison() {
    func differs(_ expected: [String], _ output: [String], live: Bool = false) -> Bool {
      Transcript(expected, live: live).difference(from: output) != nil
    }
    #expect(!differs(["a", "b"], ["a", "b", ""]))
    #expect(!differs(["a", "…", "d"], ["a", "b", "c", "d"]))
    #expect(!differs(["a … c"], ["a b c"]))
    #expect(differs(["a"], ["a", "b"]))
    #expect(differs(["a", "b"], ["a"]))
    #expect(differs([], ["a"]))
    #expect(differs(["a", "…", "d"], ["a", "b", "c"]))
    #expect(differs(["1 GiB"], ["2 GiB"]))
    #expect(!differs(["size  1 GiB", "by QEMU"], ["size 15.5 MiB by", "QEMU"], live: true))
    #expect(differs(["follows yes"], ["follows no"], live: true))
  }

  /// One guest for all of them: it is healthy at the beginning, and every example leaves it so.
  @Test(
    "Prints in its examples of a guest what a real guest gives",
    .enabled("needs the image of the rig's guests: Tests/GuestRig/image/build.sh says what is missing") {
      (try? await GuestImage.prepared()) != nil
    })
  func liveExamples() async throws {
    let guest = GuestConfiguration {
      $0.memory = 1_024
      $0.statsPeriod = 2
      $0.arguments = ["-name", "vm1"]
    }
    try await Guest.with(guest) { guest in
      try await waitUntil("the guest delivered statistics") {
        let value = try await guest.monitor.property("guest-stats", of: Guest.balloonPath)
        return (value["last-update"]?.integer ?? 0) > 0
      }
      try await ScratchDirectory.with { scratch in
        let place = try ExamplePlace(scratch, guest: guest)
        for name in Manual.names {
          let examples = try Manual.page(name).blocks.compactMap { Example($0, of: name) }.filter(\.live)
          if !examples.isEmpty { try place.turnPage() }
          for example in examples { try await place.check(example) }
        }
      }
    }
  }

  @Test("Has a page for each command, and tells each of its options there")
  func everyOption() async throws {
    for command in try await CommandHelp.program().commands {
      guard let page = try? Manual.page("\(command.name).md") else {
        Issue.record("docs/\(command.name).md: there is no such page")
        continue
      }
      // An option in a table or a sentence, as code; `--output FILE` tells --output.
      let told = Set(page.codeSpans.flatMap { $0.split { " =,|[]".contains($0) } }.map(String.init))
      for option in ([command] + command.commands).flatMap(\.options) {
        let common = option.contains("--help") || option.contains("--version")
        let long = option.filter { $0.hasPrefix("--") }
        #expect(common || long.contains(where: told.contains), "docs/\(page.name) does not tell \(option)")
      }
    }
  }

  @Test("Names only commands and options that there are", arguments: Manual.names)
  func everyCommandLine(_ name: String) async throws {
    let help = try await CommandHelp.program()
    let page = try Manual.page(name)
    // Of an example what is typed; what is printed is compared elsewhere.
    let typed = page.blocks.flatMap { block in
      block.kind.hasPrefix("console") ? block.lines.filter { $0.hasPrefix("$ ") } : block.lines
    }
    for line in typed + page.codeSpans {
      for part in line.split(whereSeparator: { "|;&".contains($0) }) {
        var words = part.split(separator: " ")
        while let first = words.first, ["$", "#", "sudo"].contains(first) { words.removeFirst() }
        guard words.first == "virt-balloon" else { continue }
        let complaint = help.complaint(words.dropFirst())
        #expect(complaint == nil, "docs/\(name): \(part): \(complaint ?? "")")
      }
    }
  }

  @Test("Names only rules that there are", arguments: Manual.names)
  func everyRule(_ name: String) async throws {
    let text = try await Program.check([try Program.built("virt-balloon"), "rules", "--format", "json"])
    let document = try RigJSON(parsing: text)
    let rules = Set((document["rules"] ?? document).elements.compactMap { $0["id"]?.string })
    #expect(rules.count > 40)
    let groups: Set<Substring> = ["balloon", "pci", "driver", "service", "stats", "guest", "agent"]
    for span in try Manual.page(name).codeSpans {
      let words = span.split(separator: ".", omittingEmptySubsequences: false)
      guard words.count > 1, let group = words.first, groups.contains(group) else { continue }
      guard words.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isLowercase || $0 == "-" } }) else { continue }
      #expect(rules.contains(span) || Self.others.contains(span), "docs/\(name): no rule \(span)")
    }
  }

  /// What looks like a rule and is none: the protocol's methods, and files of Windows' driver.
  private static let others: Set<String> = [
    "agent.hello", "agent.ping", "guest.os", "guest.memory", "balloon.stats", "pci.functions", "driver.services",
    "log.balloon", "balloon.inf", "balloon.sys",
  ]

  @Test("Leads somewhere by each of its links", arguments: Manual.names)
  func everyLink(_ name: String) throws {
    for link in try Manual.page(name).links where !link.contains("://") {
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let file = parts.first.map(String.init) ?? ""
      #expect(
        file.isEmpty || FileManager.default.fileExists(atPath: "\(Manual.directory)/\(file)"),
        "docs/\(name): \(link) leads nowhere")
      let target = file.isEmpty ? name : file
      guard parts.count > 1, Manual.names.contains(target) else { continue }
      #expect(try Manual.page(target).anchors.contains(String(parts[1])), "docs/\(name): \(link): no such heading")
    }
  }

  @Test("Is reached from its index, every page of it")
  func index() throws {
    let links = Set(try Manual.page("README.md").links)
    for name in Manual.names where name != "README.md" {
      #expect(links.contains(name), "docs/README.md does not lead to \(name)")
    }
  }
}
