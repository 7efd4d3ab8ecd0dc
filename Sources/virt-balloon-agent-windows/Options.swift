// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import AgentWindows

/// What the command line asks for.
struct Options {
  enum Action {
    case serve(PortTarget)
    case serveStandardStreams
    case report(json: Bool)
    case selfCheck
    /// `nil` is the usual port.
    case install(PortTarget?)
    case uninstall
    case start
    case stop
    case status
    /// What the service manager starts.
    case runService(PortTarget)
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
    Usage: virt-balloon-agent [ACTION] [OPTIONS]

    Answers virt-balloon's questions about this guest's memory balloon: read-only facts, no commands.

      (no action)         serve on the virtio-serial port org.virt-balloon.agent.0
      --serve PATH        serve on that device
      --stdio             serve on standard input and output
      --report            print what the agent would tell a host, and exit
      --self-check        try what only a real Windows can prove, one line for each, and exit

      --install           make it a Windows service that starts with the system
      --start, --stop     start and stop the service
      --status            tell the service's state: exit status 0 running, 3 not running, 4 not installed
      --uninstall         stop the service and take it out again

      --port PATH|NAME    with no action, or --install: another port
      --format text|json  with --report: how to print it (default: text)
      --version           print the version, and exit
      --help              print this, and exit

    """

  init(arguments: [String]) throws(UsageError) {
    var actions: [Action] = []
    var format: String?
    var port: PortTarget?
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      // `--name=value` is `--name value`.
      let equals = argument.utf8.firstIndex(of: UInt8(ascii: "="))
      let name = argument.utf8[..<(equals ?? argument.utf8.endIndex)]
      if let equals { rest.insert(String(argument[argument.utf8.index(after: equals)...]), at: rest.startIndex) }
      if name.elementsEqual("--port".utf8) {
        guard let value = rest.popFirst(), !value.isEmpty else { throw UsageError("--port takes a path or a name") }
        port = PortTarget(value)
      } else if name.elementsEqual("--serve".utf8) {
        guard let value = rest.popFirst(), !value.isEmpty else { throw UsageError("--serve takes a path") }
        actions.append(.serve(.path(value)))
      } else if name.elementsEqual("--format".utf8) {
        guard let value = rest.popFirst() else { throw UsageError("--format takes text or json") }
        format = value
      } else if equals == nil, let action = Self.action(named: name) {
        actions.append(action)
      } else {
        throw UsageError("unknown argument " + printable(argument.cut(toBytes: 200)))
      }
    }
    guard actions.count <= 1 else { throw UsageError("only one action at a time") }
    action = try Self.action(actions.first, port: port, format: format)
  }

  private static func action(_ chosen: Action?, port: PortTarget?, format: String?) throws(UsageError) -> Action {
    let target = port ?? .name(AgentChannel.portName)
    if format != nil {
      guard case .report? = chosen else { throw UsageError("--format goes with --report") }
    }
    switch chosen {
    case nil: return .serve(target)
    case .install?: return .install(port)
    case .runService?: return .runService(target)
    default: if port != nil { throw UsageError("--port goes with no action or --install") }
    }
    guard let format, case .report? = chosen else { return chosen ?? .help }
    if format.utf8.elementsEqual("json".utf8) { return .report(json: true) }
    guard format.utf8.elementsEqual("text".utf8) else { throw UsageError("--format takes text or json") }
    return .report(json: false)
  }

  private static func action(named name: Substring.UTF8View) -> Action? {
    let target = PortTarget.name(AgentChannel.portName)
    let actions: [(StaticString, Action)] = [
      ("--report", .report(json: false)), ("--stdio", .serveStandardStreams), ("--self-check", .selfCheck),
      ("--install", .install(nil)), ("--uninstall", .uninstall), ("--start", .start), ("--stop", .stop),
      ("--status", .status), ("--service", .runService(target)), ("--version", .version), ("--help", .help),
      ("-h", .help),
    ]
    return actions.first { written, _ in
      name.elementsEqual(UnsafeBufferPointer(start: written.utf8Start, count: written.utf8CodeUnitCount))
    }?.1
  }
}
