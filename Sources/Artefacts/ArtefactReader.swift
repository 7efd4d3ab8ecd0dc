// SPDX-License-Identifier: GPL-3.0-or-later

/// What recognises one kind of artefact at a place in a text.
package struct ArtefactReader: Sendable {
  /// Whose output it reads.
  package enum Group: String, CaseIterable, Sendable {
    /// libvirt's XML, and what virsh prints.
    case domain
    /// Whatever is JSON: replies of QEMU, qemu-ga and Proxmox, the agent's report, saved evidence.
    case json
    /// lspci, and what else a Linux guest prints.
    case linux
    /// QEMU's human monitor, its logs and command lines.
    case monitor
    /// Answers to `virt-balloon probe`.
    case probe
    /// qm and pvesh.
    case proxmox
    /// What Windows' own tools print.
    case windows
  }

  package let group: Group
  /// Its type's name.
  package let name: String
  let read: @Sendable (inout ArtefactCursor) -> (any ArtefactContent)?

  private init(
    _ group: Group, _ name: String, _ read: @escaping @Sendable (inout ArtefactCursor) -> (any ArtefactContent)?
  ) {
    (self.group, self.name, self.read) = (group, name, read)
  }

  /// Every reader, those first whose marks are plain.
  package static let all: [ArtefactReader] =
    [
      ArtefactReader(.probe, "LinuxProbeArtefact", LinuxProbeArtefact.read),
      ArtefactReader(.monitor, "PollingIntervalArtefact", PollingIntervalArtefact.read),
      ArtefactReader(.json, "JSONArtefact", JSONArtefact.read),
      ArtefactReader(.domain, "DomainXMLArtefact", DomainXMLArtefact.read),
      ArtefactReader(.monitor, "HumanMonitorArtefact", HumanMonitorArtefact.read),
      ArtefactReader(.proxmox, "ProxmoxStatusArtefact", ProxmoxStatusArtefact.read),
      ArtefactReader(.proxmox, "ProxmoxConfigurationArtefact", ProxmoxConfigurationArtefact.read),
      ArtefactReader(.monitor, "HumanStatusArtefact", HumanStatusArtefact.read),
      ArtefactReader(.monitor, "HumanPCIArtefact", HumanPCIArtefact.read),
      ArtefactReader(.monitor, "HumanTreeArtefact", HumanTreeArtefact.read),
      ArtefactReader(.monitor, "HypervisorLogArtefact", HypervisorLogArtefact.read),
      ArtefactReader(.monitor, "MachineCommandLineArtefact", MachineCommandLineArtefact.read),
      ArtefactReader(.linux, "KernelLogArtefact", KernelLogArtefact.read),
      ArtefactReader(.domain, "MemoryStatisticsArtefact", MemoryStatisticsArtefact.read),
      ArtefactReader(.domain, "DomainInfoArtefact", DomainInfoArtefact.read),
      ArtefactReader(.domain, "VirshArtefact", VirshArtefact.read),
      ArtefactReader(.monitor, "BalloonSizeArtefact", BalloonSizeArtefact.read),
      ArtefactReader(.windows, "RegistryArtefact", RegistryArtefact.read),
      ArtefactReader(.windows, "ServiceQueryArtefact", ServiceQueryArtefact.read),
      ArtefactReader(.windows, "MissingServiceArtefact", MissingServiceArtefact.read),
      ArtefactReader(.probe, "DeviceProblem", DeviceProblem.read),
      ArtefactReader(.windows, "WindowsVersionArtefact", WindowsVersionArtefact.read),
      ArtefactReader(.linux, "LspciRecords", LspciRecords.read),
      ArtefactReader(.linux, "LspciTree", LspciTree.read),
      ArtefactReader(.linux, "LspciArtefact", LspciArtefact.read),
      ArtefactReader(.linux, "LinuxMemoryArtefact", LinuxMemoryArtefact.read),
      ArtefactReader(.linux, "LinuxModulesArtefact", LinuxModulesArtefact.read),
      ArtefactReader(.linux, "DriverLinkArtefact", DriverLinkArtefact.read),
    ] + windows

  /// Those of what Windows' own tools print, those first whose marks are plain.
  private static let windows: [ArtefactReader] = [
    ArtefactReader(.windows, "SetupLogArtefact", SetupLogArtefact.read),
    ArtefactReader(.windows, "PowerShellList", PowerShellList.read),
    ArtefactReader(.windows, "PowerShellTable", PowerShellTable.read),
    ArtefactReader(.windows, "EventLogArtefact", EventLogArtefact.read),
    ArtefactReader(.windows, "DriverQueryArtefact", DriverQueryArtefact.read),
    ArtefactReader(.windows, "SystemInformationArtefact", SystemInformationArtefact.read),
    ArtefactReader(.windows, "DirectXDiagnosis", DirectXDiagnosis.read),
    ArtefactReader(.windows, "PnputilDevices", PnputilDevices.read),
    ArtefactReader(.windows, "PnputilDrivers", PnputilDrivers.read),
    ArtefactReader(.windows, "PnputilInstallation", PnputilInstallation.read),
    ArtefactReader(.windows, "DeviceManagerText", DeviceManagerText.read),
  ]
}
