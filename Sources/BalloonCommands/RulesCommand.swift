// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Reports
import Rules

/// `virt-balloon rules [ID]`
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "List the rules that a diagnosis goes by, or explain one.")

  @Argument(help: "A rule's id, such as driver.generic.")
  var id: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    guard let id else { return try output.print(RulesReport()) }
    guard let rule = Catalogue.all.first(where: { $0.id == id }) else {
      throw ValidationError("there is no rule \(id.debugDescription); `virt-balloon rules` lists them")
    }
    try output.print(RuleReport(rule))
  }
}
