// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import RegistryHive
import WindowsPnP

extension GuestEvidence {
  /// Adds what Windows' inventory of devices tells and the hive SYSTEM does not, the problem codes above all.
  ///
  /// The inventory may be older than SYSTEM: of a device for which the two name different drivers nothing is taken.
  ///
  /// - Returns: what they disagree on, in sentences.
  mutating func complete(by inventory: AmcacheInventory) -> [String] {
    guard case .observed(var functions, let source) = functions else { return [] }
    let facts = AgentFacts(time: nil, speaker: .hives)
    var notices: [String] = []
    for index in functions.indices {
      guard let instance = functions[index].windows?.instanceID.value,
        let device = inventory.devices.first(where: { $0.instance.text.isSameWindowsName(as: instance) })
      else { continue }
      if let disagreement = Self.disagreement(functions[index], device) {
        notices.append("\(instance): \(disagreement): the inventory is older, or newer, and was not taken for it.")
        continue
      }
      let code = facts.observation(device.problemCode, of: .functions)
      if functions[index].problemCode.failure != nil, let number = code.value {
        functions[index].problemCode = code
        functions[index].windows?.problem =
          ProblemCode(rawValue: UInt32(number)).name.map { .observed($0, code.provenance) } ?? .absent(code.provenance)
      }
      Self.fill(&functions[index].module, facts.observation(device.inf, of: .functions))
      Self.fill(&functions[index].provider, facts.observation(device.provider, of: .functions))
      Self.fill(&functions[index].driverVersion, facts.observation(device.version, of: .functions))
    }
    self.functions = .observed(functions, source)
    return notices
  }

  private static func fill(_ leaf: inout Observation<String>, _ told: Observation<String>) {
    if leaf.failure != nil, told.value != nil { leaf = told }
  }

  /// How the two name different drivers for a device; `nil` when they agree, or when one does not say.
  private static func disagreement(_ function: GuestFunction, _ device: AmcacheInventory.Device) -> String? {
    let hive = function.module
    switch (hive.value, device.inf.value) {
    case (let one?, let two?): return one.isSameWindowsName(as: two) ? nil : "SYSTEM has \(one), the inventory \(two)"
    case (let one?, nil):
      // A code for a device without a driver says nothing of one that has got its driver since.
      return device.problemCode.value == 28 ? "SYSTEM has \(one), the inventory code 28" : nil
    case (nil, let two?): return hive.isAbsent ? "SYSTEM has no driver, the inventory \(two)" : nil
    case (nil, nil): return nil
    }
  }
}
