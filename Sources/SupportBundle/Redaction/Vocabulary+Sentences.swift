// SPDX-License-Identifier: GPL-3.0-or-later

extension Vocabulary {
  /// The words of our own texts, as `VocabularyTests` finds them in the sources.
  static let sentences = """
    00000000 00ff 0x 1.5e-7 1000158 1048576 1066845 1177063 1474452 1546821 1553633 1788042 1828654 18446744073709551615
    1af4 1e3 1e400 25h2 2ba1d381c2 2gib 2k22 32-bit 3ab22e31-8264-4b4e-9af5-a8d2d8e33e62 3d 41c3195c
    4d36e97d-e325-11ce-bfc1-08002be10318 4gib 4kib 540b947e-8b40-45bc-a8a2-6a0b894cbda2
    83da6326-97a6-4088-9453-a1923f573b29 9007199254740992 9007199254740993 91b867191d _ _.configmanagererrorcode
    _.instanceid _.present _balloon_ _driver _f_ _s_ a a45c254e-df1c-4efd-8020-67d146a850e0
    a8b865dd-2e3d-4094-ad97-e593a70c75d6 about above absent accept accepts access account accounts acknowledge
    acknowledged acknowledgement activated active actual add add-driver added addr address adds administrator advance
    after afterwards again against agent agent-socket agent.channel.absent agent.channel.busy agent.channel.disconnected
    agent.channel.driver-missing agent.hello agent.incompatible agent.outdated agent.ping agent.silent agents ago agree
    agrees ailed alias alike all alloc_large_system_hash allocation allocationstalls allow-rpcs allowed allows
    almalinux.org alone alpinelinux.org already also although altlinux.org always amcache amcache.hve amd amd64 among
    amp an analyze and anew anonhugepages anonpages anonymous another answer answered answering answers any any_layout
    anybody anything anyway anywhere apart api apos app appcompat appears append-only applicable arch architecture
    archlinux.org are arg args arguments arm arm64 armed arms array arrival arrive arrived arrives artefact artefacts as
    asianux.com ask asked asking asks assigned asynchronousreclaims asynchronousscans at attached attested attributes
    audio authenticode auto auto-ballooning auto_start autodeflate automatic aux available availablememory away b back
    backend backends background backing bad bad-escape bad-number bad-utf-8 balloon balloon.available balloon.c
    balloon.config.autodeflate-ineffective balloon.config.current-below-maximum
    balloon.config.free-page-reporting-ineffective balloon.config.hugepages balloon.config.inhibited
    balloon.config.maximum-oversized balloon.config.memory-locked balloon.config.stats-period-unset balloon.current
    balloon.device.absent balloon.device.xen balloon.disk_caches balloon.host-memory-not-returned
    balloon.hugetlb_pgalloc balloon.hugetlb_pgfail balloon.inf balloon.inx balloon.last-update balloon.major_fault
    balloon.maximum balloon.minor_fault balloon.rss balloon.stats balloon.swap_in balloon.swap_out balloon.sys
    balloon.target.ignored balloon.target.not-reached balloon.unused balloon.usable balloon0 balloon_ balloon_change
    balloon_deflate balloon_device balloon_inflate balloon_inflate_page balloon_migrate balloondeflated ballooninflated
    ballooninfo ballooning balloons balloonservice balloonsizeartefact bar bare base base-memory base64 baseclass
    basename batch batches bc bcdedit be became because been before began begin beginlog begins behind being belongs
    below beside besides best better between bin binaryexists binarypath bind binds bios bit bits blacklist blind blnsvr
    blnsvr.exe block block-rpcs blocked blockquote blocks body bookkeeping boot boot_id boot_start bootdisk booted
    bootfreed booting bootreserved boots boottime both bounce bound br brackets breaks bridge bridges bring brings broke
    broken bss btime buffers bug bugzilla.redhat.com build builds built bus busdescription buses busnr busnumber
    busreporteddevicedesc busy but by byte bytes c cache cached caches call called calls came can canceled cancelled
    cannot canstop capabilities caption capture-output carries carry case cat catalog catch cc_ cclinux.org cd cdata
    cdrom cell centos.org cert_e_expired cert_e_revoked cert_e_untrustedroot cert_e_wrong_usage certificate certified
    chain change change-media changed changes changing channel channel.guestopen channel.heldbyanother channel.port
    char.json character chardev check child chinese chipset choose chosen circle cirros-cloud.net class class_info
    classguid cleaning cleanly clear clearlinux.org client clients clock clock_gettime clock_realtime clockwork clone
    closed closes closing cloud cluster cm-prob-disabled cm-prob-disabled-service cm-prob-driver-blocked
    cm-prob-driver-failed-load cm-prob-failed-add cm-prob-failed-post-start cm-prob-failed-start cm-prob-need-restart
    cm-prob-phantom cm-prob-unsigned-driver cm_get_devnode_status cm_prob_ cm_prob_none cmd cmd.exe code codes codice
    collect collection collection.sampled combining-platform-extensions-with-operating-system-versions come comes
    command command-line command-refused commanddisabled commandline commandnotfound commands commas commitlimit commits
    committed committotal communication communications compare compared comparisons compatible compatibleid
    compatibleids compatid complained complains complete compute computed computer computes concern concerns conf
    confidential-guest-support config configflags configmanagererrorcode configret configuration configuration.address
    configuration.autodeflate configuration.dimmmemory configuration.freepagereporting configuration.hugepages
    configuration.launchsecurity configuration.locked configuration.maximum configuration.model configuration.path
    configuration.pinningdevices configuration.sharedmemory configuration.statsperiod configuration.target
    configuration.virtiomemory configured conformance conformance.no-such-method confused connect connected connecting
    connection consistent console cont contain container content continue continuepending contradict contradicts control
    controller controllers controlset controlset00 conventional conversation copy copyright cores correctly corrupted
    cost costs could count counters counts cpu cr_no_such_devnode crash crash-0x7e crash-0xa crashed crashes crashkernel
    created creating creating-windows-virtual-machines-using-virtio-drivers csdversion ctrl+a ctrl+c current current_kb
    currentbuild currentbuildnumber currentcontrolset currently currentmajorversionnumber currentmemory
    currentminorversionnumber currentversion cursor custom-ga-command custom-monitor cut código d d8be0c6b68 daemon
    damaged dashboard dashboards data date day days dbgsettings dead deadline deadlocked debian debian.org debug
    debug-threads debugger debugging decide declaration deep deeper default defined definition deflate-on-oom
    deflate_on_oom delayed delete delete-driver deliver delivered delivering delivers demand demand_start demands denied
    dependencies dependonservice depends depth desc described description destroyed detail details dev dev-features dev_
    dev_1002 dev_1003 dev_1043 dev_1045 device device-id device.address device.c device.cpp device.decoys
    device.function device.guestfeatures device.hostfeatures device.identity device.path device.pollinginterval
    device.qompath device.siblings device.status device_ device_id device_name deviceclass devicedesc deviceid deviceids
    devicemanagertext devicename devicenotactive devicenotfound deviceproblem devices devnodestatus devpkey_
    devpkey_device_ devpkey_device_address devpkey_device_busnumber devpkey_device_locationpaths devpkey_name
    devpkey_pcidevice_baseclass diagnose diagnoses diagnosis did dies differ difference different differs digital dimm
    dir direct-downloads directory directreclaims directscans directxdiagnosis disable disabled disabling disagree
    discard discarded disconnected disk disk_caches diskcaches display displayname displayversion div dl dmesg
    dmi-to-pci-bridge do docs docs.fedoraproject.org docs.oasis-open.org doctype document does doing domain domain-xml
    domain.hypervisor domain.interruptions domain.machine domain.osfamily domain.state domain.statereason domain.uptime
    domaininfoartefact domains domainxmlartefact domblklist dominfo dommemstat domstate domstats domstatus done down
    download dpdk dragonfly drive driver driver-date driver-name driver-package driver-version driver.blocked
    driver.contradicted driver.disabled driver.failed-start driver.generic driver.known-bug driver.load-failed
    driver.none driver.not-operating driver.restart-needed driver.services driver.unsigned driver.virtio-win-absent
    driver.wrong-os-build driver_ok driver_override driverctl driverctl.d driverdatabase driverdate driverdatedata
    driverdesc driverfile driverfileversion driverinffiles driverinfpath driverinfsection driverlinkartefact
    drivernodename driverpackages driverprovider driverprovidername driverquery driverqueryartefact driverrank drivers
    drivers_probe driverver driverversion driververversion drives drop dropped dropping drv drvdate dump dumping dumpxml
    duplicate-key dword dxdiag dynamic dynamic_memory_management e e3816255bf each earlier early echo edit edited
    edition editionid effect efi efidisk0 eighth einval either ejected element elementary.io elements else elsewhere em
    embedded empty emsp emulation emulator en-us enable enable-device enabled encrypted encryption end ended
    endlessos.com ends enough ensp enter entity entries entropy entry enum enum-devices enum-drivers enumerated
    enumeration environment equal err-data err-truncated errno error error_authenticode_disallowed
    error_authenticode_publisher_not_trusted error_authenticode_trust_not_established
    error_authenticode_trusted_publisher error_device_install_blocked error_di_dont_install error_driver_install_blocked
    error_driver_nonnative error_driver_store_add_failed error_file_hash_not_in_catalog error_in_wow64
    error_no_authenticode_catalog error_no_catalog_for_oem_inf error_no_compat_drivers error_no_driver_selected
    error_signature_osattribute_mismatch errors esac etc ethernet even event event_idx eventid eventlogartefact events
    ever every everything evidence exactly exceeds excess exchange exe exec execute exercise exercise-journal
    exercise.before exercise.before.actual exercise.steps exit exitcode exited expected experiments expired explains
    exponent export extra f f1 f862ddbb1a fact facts fail failed fails failure fallen falls false family far fast fatal
    fault faults fd feature features features_ok fedora fedorapeople.org fedoraproject.org fell fetches few figure
    figures file filename files filesystem fills find finding finds findstr finish finished firmware firmwareram
    firmwarereserved first firstinstall firstinstalldate fits five fixed fixes flag flock flooded folder follow followed
    follows font for forbids foreach-object forget forgotten format formatdomain.html found four fraction framework free
    free-page-reporting free_hugepages free_mem free_page_hint freebsd freed freememory freepagereporting fresh
    friendlyname from front frontend-open fulfils full function functions further fuser g garbage gave generation
    generic generous gentoo.org get get-ciminstance get-pnpdevice get-pnpdeviceproperty get-service getnativesysteminfo
    getperformanceinfo getphysicallyinstalledsystemmemory gets getsystemtimeasfiletime gettickcount64 gi gib gigabyte
    github.com give given gives giving glass global globalmemorystatusex gnome.org go goes gone good got graphics
    greeting grep greyed groups grow grown grows gt guest guest-exec guest-exec-status guest-features guest-get-devices
    guest-get-osinfo guest-info guest-panicked guest-stats guest-stats-polling-interval guest-sync-delimited guest.agent
    guest.exec guest.functions guest.functions.value guest.kernel guest.log guest.memory guest.memory-pressure
    guest.not-running guest.os guest.osfamily guest.qemuga guest.qemuga.devices.value guest.qemuga.kernel
    guest.qemuga.osid guest.qemuga.version guest.services guest.services.value guest.statistics guest.still-booting
    guest.windows guest.windows.secureboot guest_panicked guestfish guestram guests guid guix.gnu.org h1 h2 h3 h4 had
    haiku half half-way halted hand handed handles hands hanging hangs happen happens hardly hardware hardwareid
    hardwareids harm has hash hashtables hat have having head header headroom held held-by-another hello hello.instance
    hello.limits hello.nonce hello.nonce-invalid hello.result hellos help helps here hex hexadecimal hibernation hidden
    higher hive hives hivex hivex-libs hivex_close hivex_node_children hivex_node_name hivex_node_nr_children
    hivex_node_nr_values hivex_node_values hivex_open hivex_root hivex_value_key hivex_value_type hivex_value_value
    hkey_local_machine hklm hmp hold holds hole home host host-features hostdev hostname hostpci hostpcin hot-plugged
    hot-unplugging hotplug hour how how-setup-ranks-drivers hr htlb_buddy_alloc_fail htlb_buddy_alloc_success html http
    https huge huge-page hugepages hugetlb hugetlb_pgalloc hugetlb_pgfail hugetlballocations hugetlbfailures hugetlbfs
    hugetlbpages human human-monitor-command humanmonitorartefact humanpciartefact humanstatusartefact humantreeartefact
    hung hvm hw hwid hyperbola.info hypercalls hyperv hypervisor hypervisorlogartefact i i386 ia64 ib icode id id.echo
    id.invalid ide ide0 ide2 identity idle ids if igb_uio ignored ignores illumos image imagepath images import in
    in_order inactive include includes incoming incompatible incomplete inconclusive index indirect_desc inf inference
    inferred inflate inflated inflates inflating inflation infname info infpath infs infsection initialisation
    initialize initstate input insert inside install installation installationtype installed installer installing
    installs instance instance-id instanceid instancepath instances instead instructions int integer
    integer-out-of-range integers integrity interface internal-error interop interrupt interrupt-lost interrupted into
    invalid inventory inventorydevicepnp io io-error iomem iommu_platform irq is isa iso ispresent issigned issues it
    its itself ivshmem ivshmem.c journal journal.isunderway journal.original journalctl journals json json-rpc
    json.depth json.duplicate-key json.fraction json.integer json.string json.surrogate json.syntax json.utf-8
    jsonartefact jsonrpc judged just k kata-containers kb kdmv keep keeps kept kernel kernel-driver kernel-release
    kernelimage kernellogartefact kernelnonpaged kernelobjects kernelpaged kernels kernelspan kernelstack kerneltotal
    kexec_crash_size key keyname keys ki kib kills kind kmgtpe kmsg knew know known knows kod kode koodi ksm
    ksm_merging_pages kubevirt kvm kvm-guest-drivers-windows kvmmissingcap kód l24 l26 label lack lacks language large
    larger last last-update last_update lastarrival lastarrivaldate lastremoval lastremovaldate lastupdate later
    laterhashtables latter launchsecurity lc_all ldquo lead leads learn learn.microsoft.com least leave leaves led left
    less let lets leveldisplayname lf li lib libguestfs libguestfs-tools libhivex libhivex.so.0 libhivex0 libosinfo
    libosinfo.org libpci library library-missing library-unusable libvirt libvirt-libs libvirt-libvirt-domain.html
    libvirt-qemu.so.0 libvirt.org libvirt.so.0 libvirt0 libxml2 libxml2-16 libxml2.so.16 libxml2.so.2 lie lies lifecycle
    like likely limit limits line lines link linker links linux linuxmemoryartefact linuxmodulesartefact
    linuxprobeartefact list listed listens lists little live lives load loaded loader local localtime location
    location_information location_paths locationaddress locationinfo locationinformation locationpath locationpaths lock
    locked locks log log.balloon log1 log2 login logs lone long longer look looked looking looking-glass.io looks loop
    loses lost low lower lowmemorycondition ls lsmod lspci lspciartefact lspcirecords lspcitree lsquo lt lxc m machine
    machine.inf machinecommandlineartefact machines macos made madvise madvise.2.html mageia.org main main-system-bus
    main.cpp maintainers major major_fault major_page_faults majorfaults make makes malformed man-pages man2 man5
    man7.org manager mandriva.com manjaro.org manual manufacturer many march marked mass master match matched matches
    matchingdeviceid matchingid matter matters max max_mem maxima maximum maxmem maxmemory may mbytes mdev mean means
    meant meanwhile measured media mediated meet mem mem-lock mem-path mem_swapped_in mem_swapped_out memavailable
    memballoon member members memfd memfree meminfo memmap memory memory-allocation memory-backend memory-backend-file
    memory-backend-memfd memory-backend-ram memory-backing memory-balloon-device memory-devices memory_size_summary
    memorybacking memorystatisticsartefact memstat.c memstat.cpp memtotal memtune mended mending mendings mends menu
    merely merge message messages met meta metadata method method.unknown methods methods.unlisted mi mib micro
    microseconds microsoft microsoft-windows-codeintegrity microsoft-windows-driverframeworks-usermode
    microsoft-windows-kernel-pnp microsoft-windows-userpnp microsoft-windows-wmi-activity microsoft.com middle migrate
    migrated migrating migration million minimum minor minor_fault minor_page_faults minorfaults minute minutes
    miraclelinux.com misc missing missingserviceartefact mlock mm mm_init.c mm_types.h mod modalias mode model modern
    modinfo modprobe modprobe.d module modules modules-load.d moment mon monitor mono more most move moved moves moving
    mported ms msg msinfo32 mswindows much multimedia must must_tell_host mute n name named names nan nanoseconds nbsp
    nearly need needed needs needs_reset negative negotiate negotiated negotiates neither nested net net0 netbsd network
    never new new_id newer next nixos.org nnk no no.such nobody node nodes non-vga non-volatile nonce nonces none
    nonpagedpool noparse noprofile nor noservicefoundforgivenname nosharepages not not-a-hive not-asked not-found
    not-operating not-qmp not-regular note notes nothing notices notification notify_on_empty now nowhere
    nr_balloon_pages nr_cpu_ids nr_file_pages nr_hugepages nr_memmap_boot_pages nr_memmap_pages
    ns-winsvc-query_service_configw nt ntoskrnl.exe ntquerysysteminformation ntstatus nul null num-vqs numa number
    numbered numbering numbers nvdimm nvdimms nvme o object observed odd oel oem oemnn.inf of off offer offers often ok
    ol old old-drivers older omnios on onboot once one ones online only oomkills open openbsd opened openindiana opening
    opens openservice opensuse.org operating or oracle.com order order_platform org.qemu.guest_agent.0
    org.virt-balloon.agent.0 original originalfilename originalinf os os-release os-variant osrelease ostype other
    other-hive others ours out out-data out-truncated outlives output outranks outside over overcommit override oversize
    ovmf own owner p pack package packages page page_poison pagearray pagedpool pages pages_sharing pagetables panic
    panicked parallels params parent_bus parser part parties parts pass passed passed-through passthrough past paste
    pasted path pathname paths pause-pending paused pausepending pauses pays pc-1.0 pci pci-addresses.html pci-bridge
    pci-expander-bus pci-root pci-stub pci-stub.c pci.0 pci.address.mismatch pci.address.renumbered pci.c
    pci.function.missing-in-guest pci.function.phantom pci.functions pci.identity.decoy pci.identity.ram-class
    pci.identity.unexpected pci_bridge pci_stub pciback pcidevice_ pcie pcie-expander-bus pcie-pci-bridge pcie-root
    pcie-root-port pcie-switch-downstream-port pcie-switch-upstream-port pcie-to-pci-bridge pcie.0 pct peak peer pending
    people percent percpu percpuboot percpufree perhaps period peripheral peripheral-anon permission persistent persists
    pflash pgfault pgmajfault phantom physical pic pid ping ping.result pinned pins place places plain plan plugged
    plugged-memory pmsuspended pmxcfs pnp pnpclass pnpdeviceid pnputil pnputildevices pnputildrivers pnputilinstallation
    pointed pointing policies policy pollingintervalartefact port port.c ports post-copy postcopy postcopy-active
    postcopy-paused postcopy-recover potentially powerdown powershell powershelllist powershelltable pr practically pre
    pre-switchover prefetchable prepared presence present presentonly pretty-name pretty_name previous primary printed
    printf prints private private_hugetlb privileges probably probe problem problemcode problems problemstatus proc
    proc.5.html process processing processor processor_architecture procfs product productname producttype progif
    program programs progress project prompt proof properly properties property protected protocol prove provider
    providername proxmox proxmox-config proxmoxconfigurationartefact proxmoxstatusartefact ps pss pswpin pswpout pty
    public published publisher puff pull punches pureos.net purpose put pv pve pve.proxmox.com pvesh pvestatd pxb q35
    qapi qc qcow2 qdev_id qemu qemu-agent-command qemu-ga qemu-ga-socket qemu-kvm qemu-log qemu-monitor-command
    qemu-server qemu-system qga qm qmp qmp_capabilities qmpstatus qom qom-get qom-list qom-set qom-type qtree quarter
    query query-balloon query-chardev query-kvm query-memory-devices query-memory-size-summary query-name query-pci
    query-status query-strings query-uuid query-version queryex queryserviceconfig queryservicestatusex question
    questions queue.c queues quick quick-docs quit qumranet quot quote r r2 raise raised raises ram
    ram_block_discard_disable ram_block_discard_range ramblock ran random range ranges rank raw rdma rdquo read
    read-only read-write readable reading readings readlink reads ready really realtime reason reboot rebooting recent
    record record.garbage record.limit record.much-garbage record.oversize record.separators record.split
    record.truncated recorded records recover red redhat.com redirdev redirection refusal refused refuses reg reg_
    reg_dword reg_expand_sz reg_multi_sz reg_sz regf register registered registration registry registryartefact regular
    reinstall relative release-race releaseid reliable relies rely rem remembered remembers remote removal remove
    remove-device remove_id removed renamed repeats replace replaced replies reply report reported reporting reports
    request request.batch request.invalid request.no-object request.notification request.params request.pipelined
    request.unknown-members requests required rescan reserved reset resets resident resize-aborted resized resourcemap
    resources response rest restart restart-device restarted restarting restarts restored result resume return returned
    returns rev revision revoked rfc rfc7464 rhel rhel6 rhythm right rights ring_packed rng ro rockylinux.org rodata
    root rootfs round row rpm_changelog rror rs rsquo rss rssanon rssfile rssshmem rtlgetversion rule rules rules.d run
    run-state.json running running-machine running-qemu runs runtime rwxsstt s s390 s390-pv s390-virtio-ccw.c s390x
    safety said same sata sata0 save saved saving saw say saying says sc sc.exe scan scan-devices scanned scattered
    scheduled schema schemas schemas.microsoft.com scheme scientificlinux.org score screen screenshot script scripts
    scsi scsi0 scsihw sd sdevice seabios second secondary secondarypagetables seconds secpagetables section secure
    secureboot sed see seen sees select selected self sends sent separators september serial served server serves
    service service-cpu-2013 service-event-7016 service.cpp service.dependency-failed service.disabled service.hung
    service.missing service.path-gone service.stopped serviceexitcode servicename servicequeryartefact services
    servicespecificexitcode servicetype serving session session.abandoned session.no-hello session.reconnect set setmem
    sets setting settings setup setup_percpu setupapi.dev.log setupclass setupcopyoeminf setupdigetclassdevs
    setupdigetdeviceinstanceid setupgetinfdriverstorelocation setuplogartefact sev sev-es sev.c several several-guests
    sh sha-2 share shared shared_hugetlb shares sharing shell ship shmem short shortage should show show_bug.cgi showcmd
    showing shown shows shut shutdown shutdown-hang shutoff shuts shutting shy si sid side sides signal signalled
    signals signature signatures signed signer signername signers signing silence silent simple since single sixteenth
    size sizes skip slab slabreclaimable slack slackware.com sleep sleep-crash slot slots slow slow-shutdown small
    smaller smaps smaps_rollup smbios smbios1 smbus smp snapshot snip so socat socket sockets software solaris some
    somebody something sort sound source space span spanned spdrp_ speak speaks specification specified speed spoil
    spoiler sreclaimable ss st stable-virtio stale stand standard stands start start-up start-without-wmi started
    starter starting startmode startpending starts starttype startup stat stat-alloc-stalls stat-async-reclaims
    stat-async-scans stat-available-memory stat-direct-reclaims stat-direct-scans stat-disk-caches stat-free-memory
    stat-htlb-pgalloc stat-htlb-pgfail stat-major-faults stat-minor-faults stat-oom-kills stat-swap-in stat-swap-out
    stat-total-memory state state.state statements states statistic statistics statistics-2016
    statistics-after-hibernation statistics-unset-2019 statistics-unset-266 statm stats stats.frozen stats.implausible
    stats.not-delivered stats_vq status status.txt status_invalid_image_hash status_pnp_driver_configuration_not_found
    status_pnp_driver_package_not_found status_pnp_function_driver_required status_pnp_no_compat_drivers statuses stay
    stays steady step steps still stood stop stop-pending stopped stoppending stops storage store stored straight stream
    string string-too-long strings strong struct structures sub subclass subdevice subkey subkeys subordinate
    subscriptions subsys_ subsystem subsystem-vendor subsystem_device subsystem_vendor subsystemvendor subvendor
    succeeds success such suffers suffices suffix suite supported_commands surprises surrogate suse.com suspect suspend
    suspend_disk suspended suspension sv svendor swap_in swap_out swapcached swapfree swapin swapout swapped swaptotal
    switch switched switches symbolic symptom sys sysfs sysfsdev system system-error-codes system32 system76.com
    system_start systemcache systemcodeintegrityinformation systemctl systeminformationartefact systemroot systemtime t
    table tables tablet tag tail tainted taints take taken takes target task tbody tcp td tell tells telnet temporary
    terminal test tests testsigning text texts than that the their them themselves then there therefore therein these
    they thing this those though thread three through ti tib time timecreated timed timed-out timegenerated timer times
    timestamp title tmp tmpdir tn3270 to today together told too too-deep too-large too-long took tool toolong top
    topology.address-missing topology.address-not-pci topology.controller-missing topology.controller-model
    topology.controller-repeated topology.controller-unplaced topology.cycle topology.domain topology.too-many-bridges
    total total-2047 total_mem totalmemory totalphysicalmemory touched touches tpm tpmstate0 tr trailing-bytes transient
    transitional translated transparent transparent_hugepage transport transports treated tree tried tries trisquel.info
    true truncated trust trust_e_bad_digest trust_e_nosignature trusted truth tt turn tvnn twice two type typeperf types
    u u0041 u0069d ubr ubuntu ubuntu.com ud800 ud83d ud83dx udc00 ude00 udev uefisecurebootenabled uio uio_pci_generic
    uio_pci_generic.c ul ullavailphys ulltotalphys unable uname unassigned unattended unbind unchanged unclassified
    under understood undisturbed undone unexpected-byte unexpected-end uninstall unit univention.de unix unix-connect
    unknown unknown-dev-features unknown-statuses unless unpaused unplug-slow unplug-with-service unplugged unread
    unreadable unserved unset unstable unsupported until untouched untried unused unusual unverified unwrapped up update
    uptime uri usable usb use used user user-service user_ userdata uses using usr usual utf-16 utf-8 uuid v v1.2 valid
    value value.invalid value.repeated values var vb-agent vb0 vb0.0 vcpu vdpa vdrv ve ven_ ven_1af4 vendor vendor-id
    vendors ver verbose verified verify verifyrepository version version_1 version_id versions very vfio vfio-ap
    vfio-ccw vfio-pci vfio-pci-nohotplug vfio-platform vfio-user-pci vfio_pci vga vgpu vhdx vhdxfile vhost vhost-vdpa
    vhost-vdpa-device vhost-vdpa-device-pci vhost-vdpa-device-pci-non-transitional vhost-vdpa-device-pci-transitional
    vhost-vdpa.c vhost-vsock vhost_ video view vioser vioser.inf vioser.inx vioserial vir_domain_xml_inactive
    virconnectclose virconnectdomaineventderegisterany virconnectdomaineventregisterany virconnectgetalldomainstats
    virconnectgetlibversion virconnectgettype virconnectgeturi virconnectgetversion virconnectisalive
    virconnectlistalldomains virconnectopen virconnectopenreadonly virdomainfree virdomaingetcontrolinfo virdomaingetid
    virdomaingetmaxmemory virdomaingetname virdomaingetstate virdomaingetuuidstring virdomaingetxmldesc
    virdomainispersistent virdomainlookupbyid virdomainlookupbyname virdomainlookupbyuuidstring virdomainmemorystats
    virdomainopenchannel virdomainqemuagentcommand virdomainqemumonitorcommand virdomainsetmemoryflags virdomainstate
    virdomainstatsrecordlistfree vireventaddtimeout vireventregisterdefaultimpl vireventremovetimeout
    vireventrundefaultimpl virgetlasterror virgetversion virinitialize virseterrorfunc virsh virshartefact
    virstreamabort virstreameventaddcallback virstreameventremovecallback virstreameventupdatecallback virstreamfree
    virstreamnew virstreamrecv virstreamsend virt virt-balloon virt-balloon-agent virt-balloon-problem virt-install
    virt-manager virt-v2v virtballoonagent virtio virtio-9p virtio-backend virtio-balloon virtio-balloon-ccw
    virtio-balloon-device virtio-balloon-pci virtio-balloon-pci-non-transitional virtio-balloon-pci-transitional
    virtio-balloon-pci.c virtio-balloon-stats.html virtio-balloon.c virtio-console virtio-gpu virtio-input virtio-mem
    virtio-non-transitional virtio-pci virtio-pci.c virtio-ports virtio-qmp.c virtio-serial virtio-serial-pci
    virtio-status virtio-transitional virtio-v1.2.html virtio-vsock virtio-win virtio-win-guest-tools.exe
    virtio-win-pkg-scripts virtio-win.iso virtio.c virtio0 virtio_ virtio_balloon virtio_balloon.c virtio_balloon.conf
    virtio_balloon.ko virtio_balloon_inhibited virtio_console virtio_error virtio_pci virtio_pci_common.c virtiodriver
    virtiofeatures virtioserial virtiostatus virtserialport virtual vista vm vmallocused vmdk vmgenid vmid vmlck vmm
    vmpin vmrss vmsize vmstat vmswap voidlinux.org vsock w w11 w2k wait wait-unplug waited waiting waits wakeup want
    warning warnings was watch watchdog watched watches way ways websock well well-formed went were what whatever when
    where where-object wherever whether which while who whoever whole whose why wiki will win win32 win32_computersystem
    win32_perfrawdata_perfos_memory window windows windows-hardware windows-vista-and-later windows.binaryexists
    windows.binarypath windows.configflags windows.driverdate windows.exitcode windows.infsection windows.ispresent
    windows.originalinf windows.problemstatus windows.serviceexitcode windows.signer windows.starttype
    windowsversionartefact winmgmt winsvc with withdrawn within without wmi wmi-activity wmi-load wmic word words work
    worked worker-thread working works worth would write writes writing written wrong wrote wvista www.qemu.org
    www.rfc-editor.org wxp x x-balloon-allowed x-query-virtio x-query-virtio-status x86 x86-64 xdg_cache_home
    xdg_runtime_dir xdg_state_home xen xen-balloon.c xen-pciback xen_memory xen_memory0 xenpvh xenstore xl xml
    xml.declaration xml.encoding xml.malformed xml.not-a-domain xml.parser xml.too-deep xml.too-large xml.too-many
    xmlcreatememoryparserctxt xmlctxtuseoptions xmlfreedoc xmlfreeparserctxt xmlinitparser xmlparsedocument
    xmlsax2getlinenumber xmlstopparser xp y yes yet you your z zero zoneinfo zwnj ±2 код • … │ ┌─ └─ ├─ ╞═ コード 代码 代碼 程式碼
    코드 （ ） ：
    """
}
