// SPDX-License-Identifier: BSD-3-Clause

/// The names by which virtio-win's balloon and channel are known to Windows.
///
/// Source: virtio-win/kvm-guest-drivers-windows, Balloon/sys/balloon.inx, Balloon/app/main.cpp and
/// vioserial/sys/vioser.inx. Compare them with ``Swift/String/isSameWindowsName(as:)``: live systems write `balloon`
/// as well.
package enum BalloonNames {
  /// The driver's service.
  package static let driverService = "BALLOON"
  /// The service that writes the statistics, blnsvr.exe.
  package static let statisticsService = "BalloonService"
  /// The service of the driver of the agent's channel.
  package static let serialService = "VirtioSerial"
  /// WMI, on which the statistics' service depends since March 2025.
  package static let managementService = "Winmgmt"
  /// The balloon's INF in its package; Windows publishes it under another name, `oem12.inf`.
  package static let driverINF = "balloon.inf"
  /// The INF of the channel's driver in its package.
  package static let serialINF = "vioser.inf"
  /// The section of ``driverINF`` that is installed, which Windows decorates (`BALLOON_Device.NT`).
  package static let driverSection = "BALLOON_Device"
  /// The INF of Windows that holds a RAM controller without driving it.
  package static let genericINF = "machine.inf"
  /// Its section for devices that need no driver.
  package static let genericSection = "NO_DRV"
  /// The driver's file.
  package static let driverFile = "balloon.sys"
  /// The statistics service's file.
  package static let statisticsFile = "blnsvr.exe"
  /// The setup class of the balloon's driver and of the generic one.
  package static let systemClass = "{4d36e97d-e325-11ce-bfc1-08002be10318}"

  /// The vendor of all virtio functions.
  package static let vendor: UInt16 = 0x1af4
  /// The balloon, transitional and modern.
  package static let balloonDevices: [UInt16] = [0x1002, 0x1045]
  /// virtio-serial, transitional and modern.
  package static let serialDevices: [UInt16] = [0x1003, 0x1043]

  /// Whether this is the balloon's INF, given with or without a folder.
  package static func isDriverINF(_ path: String) -> Bool {
    let bytes = Array(path.utf8)
    let start = bytes.lastIndex { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "/") }
    return bytes[(start.map { $0 &+ 1 } ?? 0)...].text.isSameWindowsName(as: driverINF)
  }
}
