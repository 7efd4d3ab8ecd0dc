// SPDX-License-Identifier: GPL-3.0-or-later

extension Vocabulary {
  /// Names that everybody has: drivers, services, devices, commands, settings, systems.
  static let terms = """
    000f 001f 10de 15ad 19h1 19h2 1a03 1b36 1gib 20h1 20h2 21h1 21h2 22h2 23h2 24h2 2mib aarch64 access_platform
    acpi.inf acpi.sys acpi_device_ost acpiphp adams adapter admin_vq agent.sock ahci ahci0 alloc_stall almalinux
    alpine amazon amdgpu amzn amzn2 amzn2023 archlinux armhf armv7l attestation autostart aws azure bad_feature
    balloon.cat balloon.pdb balloon1 balloon_device.nt balloon_device.ntamd64 balloon_device.ntarm64
    balloon_device.ntx86 battery beaver bhyve bionic block_io_error block_job_completed bluetooth bochs bochs-drm
    bookworm bpo bullseye business buster camera canonical catroot cd0 centos cfg cgroup ch channel0 channel1 channel2
    charchannel0 charchannel1 charchannel2 chardev-add chardev-remove chardevs charmonitor charserial0 cirros cirrus
    clear-linux cloudedition cm2 cm_prob_device_reset cm_prob_disabled cm_prob_disabled_service cm_prob_driver_blocked
    cm_prob_driver_failed_load cm_prob_driver_failed_prior_unload cm_prob_driver_service_key_invalid
    cm_prob_failed_add cm_prob_failed_driver_entry cm_prob_failed_install cm_prob_failed_post_start
    cm_prob_failed_start cm_prob_halted cm_prob_hardware_disabled cm_prob_held_for_eject cm_prob_moved
    cm_prob_need_restart cm_prob_not_configured cm_prob_out_of_memory cm_prob_phantom cm_prob_registry
    cm_prob_reinstall cm_prob_unsigned_driver cm_prob_waiting_on_dependency coinstallers colo com.redhat.spice.0
    compatibility config_data console.sock continue-pending controlset001 controlset002 controlset003 core
    corecountryspecific coren coreos coresinglelanguage corporation cpuinfo datacenter deb define desktop destroy
    device-list-properties device_0 device_add device_del device_deleted deviceencrypted devuan disk.inf diskdrive
    domcapabilities domid domiflist domjobinfo domname domuuid driverstore dump-guest-memory dying e1000 e1000e edge
    education educationn ehci ehci-pci el10 el6 el7 el8 el9 enterprise enterpriseeval enterpriseg enterprisen
    enterprises enterpriseseval enterprisesn essentials esx evaluation eventlog fc38 fc39 fc40 fc41 fc42 fc43 fd0
    filerepository finish-migrate flatcar focal forky fossa foundation free-page-hint free_page_reporting fs fs0 fw
    fwcfg fwcfg.inf fwcfg.sys fwcfg64 fwcfg_device.nt gcp genericerror gentoo gke gmbh gnu green guest-file-close
    guest-file-flush guest-file-open guest-file-read guest-file-seek guest-file-write guest-fsfreeze-freeze
    guest-fsfreeze-freeze-list guest-fsfreeze-status guest-fsfreeze-thaw guest-fstrim guest-get-cpustats
    guest-get-disks guest-get-diskstats guest-get-fsinfo guest-get-host-name guest-get-load
    guest-get-memory-block-info guest-get-memory-blocks guest-get-time guest-get-timezone guest-get-users
    guest-get-vcpus guest-network-get-interfaces guest-network-get-route guest-ping guest-set-memory-blocks
    guest-set-time guest-set-user-password guest-set-vcpus guest-shutdown guest-ssh-add-authorized-keys
    guest-ssh-get-authorized-keys guest-ssh-remove-authorized-keys guest-suspend-disk guest-suspend-hybrid
    guest-suspend-ram guest-sync guest_crashloaded guest_stats hardened hdaudio.inf hdc hidclass hivelist hostpci0
    hostpci1 hv_balloon hv_vmbus hvc0 hvf hwe hyper-v hyperv_fb i2c_i801 i40e i440fx i486 i586 i686 i915 ide1 igb img
    in-migration in-shutdown inc inmigrate input0 input1 input2 input3 intel_rapl_msr international ioerror iot
    iotenterprise iotenterprises iothread isapc isos ivshmem.inf ivshmem.sys ixgbe jammy jellyfish jessie
    job_status_change kali kernel.log keyboard keyboard.inf kinetic kmdf kmdflibrary kn kvm-clock kvmnet6.ndi leap
    lib64 libvirt-sock libvirt-sock-ro linuxmint llc lowlatency lpc_ich ltd lts ltsb ltsc lunar mageia managedsave
    manjaro mantic memory_device_size_change microvm mlx4_core mlx5_core monitor.sock mouse mshdc.inf msports.inf nano
    net1 net2 net3 netkvm netkvm.inf netkvm.sys netrtx64.inf netsvcs nic_rx_filter_changed nixos no_drv noble nodeinfo
    nodememstats nostate notif_config_data notification_data nouveau ntamd64 ntarm64 ntia64 ntx86 numbat nutanix
    nvidia nvme0 nvme0n1 nvmm nvram object-add object-del objects obsidian oem0.inf oem1.inf oem2.inf oem3.inf
    oem4.inf oem5.inf oem6.inf oem7.inf oem8.inf oem9.inf ohci_hcd oom_kill opensuse opensuse-leap opensuse-tumbleweed
    openvz openwrt opt oracle oraclelinux oracular org.libguestfs.channel.0 org.spice-space.stream.0
    org.spice-space.webdav.0 pae page-poison page_reporting pc pc-i440fx pc-q35 pci-to-pci pci.1 pci.10 pci.11 pci.12
    pci.13 pci.14 pci.15 pci.16 pci.2 pci.3 pci.4 pci.5 pci.6 pci.7 pci.8 pci.9 pci.inf pci.sys pcieport plow plucky
    possiblecause postmigrate ppc64 ppc64el ppc64le preconfig preempt prelaunch printer pro professional professionaln
    professionalworkstation programdata programfiles protocol_features pseries pve0 pve1 pvecm pvedaemon pveproxy
    pveversion pvpanic pvpanic-pci.inf pvpanic.inf pvpanic.sys pvpanic_device.nt qemu+libssh qemu+libssh2 qemu+ssh
    qemu+tcp qemu+tls qemu+unix qemu-4-0-config-size qemu-ga.exe qemu-img qemu-nbd qemu-system-aarch64
    qemu-system-i386 qemu-system-ppc64 qemu-system-s390x qemu-system-x86_64 qemu_fw_cfg qemufwcfg.inf qemupciserial
    qemupciserial.inf qga0 qga0-chr qmeventd qmp.sock qom-list-properties qom-list-types query-accelerators
    query-block query-commands query-cpus-fast query-current-machine query-events query-hotpluggable-cpus
    query-iothreads query-machines query-migrate query-qmp-schema query-rx-filter query-target qxl r3 r8169 radeon
    raspbian rawhide reclaim_async reclaim_direct redhat resource0 restore-vm resultcode rhelscsi_inst ring_event_idx
    ring_indirect_desc ring_reset riscv64 rng0 rockylinux rom rootport0 rpceptmapper rpcss rt rtc_change
    s390-ccw-virtio sata1 save-vm sbin scan_async scan_direct scanner scsi1 scsiadapter sda sdb se securitydevices
    sendkey serial0 serial1 serverdatacenter serverdatacentercore serverdatacentereval serverrdsh serversolution
    serverstandard serverstandardcore serverstandardeval serverturbine serverturbinecor services.exe setmaxmem sev-snp
    shmem0 shpchp shutting-down slackware sled sles smbus.inf snd_hda_intel sock softwaredevice sound0 sp1 sp2 sp3
    spice-vdagent sr0 sr_iov stable start-pending stop_when stretch suse svchost svchost.exe swap swtpm syslog
    system_powerdown system_reset system_wakeup syswow64 tahr talos tcg tdx tg3 tpm0 trixie trusty ttys0 tumbleweed
    txt uefi uek uevent uhci-1 uhci-2 uhci-3 uhci_hcd ultimate umdf unattached undefine unplug_primary usb0
    usbport.inf users vanilla vbox vcpuinfo vda vdagent vdb vdservice vgauthservice vhost-scsi vhost-scsi-pci
    vhost-user vhost-user-blk vhost-user-blk-pci vhost-user-fs vhost-user-fs-pci vhost-user-gpu vhost-user-net
    vhost-user-scsi vhost-user-vga vhost-vsock-pci vhost_net vhost_vdpa vhost_vsock video0 viocrypt viocrypt.inf
    viocrypt.sys viofs viofs.inf viofs.sys viogpu viogpudo viogpudo.inf viogpudo.sys viohidkmdf vioinput vioinput.inf
    vioinput.sys vioinput_device.nt viomem viomem.inf viomem.sys viorng viorng.inf viorng.sys viorng_device
    viorng_device.nt viorngum.dll vioscsi vioscsi.inf vioscsi.sys vioscsi_inst vioser.cat vioser.sys vioserial0
    viosock viosock.inf viosock.sys viostor viostor.inf viostor.sys virt-balloon-agent.exe virt-clone
    virt-host-validate virt-top virt-viewer virt-what virt-xml virtio-9p-pci virtio-balloon0 virtio-blk virtio-blk-ccw
    virtio-blk-device virtio-blk-pci virtio-bus virtio-crypto virtio-crypto-pci virtio-disk0 virtio-disk1 virtio-fs
    virtio-gpu-ccw virtio-gpu-device virtio-gpu-pci virtio-input-host virtio-iommu virtio-iommu-pci virtio-keyboard
    virtio-keyboard-pci virtio-mem-pci virtio-mmio virtio-mouse virtio-mouse-pci virtio-net virtio-net-ccw
    virtio-net-device virtio-net-pci virtio-pci-bus virtio-pmem virtio-rng virtio-rng-ccw virtio-rng-device
    virtio-rng-pci virtio-scsi virtio-scsi-ccw virtio-scsi-device virtio-scsi-pci virtio-serial-bus virtio-serial-ccw
    virtio-serial-device virtio-serial0 virtio-serial1 virtio-sound virtio-sound-pci virtio-tablet virtio-tablet-pci
    virtio-vga virtio-vga-gl virtio-win-gt-x64.msi virtio-win-gt-x86.msi virtio1 virtio10 virtio11 virtio12 virtio13
    virtio14 virtio15 virtio2 virtio3 virtio4 virtio5 virtio6 virtio7 virtio8 virtio9 virtio_balloon0
    virtio_balloon_f_deflate_on_oom virtio_balloon_f_free_page_hint virtio_balloon_f_must_tell_host
    virtio_balloon_f_page_poison virtio_balloon_f_reporting virtio_balloon_f_stats_vq virtio_blk
    virtio_config_s_acknowledge virtio_config_s_driver virtio_config_s_driver_ok virtio_config_s_failed
    virtio_config_s_features_ok virtio_config_s_needs_reset virtio_f_any_layout virtio_f_iommu_platform
    virtio_f_notify_on_empty virtio_f_ring_packed virtio_f_version_1 virtio_fs virtio_gpu virtio_input virtio_iommu
    virtio_mem virtio_mmio virtio_net virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pmem virtio_ring
    virtio_ring_f_event_idx virtio_ring_f_indirect_desc virtio_rng virtio_scsi virtio_vsock virtiofs.exe virtioscsi0
    virtioscsi1 virtioserial0 virtioserial_device virtioserial_device.nt virtioserial_device.ntamd64 virtuozzo
    vmw_balloon vmwgfx vmxnet vnc vncproxy void volmgr.inf volume vport0p1 vport0p2 vport1p1 vport1p2 vport2p1
    vport2p2 vs0 vserport_change vsock0 vzballoon vzballoon_device vzballoon_device.nt watchdog0 wbem wdf wdf01000
    wdf01000.sys wdfcoinstaller01009.dll wdfcoinstaller01011.dll wheezy whpx whql windir winnt wmiprvse wmiprvse.exe
    wsl2 wudfrd x-query-virtio-queue-element x-query-virtio-queue-status x-query-virtio-vhost-queue-status x64 x86_64
    xen+ssh xen-blkfront xen_balloon xen_netfront xen_pciback xenfv xenial xenpv xenpvhvm xerus xhci xhci_hcd yaml zen
    """
}
