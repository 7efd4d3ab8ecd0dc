// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig

/// What the program says of its commands: `virt-balloon --experimental-dump-help`.
struct CommandHelp {
  let name: String
  let commands: [CommandHelp]
  /// The names of its options, with their dashes: "-o", "--output".
  let options: [[String]]
  /// Those that the help does not show; they may be used and need not be told.
  let hidden: Set<String>

  /// The whole program.
  static func program() async throws -> CommandHelp {
    let text = try await Program.check([try Program.built("virt-balloon"), "--experimental-dump-help"])
    return CommandHelp(try RigJSON(parsing: text)["command"] ?? .null)
  }

  private init(_ value: RigJSON) {
    name = value["commandName"]?.string ?? ""
    commands = (value["subcommands"]?.elements ?? []).map(CommandHelp.init).filter { $0.name != "help" }
    var options: [[String]] = []
    var hidden: Set<String> = []
    for argument in value["arguments"]?.elements ?? [] {
      let names = (argument["names"]?.elements ?? []).compactMap { name -> String? in
        guard let word = name["name"]?.string else { return nil }
        return (name["kind"]?.string == "short" ? "-" : "--") + word
      }
      if argument["shouldDisplay"]?.bool == false { hidden.formUnion(names) } else { options.append(names) }
    }
    self.options = options.filter { !$0.isEmpty }
    self.hidden = hidden
  }

  /// Says what is wrong with a command line of this program, given without the program's own name.
  func complaint(_ words: some Collection<Substring>) -> String? {
    guard let first = words.first else { return nil }
    if let command = commands.first(where: { $0.name == first }) { return command.complaint(words.dropFirst()) }
    if !commands.isEmpty, first != "help", first.first?.isLetter == true { return "no command \(first)" }
    let known = Set(options.joined()).union(hidden)
    for word in words where word.hasPrefix("-") && word != "-" {
      let option = String(word.prefix { $0 != "=" })
      if !known.contains(option), option != "--experimental-dump-help" { return "no option \(option) of \(name)" }
    }
    return nil
  }
}
