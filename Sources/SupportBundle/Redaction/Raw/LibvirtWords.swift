// SPDX-License-Identifier: GPL-3.0-or-later

/// Words that libvirt's domain XML has for a choice among a few. Source: libvirt docs/formatdomain.rst and
/// domaincommon.rng.
enum LibvirtWords {
  static let all: Set<String> = Set(
    [general, domain, memory, devices, models].flatMap { $0.split(whereSeparator: \.isWhitespace) }.map(String.init))

  private static let general = """
    on off yes no default none auto optional require required disabled forbid allow deny host guest partial full
    enforce unsafe static dynamic immediate ondemand shared private strict preferred interleave restrictive
    b bytes KB k KiB K MB M MiB m GB G GiB g TB T TiB PB P PiB EB E EiB KIB kib mib MIB
    """

  private static let domain = """
    kvm qemu xen test hvf vz bhyve vbox vmware hyperv lxc openvz parallels phyp esx
    hvm linux exe uml xenpvh efi bios rom pflash raw qcow2 hd cdrom network fd
    x86_64 i686 i386 aarch64 armv7l s390x ppc64 ppc64le riscv64 loongarch64
    enrolled-keys secure-boot emulate sysinfo smbios host-model host-passthrough maximum custom exact minimum
    passthrough migrate emulate pc Intel AMD Hygon IBM ARM
    utc localtime timezone variable absolute rtc pit hpet tsc kvmclock hypervclock platform armvtimer catchup delay
    merge discard wall boot native paravirt smpsafe
    destroy restart preserve rename-restart coredump-destroy coredump-restart poweroff ignore pause
    sev sev-snp s390-pv tdx dac selinux apparmor static dynamic qemu split userspace
    """

  private static let memory = """
    memfd file anonymous hugetlbfs dimm nvdimm virtio-mem virtio-pmem sgx-epc thread
    """

  private static let devices = """
    pci usb ide sata scsi fdc ccid virtio virtio-serial xenbus isa sd nvme mdev vdpa hostdev bridge ethernet direct user
    vhostuser mcast udp tcp unix pty dev pipe stdio vc null nmdm spicevmc spiceport dbus qemu-vdagent
    block dir volume vhostvdpa vhostuser rbd iscsi nbd gluster http https ftp sheepdog nfs ssh tftp
    disk cdrom floppy lun subsystem capabilities vfio vfio-pci vfio-ccw vfio-ap xen usb-host scsi_host
    vnc sdl spice rdp desktop egl-headless mouse keyboard tablet passthrough evdev ps2
    bind connect client server guestfwd connected disconnected isa-serial usb-serial pci-serial spapr-vio-serial
    system-serial sclp-serial sclp isa-debug serial console sclpconsole sclplmconsole parallel
    threads native io_uring writeback writethrough directsync none unmap vhost qemu tap
    cirrus vga vmvga qxl bochs ramfb gop vmsvga ich6 ich7 ich9 ac97 es1370 sb16 hda usb-audio
    alsa coreaudio jack oss pulseaudio pipewire sdl
    tpm-tis tpm-crb tpm-spapr tpm-tis-device emulator external 1.2 2.0 random egd builtin i6300esb ib700 itco diag288
    hyperv pseries s390 pvpanic isa-pvpanic reset shutdown poweroff pause inject-nmi dump
    mount template ram virtiofs path handle 9p mapped squash accessmode drive ccw virtio-mmio spapr-vio ccid
    virtio-serial unassigned intel smmuv3 virtio-iommu amd plain
    """

  private static let models = """
    pci-root pcie-root pcie-root-port pci-bridge dmi-to-pci-bridge pcie-to-pci-bridge pcie-switch-upstream-port
    pcie-switch-downstream-port pcie-expander-bus pci-expander-bus pxb pxb-pcie i82801b11-bridge ioh3420 pcie-pci-bridge
    x3130-upstream xio3130-downstream spapr-pci-host-bridge ich9-ehci1 ich9-uhci1 ich9-uhci2 ich9-uhci3 piix3-uhci
    piix4-uhci ehci nec-xhci qemu-xhci qusb1 qusb2 pci-ohci vt82c686b-uhci lsilogic lsisas1068 lsisas1078 buslogic
    vmpvscsi ibmvscsi virtio-scsi am53c974 dc390 piix3 piix4 ich6 virtio-transitional virtio-non-transitional e1000
    e1000e rtl8139 ne2k_pci i82551 i82557b i82559er pcnet vmxnet3 igb usb-net netfront spapr-vlan lan9118
    ivshmem ivshmem-plain ivshmem-doorbell
    """
}
