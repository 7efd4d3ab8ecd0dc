// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import QMP

extension MonitorFacts {
  /// What runs the machine.
  func hypervisor(machine: Observation<String>) async -> Observation<String> {
    // QEMU is only the device model of Xen's machines, xenfv and xenpv.
    if let type = machine.value, type.hasPrefix("xen") { return .observed("xen", machine.provenance) }
    return await ask("query-kvm") { () async throws(QMPError) in
      try await monitor.isKVM(until: collector.deadline) ? "kvm" : "qemu"
    }
  }

  /// How the host backs the machine's memory, and what of the host pins it, as far as QEMU tells.
  ///
  /// - Parameter process: the memory of QEMU's process, as the kernel counts it.
  func host(_ evidence: inout ConfigurationEvidence, process: Observation<ProcessMemory>) async {
    let deadline = collector.deadline
    evidence.hugepages = await ask("info ramblock") { () async throws(QMPError) in
      // The balloon's pages are 4 KiB on every machine (virtio 1.2, 5.5.6).
      try await monitor.ramBlocks(until: deadline).contains { $0.pageSize > 4_096 }
    }
    let backend: Observation<String> = await ask("qom-get /machine memory-backend") { () async throws(QMPError) in
      try await monitor.memoryBackend(until: deadline)
    }
    (evidence.memorySource, evidence.sharedMemory) = await source(of: backend)
    evidence.pinningDevices = await ask("qom-list /machine/peripheral") { () async throws(QMPError) in
      try await monitor.pinningDevices(until: deadline)
    }
    evidence.launchSecurity = await ask("qom-get /machine confidential-guest-support") {
      () async throws(QMPError) -> String? in
      guard let path = try await monitor.confidentialSupport(until: deadline) else { return nil }
      let type = try await monitor.property("type", of: path, until: deadline).string ?? "unknown"
      return type.hasSuffix("-guest") ? String(type.dropLast("-guest".count)) : type
    }
    evidence.locked = locked(process, evidence)
  }

  /// The machine's memory, and what of it was plugged in: the one counts the other.
  func memory(_ evidence: inout ConfigurationEvidence) async {
    let (size, devices) = await plugged(&evidence)
    evidence.maximum = maximum(size, (try? devices.get())?.persistent ?? 0)
  }

  /// What of the machine's memory was there at its start, and what was plugged in.
  @discardableResult
  func plugged(
    _ evidence: inout ConfigurationEvidence
  ) async -> (Result<MemorySize, QMPError>, Result<MemoryDevices, QMPError>) {
    let deadline = collector.deadline
    let size: Result<MemorySize, QMPError> = await result { () async throws(QMPError) in
      try await monitor.memorySize(until: deadline)
    }
    let devices: Result<MemoryDevices, QMPError> = await result { () async throws(QMPError) in
      try await monitor.memoryDevices(until: deadline)
    }
    evidence.baseMemory = leaf(size, "query-memory-size-summary") { $0.base }
    evidence.virtioMemory = leaf(devices, "query-memory-devices") { $0.virtio }
    evidence.dimmMemory = leaf(devices, "query-memory-devices") { $0.dimm }
    return (size, devices)
  }

  private func leaf<Answer>(
    _ answer: Result<Answer, QMPError>, _ command: String, _ bytes: (Answer) -> UInt64?
  ) -> Observation<UInt64> {
    switch answer {
    case .success(let told): bytes(told).map { .observed($0, source(command)) } ?? .absent(source(command))
    case .failure(let error): .failed(Failure(error), source(command))
    }
  }

  /// All memory of the machine but what persists.
  ///
  /// - Parameter persistent: NVDIMMs, in bytes.
  private func maximum(_ size: Result<MemorySize, QMPError>, _ persistent: UInt64) -> Observation<UInt64> {
    let command = "query-memory-size-summary" + (persistent > 0 ? ", without NVDIMMs" : "")
    guard case .success(let told) = size else { return leaf(size, command) { $0.base } }
    let plugged = told.plugged ?? 0
    let (sum, overflow) = told.base.addingReportingOverflow(plugged >= persistent ? plugged - persistent : plugged)
    guard !overflow else {
      return .failed(Failure(.malformed, "query-memory-size-summary: more memory than there is"), source(command))
    }
    return .observed(sum, source(command))
  }

  private func source(of backend: Observation<String>) async -> (Observation<String>, Observation<Bool>) {
    switch backend {
    case .absent(let provenance):
      let unknown = Unknown(
        failure: Failure(.unsupported, "the machine's memory has several backends, or none by name"),
        provenance: provenance)
      return (unknown(), unknown())
    case .failed(let failure, let provenance):
      return (.failed(failure, provenance), .failed(failure, provenance))
    case .observed(let path, _):
      let type: Observation<String> = await ask("qom-get \(path) type") { () async throws(QMPError) in
        try await monitor.property("type", of: path, until: collector.deadline).string
      }
      let shared: Observation<Bool> = await ask("qom-get \(path) share") { () async throws(QMPError) in
        try await monitor.property("share", of: path, until: collector.deadline).bool
      }
      return (
        type.map { type in
          switch type {
          case "memory-backend-ram": "anonymous"
          case "memory-backend-file": "file"
          case "memory-backend-memfd": "memfd"
          default: type
          }
        }, shared
      )
    }
  }

  /// `mem-lock` locks all that the process has, so less than the guest's memory is something else's. VFIO's pages are
  /// counted as locked too (Linux drivers/vfio/vfio_iommu_type1.c): then the figure tells nothing.
  private func locked(_ process: Observation<ProcessMemory>, _ evidence: ConfigurationEvidence) -> Observation<Bool> {
    guard case .observed(let memory, let provenance) = process else {
      return process.map { _ in nil }
    }
    guard let maximum = evidence.maximum.value else {
      return .failed(Failure(.unsupported, "the machine's memory is not known to compare with"), provenance)
    }
    if memory.locked < maximum { return .observed(false, provenance) }
    guard evidence.pinningDevices.value?.isEmpty == true else {
      return .failed(
        Failure(.unsupported, "VmLck counts what VFIO pins, so it does not tell whether QEMU locks its memory"),
        provenance)
    }
    return .observed(true, provenance)
  }
}

extension GuestCollector {
  /// The memory of the process at the other end of the monitor's socket.
  ///
  /// - Parameter maximum: the machine's memory: a process that has less mapped is not the one that runs it.
  func memory(ofProcess process: Int32?, holding maximum: Observation<UInt64>) -> Observation<ProcessMemory> {
    let source = Provenance("/proc/PID/status of QEMU's process", trust: .host, time: clock.now())
    guard let process, process > 0 else {
      return .failed(Failure(.unsupported, "the socket does not tell its process"), source)
    }
    guard let text = Self.text("/proc/\(process)/status") else {
      return .failed(Failure(.denied, "/proc of process \(process) cannot be read"), source)
    }
    guard let memory = ProcessMemory(status: text) else {
      return .failed(Failure(.malformed, "/proc/\(process)/status cannot be understood"), source)
    }
    guard let maximum = maximum.value, memory.size >= maximum else {
      return .failed(
        Failure(.unsupported, "process \(process) holds the socket, and is not known to hold the machine's memory"),
        source)
    }
    return .observed(memory, source)
  }
}
