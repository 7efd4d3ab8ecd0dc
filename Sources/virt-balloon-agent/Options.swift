// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentLinux
import AgentProtocol

/// What the command line asks for.
struct Options {
  enum Action {
    case serve(PortTarget)
    case serveStandardStreams
    case report(json: Bool)
    case version
    case help
  }

  /// A command line that cannot be understood.
  struct UsageError: Error {
    let message: String
    init(_ message: String) { self.message = message }
  }

  let action: Action

  static let help = """
    Usage: virt-balloon-agent [--port PATH|NAME | --stdio | --report [--format text|json]]

    Answers virt-balloon's questions about this guest's memory balloon: read-only facts, no commands.

      (no option)         serve on the virtio-serial port org.virt-balloon.agent.0
      --port PATH|NAME    serve on that device, or on the virtio-serial port of that name
      --stdio             serve on standard input and output
      --report            print what the agent would tell a host, and exit
      --format text|json  how to print it (default: text)
      --version           print the version, and exit
      --help              print this, and exit

    """

  init(arguments: [String]) throws(UsageError) {
    var actions: [Action] = []
    var format: String?
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      // `--name=value` is `--name value`.
      let equals = argument.utf8.firstIndex(of: UInt8(ascii: "="))
      let name = argument.utf8[..<(equals ?? argument.utf8.endIndex)]
      if let equals { rest.insert(String(argument[argument.utf8.index(after: equals)...]), at: rest.startIndex) }
      if name.elementsEqual("--port".utf8) {
        guard let value = rest.popFirst(), !value.isEmpty else { throw UsageError("--port takes a path or a name") }
        actions.append(.serve(PortTarget(value)))
      } else if name.elementsEqual("--format".utf8) {
        guard let value = rest.popFirst() else { throw UsageError("--format takes text or json") }
        format = value
      } else if equals == nil, let action = Self.action(named: name) {
        actions.append(action)
      } else {
        throw UsageError("unknown argument " + printable(argument.cut(toBytes: 200)))
      }
    }
    guard actions.count <= 1 else { throw UsageError("only one of --port, --stdio, --report, --version and --help") }
    var action = actions.first ?? .serve(.name(AgentChannel.portName))
    if let format {
      guard case .report = action else { throw UsageError("--format goes with --report") }
      if format.utf8.elementsEqual("json".utf8) {
        action = .report(json: true)
      } else if !format.utf8.elementsEqual("text".utf8) {
        throw UsageError("--format takes text or json")
      }
    }
    self.action = action
  }

  private static func action(named name: Substring.UTF8View) -> Action? {
    if name.elementsEqual("--report".utf8) { return .report(json: false) }
    if name.elementsEqual("--stdio".utf8) { return .serveStandardStreams }
    if name.elementsEqual("--version".utf8) { return .version }
    if name.elementsEqual("--help".utf8) || name.elementsEqual("-h".utf8) { return .help }
    return nil
  }
}
