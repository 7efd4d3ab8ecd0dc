// SPDX-License-Identifier: GPL-3.0-or-later

/// Texts of a guest's system that tell of its devices and drivers, and of nobody.
enum WindowsText {
  /// `balloon.inf`, `oem12.inf`, `viostor.inf`.
  static func isINF(_ text: String) -> Bool {
    let name = text.folded
    guard name.hasSuffix(".inf") else { return false }
    let stem = name.dropLast(4)
    return drivers.contains(String(stem)) || stem.hasPrefix("oem") && FieldText.isDigits(stem.dropFirst(3), most: 4)
      || ["machine", "pci", "hal", "netrndis", "usbxhci"].contains(String(stem))
  }

  /// The name of a driver, a kernel module or a service that virtio-win or Linux has.
  static func isDriver(_ text: String) -> Bool {
    let name = text.folded
    return drivers.contains(name) || isINF(name)
      || name.hasSuffix(".sys") && drivers.contains(String(name.dropLast(4)))
  }

  private static let drivers: Set<String> = [
    "balloon", "balloonservice", "blnsvr", "blnsvr.exe", "viostor", "vioscsi", "netkvm", "vioser", "virtioserial",
    "virtio-serial", "viorng", "vioinput", "hidviohid", "pvpanic", "viofs", "virtiofs", "viogpudo", "viosock",
    "viomem", "fwcfg", "qxldod", "qxl", "qemupciserial", "ivshmem", "vioprot", "virtio_balloon", "virtio-pci",
    "virtio_pci", "virtio_net", "virtio_blk", "virtio_scsi", "virtio_console", "virtio_rng", "virtio_gpu",
    "virtio-gpu", "virtio_input", "virtio_mem", "virtio_pmem", "virtio_vsock", "vmw_vsock_virtio_transport",
    "vfio-pci", "pci", "msisadrv", "uio_pci_generic", "pciehp", "shpchp", "intel_agp", "agpgart-intel", "rpcss",
    "rdbss", "wdf01000", "plugplay", "qemu-ga", "qemu-ga-vss", "virt-balloon-agent", "virtballoonagent",
    "vgauthservice", "spice-agent", "vdservice", "winmgmt", "eventlog",
  ]

  /// A problem code's name, `CM_PROB_FAILED_INSTALL`.
  static func isProblem(_ text: String) -> Bool {
    text.hasPrefix("CM_PROB_") && FieldText.isMade(text, of: problemWords, digits: 2)
  }

  /// Source: Windows, cfg.h.
  private static let problemWords: Set<String> = [
    "cm", "prob", "not", "configured", "devloader", "failed", "out", "of", "memory", "entry", "is", "wrong", "type",
    "lacked", "arbitrator", "boot", "config", "conflict", "filter", "driver", "load", "loader", "invalid", "data",
    "start", "liar", "normal", "verified", "need", "restart", "reenumeration", "partial", "log", "conf", "unknown",
    "resource", "reinstall", "registry", "vxdldr", "will", "be", "removed", "disabled", "device", "there", "moved",
    "too", "early", "no", "valid", "install", "hardware", "cant", "share", "irq", "add", "service", "translation",
    "softconfig", "bios", "table", "in", "halted", "duplicate", "blocked", "held", "for", "eject", "hotplug",
    "phantom", "waiting", "on", "dependency", "unsigned", "used", "by", "debugger", "reset", "console", "locked",
    "guest", "assignment", "failure", "post", "previous", "instance", "legacy", "large", "setproperties", "system",
    "shutdown", "init",
  ]

  /// The name of a system for people: `Windows Server 2022 Datacenter`, `Debian GNU/Linux 12 (bookworm)`.
  ///
  /// It begins with a word, and has few digits: a row of numbers is somebody's, and no system.
  static func isSystem(_ text: String) -> Bool {
    FieldText.startsWithLetter(text) && FieldText.isMade(text, of: systemWords)
      && text.utf8.count { 0x30...0x39 ~= $0 } <= 8
  }

  private static let systemWords: Set<String> = [
    "microsoft", "windows", "server", "datacenter", "standard", "essentials", "foundation", "evaluation", "core", "web",
    "storage", "hyper", "v", "azure", "edition", "pro", "professional", "home", "enterprise", "education",
    "workstations",
    "for", "n", "e", "kn", "se", "ltsc", "ltsb", "iot", "multi", "session", "ultimate", "vista", "xp", "r", "h",
    "version",
    "build", "service", "pack", "sp", "preview", "insider", "serverstandard", "serverdatacenter", "servercore", "eval",
    "serverstandardeval", "serverdatacentereval", "enterprises", "enterprisesn", "iotenterprise", "iotenterprises",
    "serverrdsh", "corecountryspecific", "coresinglelanguage", "professionaln", "professionalworkstation",
    "enterprisen",
    "serverturbine", "serverazurestackhcicor", "serverstandardcore", "serverdatacentercore", "os", "stack", "hci",
    "debian", "gnu", "linux", "bookworm", "bullseye", "buster", "stretch", "jessie", "trixie", "forky", "sid", "ubuntu",
    "lts", "focal", "fossa", "jammy", "jellyfish", "noble", "numbat", "bionic", "beaver", "xenial", "xerus", "trusty",
    "tahr", "fedora", "coreos", "cloud", "workstation", "red", "hat", "rhel", "ootpa", "plow", "coughlan", "maipo",
    "centos", "stream", "almalinux", "rocky", "oracle", "ol", "green", "obsidian", "blue", "onyx", "suse", "sles",
    "sled",
    "opensuse", "leap", "tumbleweed", "micro", "alpine", "arch", "archlinux", "manjaro", "gentoo", "nixos", "slackware",
    "void", "mageia", "amazon", "flatcar", "photon", "proxmox", "ve", "kali", "rolling", "mint", "freebsd", "openbsd",
    "netbsd", "solaris", "haiku", "x", "bit", "mswindows", "cirros", "openwrt", "release", "buildroot", "client",
  ]

  /// Who provides or signs drivers that everybody has.
  static let providers: Set<String> = [
    "Red Hat, Inc.", "Red Hat", "Red Hat Inc.", "Microsoft", "Microsoft Corporation", "Microsoft Windows", "(Standard)",
    "Microsoft Windows Hardware Compatibility Publisher", "Intel", "INTEL", "(Standard system devices)", "SUSE LLC",
    "Microsoft Windows Publisher", "Fedora", "Virtuozzo", "Amazon Inc.", "Amazon.com Services LLC", "Google, Inc.",
    "Red Hat, Inc", "SUSE", "Oracle Corporation", "QEMU",
  ]

  /// Display names of virtio's devices, and of what stands in their place without a driver.
  static func isDevice(_ text: String) -> Bool { FieldText.isMade(text, of: deviceWords, digits: 3) }

  private static let deviceWords: Set<String> = [
    "virtio", "balloon", "driver", "red", "hat", "pci", "express", "standard", "ram", "controller", "device",
    "memory", "serial", "scsi", "pass", "through", "ethernet", "adapter", "rng", "input", "fs", "gpu", "dod",
    "socket", "viomem", "block", "console", "bus", "host", "bridge", "to", "isa", "root", "port", "complex",
    "unknown", "base", "system", "peripheral", "qemu", "fwcfg", "panic", "pvpanic", "hid", "qxl", "network", "q", "d",
    "sata", "ahci", "usb", "xhci", "extensible", "microsoft", "intel", "r", "high", "definition", "audio", "tablet",
    "standardmäßiger", "storage", "communications", "simple", "multimedia", "other", "iommu", "crypto", "fibre",
    "flash",
  ]

  static let setupClasses: Set<String> = [
    "System", "Net", "SCSIAdapter", "HDC", "USB", "Display", "MEDIA", "HIDClass", "DiskDrive", "Ports", "Unknown",
    "Volume", "Processor", "Computer", "Mouse", "Keyboard", "Monitor", "SoftwareDevice", "SecurityDevices",
  ]

  /// A setup class's GUID is the same in every Windows: `{4d36e97d-e325-11ce-bfc1-08002be10318}`.
  static func isClassGUID(_ text: String) -> Bool {
    let name = text.folded
    return name.hasPrefix("{4d36e9") && name.hasSuffix("-e325-11ce-bfc1-08002be10318}") && name.utf8.count == 38
      && FieldText.isHexadecimal(name.dropFirst(7).prefix(2), most: 2)
  }

  /// `BALLOON_Device.NT`, `NO_DRV`.
  static func isSection(_ text: String) -> Bool {
    FieldText.isMade(
      text,
      of: [
        "balloon", "device", "nt", "no", "drv", "inst", "services", "hw", "install", "ndi", "kvmnet", "rhelscsi",
        "port",
        "msi", "amd", "x", "arm", "viostor", "vioscsi", "serial", "ntamd", "ntx",
      ])
  }

  /// `2025-06-17`
  static func isDay(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return text.utf8.count == 10 && parts.count == 3 && parts[0].utf8.count == 4
      && parts.allSatisfy { FieldText.isDigits($0, most: 4) }
  }

  /// A version of a driver or program: `100.101.104.28500`, `0.1.0`.
  static func isVersion(_ text: String) -> Bool { FieldText.isDotted(text) || FieldText.isPackage("v" + text) }

  /// Where a fact of the agent comes from: names of Windows' functions and properties stay, of all else what prose
  /// lets through.
  @Sendable static func source(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    let words = text.split { $0 == " " || $0 == "," }
    let isKnown =
      words.count <= 12
      && words.allSatisfy { word in
        let name = ["DEVPKEY_Device_", "DEVPKEY_PciDevice_"].first { word.hasPrefix($0) }
        return sourceWords.contains(String(word.dropFirst(name?.utf8.count ?? 0)))
      }
    return isKnown ? text : redactor.redact(text, at: place)
  }

  /// Source: the specification's tables of sources (protocol/windows.md), devpkey.h.
  private static let sourceWords: Set<String> = [
    "Address", "BaseClass", "BusNumber", "BusReportedDeviceDesc", "Class", "ClassGuid", "CompatibleIds", "ConfigFlags",
    "DeviceDesc", "DevNodeStatus", "DriverDate", "DriverDesc", "DriverInfPath", "DriverInfSection", "DriverProvider",
    "DriverRank", "DriverVersion", "FirstInstallDate", "FriendlyName", "HardwareIds", "InstanceId", "IsPresent",
    "LastArrivalDate", "LastRemovalDate", "LocationInfo", "LocationPaths", "MatchingDeviceId", "ProblemCode",
    "ProblemStatus", "ProgIf", "Service", "SubClass", "InterruptSupport", "Parent", "Stack",
    "GlobalMemoryStatusEx", "ullTotalPhys", "ullAvailPhys", "GetPerformanceInfo", "CommitTotal", "CommitLimit",
    "SystemCache", "GetTickCount64", "GetSystemTimeAsFileTime", "GetNativeSystemInfo", "RtlGetVersion", "OpenService",
    "QueryServiceStatusEx", "QueryServiceConfig", "QueryServiceConfig2", "NtQuerySystemInformation",
    "SystemCodeIntegrityInformation", "SystemPerformanceInformation", "SetupDiGetDeviceInstanceId",
    "SetupGetInfDriverStoreLocation", "SetupGetInfInformation", "SetupVerifyInfFile", "VerQueryValue",
    "GetFileAttributes", "CM_Get_DevNode_Status", "DriverStore", "DriverDatabase", "DriverVer", "SystemStartOptions",
    "Win32_PerfRawData_PerfOS_Memory", "EvtQuery", "MemTotal", "MemFree", "MemAvailable", "Cached", "Buffers",
    "SwapTotal",
    "SwapFree", "Committed_AS", "uname", "machine", "clock_gettime", "CLOCK_REALTIME", "linux", "windows",
  ]
}
