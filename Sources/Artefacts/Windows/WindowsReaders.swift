// SPDX-License-Identifier: GPL-3.0-or-later

/// The readers of what Windows' own tools print, those first whose marks are plain.
enum WindowsReaders {
  static let all: [@Sendable (inout ArtefactCursor) -> (any ArtefactContent)?] = [
    SetupLogArtefact.read, PowerShellList.read, PowerShellTable.read, EventLogArtefact.read, DriverQueryArtefact.read,
    SystemInformationArtefact.read,
    DirectXDiagnosis.read, PnputilDevices.read, PnputilDrivers.read, PnputilInstallation.read, DeviceManagerText.read,
  ]
}
