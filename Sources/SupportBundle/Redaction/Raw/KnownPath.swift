// SPDX-License-Identifier: GPL-3.0-or-later

/// Paths that distributions and hypervisors have at the same place on every machine.
enum KnownPath {
  /// QEMU's program: `/usr/bin/qemu-system-x86_64`, `/usr/libexec/qemu-kvm`.
  static func isEmulator(_ path: String) -> Bool {
    guard let (folder, name) = split(path) else { return false }
    let system = name.hasPrefix("qemu-system-") ? String(name.dropFirst("qemu-system-".count)) : nil
    return emulatorFolders.contains(folder)
      && (["qemu-kvm", "kvm", "qemu", "qemu-dm"].contains(name) || system.map(FieldText.architectures.contains) == true
        || ["arm", "ppc", "mips", "sparc", "riscv32"].contains(system ?? ""))
  }

  /// A UEFI, BIOS or hvmloader image of a distribution.
  static func isFirmware(_ path: String) -> Bool {
    guard let (folder, name) = split(path) else { return false }
    return firmwareFolders.contains(folder) && firmwareNames.contains(name)
  }

  private static func split(_ path: String) -> (folder: String, name: String)? {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  private static let emulatorFolders: Set<String> = [
    "/usr/bin", "/usr/libexec", "/usr/local/bin", "/bin", "/usr/sbin", "/usr/lib/xen/bin", "/usr/libexec/xen/bin",
    "/usr/lib/qemu-kvm", "/run/libvirt/nix-emulators",
  ]

  private static let firmwareFolders: Set<String> = [
    "/usr/share/OVMF", "/usr/share/ovmf", "/usr/share/qemu", "/usr/share/edk2/ovmf", "/usr/share/edk2/aarch64",
    "/usr/share/edk2/x64", "/usr/share/edk2-ovmf/x64", "/usr/share/edk2-ovmf", "/usr/share/AAVMF",
    "/usr/share/seabios", "/usr/share/pve-edk2-firmware", "/usr/lib/xen/boot", "/usr/libexec/xen/boot",
    "/usr/share/qemu-efi-aarch64", "/usr/share/edk2", "/usr/share/kvm",
  ]

  private static let firmwareNames: Set<String> = [
    "OVMF.fd", "OVMF_CODE.fd", "OVMF_CODE_4M.fd", "OVMF_CODE_4M.ms.fd", "OVMF_CODE_4M.secboot.fd",
    "OVMF_CODE_4M.snakeoil.fd", "OVMF_CODE.secboot.fd", "OVMF_CODE.ms.fd", "OVMF_CODE.cc.fd", "OVMF_CODE.4m.fd",
    "OVMF_CODE.secboot.4m.fd", "OVMF_CODE_4M.qcow2", "OVMF_CODE_4M.secboot.qcow2", "OVMF_VARS.fd", "OVMF_VARS_4M.fd",
    "OVMF_VARS_4M.ms.fd", "OVMF_VARS.ms.fd", "OVMF_VARS.secboot.fd", "OVMF_VARS.4m.fd", "OVMF_VARS_4M.snakeoil.fd",
    "OVMF_VARS_4M.qcow2", "OVMF_VARS_4M.secboot.qcow2", "AAVMF_CODE.fd", "AAVMF_VARS.fd", "AAVMF_CODE.ms.fd",
    "QEMU_EFI.fd", "QEMU_EFI-pflash.raw", "QEMU_EFI-silent-pflash.raw", "vars-template-pflash.raw", "QEMU_VARS.fd",
    "edk2-x86_64-code.fd", "edk2-x86_64-secure-code.fd", "edk2-i386-vars.fd", "edk2-aarch64-code.fd",
    "edk2-arm-vars.fd", "ovmf-x86_64-code.bin", "ovmf-x86_64-ms-code.bin", "ovmf-x86_64-smm-ms-code.bin",
    "ovmf-x86_64-vars.bin", "ovmf-x86_64-ms-vars.bin", "ovmf-x86_64-smm-ms-vars.bin", "bios.bin", "bios-256k.bin",
    "hvmloader", "ovmf.bin",
  ]
}
