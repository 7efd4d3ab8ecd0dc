// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import WindowsPnP

/// Whether a device is there and why Windows does not use it, by CM_Get_DevNode_Status.
struct NodeState {
  let isPresent: Fact<Bool>
  let status: Fact<UInt64>
  let problemCode: Fact<UInt16>
  let problem: Fact<String>

  private static var source: String { "CM_Get_DevNode_Status" }

  init(of device: borrowing Device) {
    let node = device.node
    let source = Self.source
    switch node.result {
    case 0x00:  // CR_SUCCESS
      isPresent = .observed(true, source: source)
      status = .observed(UInt64(node.status.rawValue), source: source)
      // The number means something only with the flag.
      let code = ProblemCode(rawValue: node.status.contains(.hasProblem) ? node.problem : 0)
      if let number = UInt16(exactly: code.rawValue) {
        problemCode = .observed(number, source: source)
      } else {
        problemCode = .failed(FactFailure(.malformed, "problem " + String(code.rawValue)), source: source)
      }
      problem = Self.name(code)
    case 0x0d:  // CR_NO_SUCH_DEVNODE: Windows remembers the device, and it is not there.
      let source = source + " CR_NO_SUCH_DEVNODE"
      isPresent = .observed(false, source: source)
      status = .absent(source: source)
      problemCode = .observed(UInt16(truncatingIfNeeded: ProblemCode.phantom.rawValue), source: source)
      problem = Self.name(.phantom)
    default:
      let failure = FactFailure(.failed, "CONFIGRET " + String(node.result))
      isPresent = .failed(failure, source: source)
      status = .failed(failure, source: source)
      problemCode = .failed(failure, source: source)
      problem = .failed(failure, source: source)
    }
  }

  private static func name(_ code: ProblemCode) -> Fact<String> {
    if code == .none { return .absent(source: source) }
    if let name = code.name { return .observed(name, source: source) }
    return .failed(FactFailure(.malformed, "no name is known for " + String(code.rawValue)), source: source)
  }
}
