// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import PCI

/// A reply of qemu-ga, as `virsh qemu-agent-command`, `qm agent` or socat show it: the drivers that Windows has
/// installed (`guest-get-devices`), or which system it is (`guest-get-osinfo`).
///
/// Only what it lists counts: devices without a driver, and others, it leaves out without a word.
struct QEMUGuestAgentReply: ArtefactContent {
  let kind: String
  let rank = 30
  private let answer: Answer

  private enum Answer {
    case devices([QGADevice])
    case system(QGASystem)
  }

  /// Reads the whole reply (`{"return": …}`) or what stands in it, which `qm agent` prints alone.
  static func read(_ json: JSON) -> (any ArtefactContent)? {
    let body = json["return"] ?? json["result"] ?? json
    if let list = body.array, let first = list.first, first["driver-name"]?.string != nil,
      list.allSatisfy({ $0["driver-name"] != nil || $0["id"] != nil || $0["address"] != nil })
    {
      do throws(QGAError) {
        return QEMUGuestAgentReply(kind: "guest-get-devices", answer: .devices(try QGADevice.list(json: body)))
      } catch {
        return UnreadableArtefact(kind: "guest-get-devices", failure: Failure(.malformed, "\(error)"))
      }
    }
    guard body["id"]?.string != nil, body["kernel-release"]?.string != nil || body["pretty-name"]?.string != nil,
      let system = try? QGASystem(json: body)
    else { return nil }
    return QEMUGuestAgentReply(kind: "guest-get-osinfo", answer: .system(system))
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    func observation<Value>(_ fact: Fact<Value>) -> Observation<Value> {
      switch fact {
      case .observed(let value, _): return .observed(value, source)
      case .absent: return .absent(source)
      case .failed(let failure, _):
        return .failed(Failure(Failure.Reason(rawValue: failure.reason.text), failure.detail), source)
      }
    }
    var agent = QEMUGuestAgentEvidence(
      Unknown(
        failure: Failure(
          .notAsked, "no artefact that was given tells it", ask: "virsh qemu-agent-command DOMAIN '{…}'"),
        provenance: source))
    switch answer {
    case .devices(let devices):
      let list = devices.map { device -> InstalledDriver in
        var identity: Observation<PCIIdentity> = .absent(source)
        if let vendor = device.vendor.value, let number = device.device.value {
          identity = .observed(PCIIdentity(vendor: vendor, device: number), source)
        }
        return InstalledDriver(
          name: observation(device.name), version: observation(device.version), date: observation(device.date),
          identity: identity)
      }
      agent.devices = .observed(list, source)
      // No other system's qemu-ga has this command (QEMU, qga/qapi-schema.json).
      agent.osID = .observed("mswindows", source)
    case .system(let system):
      agent.osID = observation(system.id)
      agent.osName = observation(system.prettyName.value == nil ? system.name : system.prettyName)
      agent.osVersion = observation(system.version)
      agent.kernel = observation(system.kernelRelease)
    }
    draft.tell(agent)
  }
}
