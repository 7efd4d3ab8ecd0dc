// SPDX-License-Identifier: GPL-3.0-or-later

extension Vocabulary {
  /// Words of the usual messages of QEMU, libvirt, kernels and the system, and of plain English beside them.
  static let messages = """
    abort aborted aborting aborts acceptable accepted accepting accessed accesses accessible accessing accident
    according acl acpi acquire acquired acquires acquiring across activate activates activating activation adding
    addresses adjust adjusted adjusting adjusts affinity afraid ahead align aligned alignment allocate allocated
    allocates allocating allocations allow allowing almost along altered altogether am ambiguous amongst amount
    amounts answerred answerring anymore anyone apic apparently append appended appending appends applied applies
    apply applying appropriate approximately apr april aren argument around arrange arranged arranges arranging aside
    assertion assign assigning assigns assume assumed assumes assuming attach attaches attaching attempt attempted
    attempting attempts aug august authenticate authentication authorization authorized avail avoid avoided backlog
    backtrace badly balance ballooned bandwidth basically beneath big billion binded binding blocking break breaked
    breaking broadly brought buffer calling cancel canceling cancelling cancels cap capability capacity careful carried
    carrying cases catched catches catching cause causes ceph cest cet cgroups chance channels char checked checking
    checks checksum choosed chooses choosing claim claimed claiming claims clean cleaned cleans cleanup cleared clearing
    clears clocksource close closely cmdline collected collecting collects comma commanded commanding commit commited
    commiting committing common commonly comparable compares comparing compat completed completes completing
    completion compression computing configure configures configuring confirm confirmed confirming confirms conflict
    conflicting conflicts connections connector connects consider considered considering considers constraint consult
    contact contained containing contains contents contiguous continued continues continuing controled controling
    controls convert converted converting converts copied copies copying correct corrected correcting corrects
    corresponding corrupt couldn counted counting cpuid cpus crashing create creates creation credentials critical
    cross-device dangling deadlock dec december decided decides deciding declare declared declares declaring decode
    decoded decodes decoding decrease decreased decreases decreasing defer deferred defines defining deflate deflated
    deflates deflating deflation delay delaying delays deleted deletes deleting depend depended depending deprecated
    dequeue describe describes describing descriptor descriptors despite destination detach detached detaches
    detaching detect detected detecting detects determine determined determines determining dhcp didn differed
    differing differred differring directories disables discarding discards disconnect disconnecting disconnects
    dispatch displayed displaying displays distinct dkms dns documentation doed doesn don doorbell dos double dozen
    drived driving droped droping drops due dumped dumps duplicate duplicated during e.g e2big eacces eaddrinuse
    eaddrnotavail eafnosupport eagain ealready easily ebadf ebusy ecanceled econnaborted econnrefused econnreset
    edeadlk edestaddrreq editing edits editted editting edk2 edom edquot eexist efault efbig effects ehostdown
    ehostunreach eight eighteen eighty eilseq einprogress eintr eio eisconn eisdir eject ejecting ejects eleven eloop
    emfile emlink emsgsize emulate emulated emulates emulating enables enabling enametoolong encode encoded encodes
    encoding encounter encountered encountering encounters ending endpoint enetdown enetunreach enfile enforce
    enforced enforces enforcing enlarge enlarged enlarges enlarging enobufs enodata enodev enoent enolck enomem enomsg
    enospc enosys enotconn enotdir enotempty enotsock enotsup enotty enqueue ensure ensured ensures ensuring entered
    entering enterred enterring enters entire enxio eopnotsupp eoverflow eperm epipe eproto eprotonosupport ept equals
    erange erase erased erases erasing erofs especially espipe esrch estale eth etime etimedout etxtbsy euid evaluate
    evaluated evaluates evaluating everybody everyone everywhere ewouldblock exact example examples exceed exceeded
    exceeding exception exclusive exdev executable executed executes executing execution exhausted exist existed
    existing exists exiting exits exitted exitting expand expanded expanding expands expect expecting expects expire
    expires expiring expiry explain explained explaining explicit explicitly exported exporting exports expose exposed
    exposes exposing extend extended extending extends extent external facility failing feb february fetch fetched
    fetching fewer field fields fifteen fifth fifty fill filled filling filter filtered filtering filterred filterring
    filters final finally finded finishes finishing fix fixing flush flushed flushes flushing folders following
    forbidden force forced forces forcing fork form formated formating formats formatted formatting former forms forty
    fourteen fourth frame freeing frees freeze freezed freezes freezing freing fri friday frontend frontends frozen
    fully future gather gathered gathering gatherred gatherring gathers general generally generate generated generates
    generating geted geting getted getting gid gived gmt grant granted granting grants growed growing guess
    guest-report guestfs
    halfway handle handled handler handling handshake happened happening happenned happenning hasn haven he headers
    heartbeat helper hence her high him himself hint hints his holded holding hosts hours however hundred
    hypervisor-less i.e icmp ideally identical identifier identifiers ignore ignoring illegal immediate implementation
    implemented imply imported importing imports improper in-between inaccessible inappropriate included including
    inconsistent incorrect increase increased increases increasing increments indeed indefinitely independent indicate
    indicated indicates indicating inherit inherited inheriting inherits inhibit inhibited inhibitor init initial
    initialised initialization initialized initializes initializing initially initiated inode insecure inserted
    inserting inserts insmod inspect inspected inspecting inspects insufficient intended internal interrupting
    interrupts interval intervals introduce introduced introduces introducing introspection invocation invoke invoked
    invokes invoking involved ioctl iommu iothreads ip ipv4 ipv6 irqchip iscsi isn isolation isolcpus issue issued
    issuing item items jan january job join joined joining joins jul july jun june kdump keepalive keepalives keeped
    keeping kexec keyfile kill killed killing kinds ksmd ksmtuned kswapd lapic largely lasted late latency latest
    launch launched launches launching layout leading leak leaked leaking leaved leaving legacy legal length level
    libdir libvirtd likewise limited limiting limitted limitting linked linking listen listened listening listenned
    listenning listing loading loads locally locking loged logged logging loging loglevel lookup lose losed losing
    loss lowmem lsm lvm mainly maintain maintained maintaining maintains maked making manage managed management
    manages managing manually map maped maping mapped mapping mappings maps mar mark marking marks matching math me
    meaning measure measures measuring mechanism mechanisms mention mentioned merged merges merging might migratable
    migrates minimal mismatch mismatched miss missed misses mknod mmap mmapped modified modifies modify modifying
    modprobing moments monday monitored monitoring monitors month months mount mounted mounting mounts msi msix msr
    multiple multiplied mutex my naming near necessarily necessary negotiating nfs nil nine nineteen ninety ninth nmi
    non nonblocking nonetheless nonexistent nonzero not-supported noted notice noticed noticing notified notifies
    notify notifying noting nov november numad numatune numeric numerical obtain obtained obtaining obtains obviously
    occur occured occuring occurred occurring occurs oct october offered offering offerred offerring offset okay onto
    oom oom-killer oom_reaper opaque openned openning operate operated operates operation operations option optional
    options orphan otherwise our ourselves overall overflow overlap overlaps owned ownership owning owns packet
    parallel parameter parameters parent parse parsed parses parsing partial partially particular particularly passes
    passing passphrase passwd password passwords pastes pasting pause pausing peers per perform performed performing
    performs permanent permissions permitted persistently person pin pined pining pinning pipe placed placing please
    pleased plug pluged plugging pluging plugs plus pm point pointer points polkit poll polled poller polling polls
    pool position possible possibly post posted posting posts preallocate preallocated preallocating precise
    precondition prefer preferred prefix prepare prepares preparing preserve prevent prevented preventing prevents
    previously print printing priority privilege privileged probed probes probing procedure proceed proceeded
    proceeding proceeds processed processes produce produced produces producing propagate protect protecting
    protection protects proved proves provide provided provides providing proving provisioning psk pts publish publishes
    publishing pulled pulling pulls purposes puted puting puts putted putting pwd qcow qualified queried queries
    querying queue queued queuing quiesce quiesced quite quota racing raising rarely rate rather rbd re reach reached
    reaches reaching react reacted reacting reacts readed readonly real realize realized realizes realizing reasonable
    reasons rebooted reboots rebuild receive received receives receiving reclaim reclaimed reclaiming reclaims
    recognize recognized recognizes recognizing recording recoverable recovered recovering recovers recovery redefine
    redirect redirected reduce reduced reduces reducing reenable refcount refer refered reference referenced references
    refering referred referring refers refresh refreshed refreshes refreshing refuse refusing regardless region regions
    registering registers reject rejected rejecting rejects related release released releases releasing relevant
    relied reload reloaded reloading reloads relying remain remained remaining remains remember remembering reminder
    removes removing rename renames renaming reopen reopened repeat repeated repeating replaces replacing replied
    replying represent represented representing represents requested requesting require requires requiring rescaned
    rescaning rescanned rescanning rescans reserve reserves reserving reseted reseting resetted resetting resize
    resizes resizing resolution resolve resolved resolves resolving resort resource respective respectively respond
    responded responding responds restore restores restoring restrict restricted restricting restrictions restricts
    resulted resulting results resumed resumes resuming retried retries retrieve retrieved retrieves retrieving retry
    retrying returning reuse reused reuses reusing revert review revoke revokes revoking rmmod rollback roughly
    rounded route rpc rtc runed runing runned safe safely sample samples sasl sat satisfied saturday saves scaned
    scaning scanning scans schedule schedules scheduling search searched searches searching seccomp secret security
    seed seek seemingly seems segfault segment segmentation seing selecting selects selinux semaphore send sended
    sending sep separate separated separately separates separating sequence serious serve seted seting setted seven
    seventeen seventh seventy severe shall she shortly shouldn showed shrink shrinked shrinking shrinks shrunk shuted
    shuting shutted sigbus sighup sigint sigkill sign signaled signaling signalling significant signs sigsegv sigterm
    similar simply six sixteen sixth sixty skiped skiping skipped skipping skips slave slaves sleeped sleeping sleeps
    slightly slower sndbuf soft somehow someone sometimes soon sorry sorted sorting sorts spawn spawned specific
    specifically specifies specify specifying spice splitting src sriov ssh stack stacktrace stalled stalls starved
    starving stated stating stayed staying stderr stdin stdout stoped stoping stopping stores storing strange strict
    strictly subject submit submited submiting submits submitted submitting subprocess subsequent succeed succeeded
    succeeding successful successfully suitable sum summary sun sunday superseded supplied supply support supported
    supporting supports supposed suppressed sure surely suspending suspends suspicious swaped swaping swapping swaps
    switching symbol sync synced synchronization synchronous syncing syncs syntax syscall systemd t-get tagged taint
    tainting taked taking technically telled telling temporarily ten tend tenth terminate terminated terminates
    terminating termination tftp things third thirteen thirty thousand threads thrice throttled thu thursday tighten
    till timedout timeout timeouts timers timing tlb tls toggle toggled toggles toggling token tonight totally touch
    touching toward towards trace traced traces tracing track tracked tracking tracks transaction transfer transferred
    transition translate translates translating trap traps treat treating treats trigger triggered triggering triggers
    trim trimed triming trimmed trimming trims triple truncate truncating trusting trusts try trying tsc tue tuesday
    tunables tuning turned turning turns twelve twenty typical typically udevd udp unaligned unauthorized
    unavailability unavailable unbinded unbinding unbinds unblock unblocked unblocking unblocks unclear uncorrectable
    undefined underlying unexpected unexpectedly unfortunately unhandled uninitialized uninstalled uninstalling
    uninstalls unique unlike unlink unlinked unload unloaded unloading unloads unlock unlocked unlocking unlocks unmap
    unmaped unmaping unmapped unmapping unmaps unmount unnamed unnecessary unplug unpluged unplugging unpluging
    unplugs unprivileged unreachable unrecognized unreferenced unregister unregistered unregistering unresolved
    unresponsive unsafe unspecified unsubscribe untainted updated updates updating upgrade upgraded upgrades upgrading
    upon us useful useless username usually utc validate validated validates validating validation various vary
    vcpupin vcpus verbatim verbosely verification verifies verifying vhostuser via violate violated violates violating
    violation virtlockd virtlogd virtproxyd virtqemud virtqueue virtqueues visible vmalloc vmcore vmexit vnic vs wake
    waked wakes waking wanted wanting wants warn warned warns wasn watching watermark we wed wednesday week weeks
    weird weren whenever whilst whom won worker workers workqueue worse worst wouldn wrap wraped wraping wrapped
    wrapping wraps writable writeback writed year years yesterday yield yielded yielding yields young yourself zeroed
    zfs zone zones zram zswap
    """
}
