// SPDX-License-Identifier: BSD-3-Clause

/// One PCI function as the guest's system knows it: an element of `pci.functions`.
///
/// Agents list every function of vendor 1af4 and every memory controller (class 05xx).
package struct PCIFunctionFacts: Hashable, Sendable {
  /// `0000:00:05.0` in the guest's own numbering.
  package var address: Fact<String>
  /// The bridge path, `02.1/00.0` (hexadecimal device and function of each step from the root bus down).
  package var path: Fact<String>
  package var vendor: Fact<UInt16>
  package var device: Fact<UInt16>
  package var subsystemVendor: Fact<UInt16>
  package var subsystem: Fact<UInt16>
  /// Base class, subclass and interface as one number, 65280 for 0x00ff00.
  package var classCode: Fact<UInt64>
  package var revision: Fact<UInt16>
  /// The driver that holds the function: the sysfs driver's name, or Windows' Service value. Absent: none does.
  package var driver: Fact<String>
  /// The file behind the driver: the kernel module's name, or the INF's on Windows.
  package var module: Fact<String>
  /// The driver on the virtio device below the function (`virtio_balloon`); absent when the transport is bound alone.
  package var virtioDriver: Fact<String>
  /// The virtio status byte as the guest's driver core reads it (0x0f is DRIVER_OK with features agreed).
  package var virtioStatus: Fact<UInt16>
  /// The negotiated feature bits as the guest tells them, bit 0 first, as `0` and `1`.
  package var virtioFeatures: Fact<String>
  /// The driver package's provider, such as `Red Hat, Inc.` (Windows).
  package var provider: Fact<String>
  /// The driver's version.
  package var driverVersion: Fact<String>
  /// Windows' problem code (CM_PROB_*), 0 when there is none.
  package var problemCode: Fact<UInt16>
  /// What Windows knows besides; `nil` elsewhere.
  package var windows: WindowsDeviceFacts?

  package init(
    address: Fact<String>, path: Fact<String>, vendor: Fact<UInt16>, device: Fact<UInt16>,
    subsystemVendor: Fact<UInt16>, subsystem: Fact<UInt16>, classCode: Fact<UInt64>, revision: Fact<UInt16>,
    driver: Fact<String>, module: Fact<String>, virtioDriver: Fact<String>, virtioStatus: Fact<UInt16>,
    virtioFeatures: Fact<String>, provider: Fact<String>, driverVersion: Fact<String>, problemCode: Fact<UInt16>,
    windows: WindowsDeviceFacts? = nil
  ) {
    self.address = address
    self.path = path
    self.vendor = vendor
    self.device = device
    self.subsystemVendor = subsystemVendor
    self.subsystem = subsystem
    self.classCode = classCode
    self.revision = revision
    self.driver = driver
    self.module = module
    self.virtioDriver = virtioDriver
    self.virtioStatus = virtioStatus
    self.virtioFeatures = virtioFeatures
    self.provider = provider
    self.driverVersion = driverVersion
    self.problemCode = problemCode
    self.windows = windows
  }

  package var json: JSON {
    var object: JSONObject = [
      "address": address.json, "path": path.json, "vendor": vendor.json, "device": device.json,
      "subsystemVendor": subsystemVendor.json, "subsystem": subsystem.json, "class": classCode.json,
      "revision": revision.json, "driver": driver.json, "module": module.json, "virtioDriver": virtioDriver.json,
      "virtioStatus": virtioStatus.json, "virtioFeatures": virtioFeatures.json, "provider": provider.json,
      "driverVersion": driverVersion.json, "problemCode": problemCode.json,
    ]
    if let windows { object["windows"] = windows.json }
    return .object(object)
  }
  package init(json: JSON) {
    address = Fact(json: json["address"], member: "address")
    path = Fact(json: json["path"], member: "path")
    vendor = Fact(json: json["vendor"], member: "vendor")
    device = Fact(json: json["device"], member: "device")
    subsystemVendor = Fact(json: json["subsystemVendor"], member: "subsystemVendor")
    subsystem = Fact(json: json["subsystem"], member: "subsystem")
    classCode = Fact(json: json["class"], member: "class")
    revision = Fact(json: json["revision"], member: "revision")
    driver = Fact(json: json["driver"], member: "driver")
    module = Fact(json: json["module"], member: "module")
    virtioDriver = Fact(json: json["virtioDriver"], member: "virtioDriver")
    virtioStatus = Fact(json: json["virtioStatus"], member: "virtioStatus")
    virtioFeatures = Fact(json: json["virtioFeatures"], member: "virtioFeatures")
    provider = Fact(json: json["provider"], member: "provider")
    driverVersion = Fact(json: json["driverVersion"], member: "driverVersion")
    problemCode = Fact(json: json["problemCode"], member: "problemCode")
    windows = json["windows"].map { WindowsDeviceFacts(json: $0) }
  }
}
