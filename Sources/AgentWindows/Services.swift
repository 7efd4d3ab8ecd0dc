// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentWindows
import WindowsPnP

extension WindowsPlatform {
  /// The balloon's driver and statistics service, the driver of the agent's own channel, and the management service on
  /// which the statistics service depends; then the balloon's packages in the driver store, bound or not.
  package func services() throws(ProtocolError) -> [ServiceFacts] {
    var services = [
      service(BalloonNames.driverService, "kernel-driver"), service(BalloonNames.statisticsService, "user-service"),
      service(BalloonNames.serialService, "kernel-driver"), service(BalloonNames.managementService, "user-service"),
    ]
    switch DriverStore.balloonPackages() {
    case .success(let packages):
      for package in packages {
        let source = package.version.source
        services.append(
          ServiceFacts(
            name: package.publishedName, kind: "driver-package", state: .observed("installed", source: source),
            version: package.version, counters: NamedFacts([])))
      }
    case .failure(let error):
      // A list that could not be read is not an empty list.
      let source = "the driver store"
      services.append(
        ServiceFacts(
          name: "oem*.inf", kind: "driver-package", state: .failed(error.failure, source: source),
          version: .failed(error.failure, source: source), counters: NamedFacts([])))
    }
    return services
  }

  private func service(_ name: String, _ kind: String) -> ServiceFacts {
    do throws(WindowsError) {
      let service = try Service(name)
      return facts(of: service, kind)
    } catch {
      let source = "OpenService " + name
      let state = Reading<String>(error).fact(source: source)
      return ServiceFacts(
        name: name, kind: kind, state: state, version: state, counters: NamedFacts([]),
        windows: WindowsServiceFacts(
          startType: Reading(error).fact(source: source), binaryPath: state,
          binaryExists: Reading(error).fact(source: source), exitCode: Reading(error).fact(source: source),
          serviceExitCode: Reading(error).fact(source: source), dependencies: Reading(error).fact(source: source)))
    }
  }

  private func facts(of service: borrowing Service, _ kind: String) -> ServiceFacts {
    let isShared = service.name.isSameWindowsName(as: BalloonNames.managementService)
    let config = service.config
    let status = service.status
    let configSource = "QueryServiceConfig " + service.name
    let statusSource = "QueryServiceStatusEx " + service.name
    let image = config.then { config -> Reading<ImagePath> in
      if !config.path.utf8.isEmpty { return .value(ImagePath(config.path)) }
      return kind.utf8.elementsEqual("kernel-driver".utf8) ? .value(.driver(ofService: service.name)) : .missing
    }
    return ServiceFacts(
      name: service.name, kind: kind,
      state: status.parsed(as: "a service's state") { ServiceState(rawValue: $0.state)?.word }
        .fact(source: statusSource),
      version: isShared
        ? .failed(FactFailure(.unsupported, "it is a part of Windows"), source: configSource)
        : DriverFile.version(of: image, systemRoot, configSource),
      counters: NamedFacts([]),
      windows: WindowsServiceFacts(
        startType: config.then { .value(UInt64($0.start)) }.fact(source: configSource),
        binaryPath: config.then { $0.path.utf8.isEmpty ? .missing : .value($0.path) }.fact(source: configSource),
        binaryExists: DriverFile.exists(image, systemRoot, configSource),
        exitCode: status.then { .value(UInt64($0.exitCode)) }.fact(source: statusSource),
        serviceExitCode: status.then { .value(UInt64($0.serviceExitCode)) }.fact(source: statusSource),
        dependencies: config.then { .value($0.dependencies) }.fact(source: configSource)))
  }
}

extension WindowsServiceFacts {
  fileprivate init(
    startType: Fact<UInt64>, binaryPath: Fact<String>, binaryExists: Fact<Bool>, exitCode: Fact<UInt64>,
    serviceExitCode: Fact<UInt64>, dependencies: Fact<[String]>
  ) {
    self.init(FactFailure(.unsupported, ""), source: "")
    self.startType = startType
    self.binaryPath = binaryPath
    self.binaryExists = binaryExists
    self.exitCode = exitCode
    self.serviceExitCode = serviceExitCode
    self.dependencies = dependencies
  }
}

/// A service or kernel driver in the service manager's list, opened for questions.
struct Service: ~Copyable {
  let name: String
  private let handle: UnsafeMutableRawPointer

  init(_ name: String) throws(WindowsError) {
    var handle: UnsafeMutableRawPointer?
    let opened = name.withWide { vb_win_service_open($0, &handle) }
    guard opened >= 0, let handle else { throw WindowsError(opened) }
    self.name = name
    self.handle = handle
  }

  deinit { vb_win_service_close(handle) }

  struct Status {
    let state: UInt32
    let exitCode: UInt32
    let serviceExitCode: UInt32
  }

  var status: Reading<Status> {
    var status = vb_win_service_status()
    let result = vb_win_service_status(handle, &status)
    guard result >= 0 else { return Reading(WindowsError(result)) }
    return .value(
      Status(state: status.state, exitCode: status.exit_code, serviceExitCode: status.service_exit_code))
  }

  struct Config {
    let start: UInt32
    let path: String
    let dependencies: [String]
  }

  var config: Reading<Config> {
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 4096) { buffer in
      guard let path = buffer.baseAddress else { return .missing }
      let dependencies = path + 2048
      var config = vb_win_service_config()
      let result = vb_win_service_config(handle, &config, path, 2048, dependencies, 2048)
      guard result >= 0, config.path_units <= 2048, config.dependency_units <= 2048 else {
        return Reading(WindowsError(result))
      }
      return .value(
        Config(
          start: config.start,
          path: WideText.string(UnsafeBufferPointer(start: path, count: Int(config.path_units))),
          dependencies: WideText.strings(
            UnsafeBufferPointer(start: dependencies, count: Int(config.dependency_units)), count: 64)))
    }
  }
}
