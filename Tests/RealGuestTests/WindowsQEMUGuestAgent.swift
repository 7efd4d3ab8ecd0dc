// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Synchronization
import Testing

/// qemu-ga as it answers in a Windows whose balloon driver runs, behind a real guest's virtio-serial port: the guest
/// only passes bytes on between that port and one that ends here. The answers are synthesised, in the form of qemu-ga's
/// schema and of `reg` and `sc`.
final class WindowsQEMUGuestAgent: Sendable {
  enum Service: Sendable { case missing, stopped, running }
  let service = Mutex(Service.missing)
  /// The programs that were run in the guest.
  let ran = Mutex<[[String]]>([])

  /// The second port.
  static let port = "windows"
  /// What joins the ports, for the guest's shell.
  static let bridge = """
    a=$(vb port \(GuestConfiguration.qemuGuestAgentPort)) && b=$(vb port \(port)) && \
    { (exec 3<>$a 4<>$b; (while :; do cat <&3 >&4; sleep 0.05; done) & \
    while :; do cat <&4 >&3; sleep 0.05; done) </dev/null >/dev/null 2>&1 & }
    """

  /// Answers until the task is cancelled.
  func serve(_ guest: Guest) async throws {
    let line = try UnixStream(path: guest.socket(ofPort: Self.port))
    var pending: [UInt8] = []
    while !Task.isCancelled {
      guard let bytes = try line.receive() else {
        try? await Task.sleep(for: .milliseconds(2))
        continue
      }
      guard !bytes.isEmpty else { return }
      pending += bytes
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let text = pending[..<end].split(separator: 0xff).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
        pending.removeSubrange(...end)
        guard let request = try? RigJSON(parsing: text), let command = request["execute"]?.string else { continue }
        let reply = self.reply(command, request["arguments"])
        let mark: [UInt8] = command == "guest-sync-delimited" ? [0xff] : []
        try line.send(mark + Array(try JSONEncoder().encode(reply)) + [UInt8(ascii: "\n")])
      }
    }
  }

  private func reply(_ command: String, _ arguments: RigJSON?) -> RigJSON {
    switch command {
    case "guest-sync-delimited", "guest-sync": return ["return": arguments?["id"] ?? .null]
    case "guest-ping": return ["return": .object([:])]
    case "guest-info":
      let commands = [
        "guest-sync-delimited", "guest-info", "guest-get-osinfo", "guest-get-devices", "guest-exec",
        "guest-exec-status",
      ].map { RigJSON.object(["name": .string($0), "enabled": .bool(true), "success-response": .bool(true)]) }
      return ["return": ["version": "107.0.1", "supported_commands": .array(commands)]]
    case "guest-get-osinfo":
      return [
        "return": [
          "id": "mswindows", "name": "Microsoft Windows", "pretty-name": "Windows 11 Pro",
          "version": "Microsoft Windows 11",
          "version-id": "11", "kernel-release": "22631", "kernel-version": "10.0", "machine": "x86_64",
          "variant": "client", "variant-id": "client",
        ]
      ]
    case "guest-get-devices":
      let id: RigJSON = ["type": "pci", "vendor-id": 0x1af4, "device-id": 0x1002]
      return [
        "return": .array([
          [
            "driver-name": "VirtIO Balloon Driver", "driver-version": "100.101.104.28500",
            "driver-date": 1_750_118_400_000_000_000, "id": id,
          ]
        ])
      ]
    case "guest-exec":
      let words = [arguments?["path"]?.string ?? ""] + (arguments?["arg"]?.elements.compactMap(\.string) ?? [])
      let number = ran.withLock {
        $0.append(words)
        return $0.count
      }
      return ["return": ["pid": .integer(Int64(number))]]
    case "guest-exec-status":
      let number = Int(arguments?["pid"]?.integer ?? 0)
      let words = ran.withLock { $0.indices.contains(number - 1) ? $0[number - 1] : [] }
      let (status, output) = answer(words)
      return [
        "return": [
          "exited": .bool(true), "exitcode": .integer(status),
          "out-data": .string(
            Data(
              output.split(separator: "\n", omittingEmptySubsequences: false)
                .joined(separator: "\r\n").utf8
            ).base64EncodedString()),
        ]
      ]
    default: return ["error": ["class": "CommandNotFound", "desc": "The command has not been found"]]
    }
  }

  private func answer(_ words: [String]) -> (status: Int64, output: String) {
    let service = service.withLock { $0 }
    switch words {
    case ["cmd.exe", "/c", "ver"]: return (0, "\nMicrosoft Windows [Version 10.0.22631.4317]\n")
    case _ where words.first == "reg.exe" && words.contains { $0.hasSuffix("Enum\\PCI") }: return (0, Self.devices)
    case _ where words.first == "reg.exe": return (0, Self.drivers)
    case ["sc.exe", "query", "BalloonService"] where service == .missing,
      ["sc.exe", "qc", "BalloonService"] where service == .missing:
      return (
        1060,
        "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\n"
          + "The specified service does not exist as an installed service.\n\n"
      )
    case ["sc.exe", "query", "BalloonService"]:
      return (0, Self.state("BalloonService", "10  WIN32_OWN_PROCESS", isRunning: service == .running))
    case _ where words.count == 3 && words[1] == "query":
      return (0, Self.state(words[2], "1  KERNEL_DRIVER", isRunning: true))
    case ["sc.exe", "qc", "BalloonService"]: return (0, Self.settings)
    default: return (5, "[SC] OpenService FAILED 5:\n\nAccess is denied.\n\n")
    }
  }

  private static func state(_ name: String, _ type: String, isRunning: Bool) -> String {
    """

    SERVICE_NAME: \(name)
            TYPE               : \(type)
            STATE              : \(isRunning ? "4  RUNNING" : "1  STOPPED")
            WIN32_EXIT_CODE    : \(isRunning ? "0  (0x0)" : "1077  (0x435)")
            SERVICE_EXIT_CODE  : 0  (0x0)
            CHECKPOINT         : 0x0
            WAIT_HINT          : 0x0

    """
  }

  private static let settings = """
    [SC] QueryServiceConfig SUCCESS

    SERVICE_NAME: BalloonService
            TYPE               : 10  WIN32_OWN_PROCESS
            START_TYPE         : 2   AUTO_START
            ERROR_CONTROL      : 1   NORMAL
            BINARY_PATH_NAME   : "C:\\Program Files\\Virtio-Win\\Balloon\\blnsvr.exe"
            LOAD_ORDER_GROUP   :
            TAG                : 0
            DISPLAY_NAME       : BalloonService
            DEPENDENCIES       : Winmgmt
            SERVICE_START_NAME : LocalSystem

    """

  private static let systemClass = "{4d36e97d-e325-11ce-bfc1-08002be10318}"

  private static func device(_ ids: String, _ suffix: String, _ slot: Int, _ words: String...) -> String {
    let key = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\\(ids)"
    let values = [
      "LocationInformation    REG_SZ    @System32\\drivers\\pci.sys,#65536;PCI bus %1, device %2, function %3;"
        + "(0,\(slot),0)",
      "HardwareID    REG_MULTI_SZ    PCI\\\(ids)\\0PCI\\\(ids.prefix(37))",
      "ClassGUID    REG_SZ    \(systemClass)", "ConfigFlags    REG_DWORD    0x0",
    ]
    return "\n\(key)\n\n\(key)\\\(suffix)\n" + (values + words).map { "    \($0)\n" }.joined()
  }

  private static let devices =
    device(
      "VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00", "3&11583659&0&28", 5,
      "DeviceDesc    REG_SZ    @oem3.inf,%balloon.devicedesc%;VirtIO Balloon Driver", "Service    REG_SZ    BALLOON",
      "Driver    REG_SZ    \(systemClass)\\0010")
    + device(
      "VEN_1AF4&DEV_1003&SUBSYS_00031AF4&REV_00", "3&11583659&0&18", 3,
      "DeviceDesc    REG_SZ    @oem4.inf,%vioser.devicedesc%;VirtIO Serial Driver", "Service    REG_SZ    VirtioSerial",
      "Driver    REG_SZ    \(systemClass)\\0011")

  private static let drivers = [
    ("0010", "oem3.inf", "1002", "0005", "Balloon"), ("0011", "oem4.inf", "1003", "0003", "Serial"),
  ]
  .map { number, inf, device, subsystem, name in
    """

    HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\\(systemClass)\\\(number)
        InfPath    REG_SZ    \(inf)
        ProviderName    REG_SZ    Red Hat, Inc.
        DriverDate    REG_SZ    6-17-2025
        DriverVersion    REG_SZ    100.101.104.28500
        MatchingDeviceId    REG_SZ    PCI\\VEN_1AF4&DEV_\(device)&SUBSYS_\(subsystem)1AF4&REV_00
        DriverDesc    REG_SZ    VirtIO \(name) Driver

    """
  }.joined()
}
