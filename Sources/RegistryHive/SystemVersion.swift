// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import WindowsPnP

/// What SYSTEM tells of the Windows itself.
struct SystemIdentity {
  let architecture: Fact<String>
  let secureBoot: Fact<Bool>

  init(of set: ControlSet) {
    let environment = set.control.then { $0.key(at: ["Session Manager", "Environment"]) }
    architecture = environment.then { $0.values["PROCESSOR_ARCHITECTURE"] }.then { $0.text }.fact(
      source: set.key.source() + "\\Control\\Session Manager\\Environment PROCESSOR_ARCHITECTURE")
    let source = set.key.source() + "\\Control\\SecureBoot\\State UEFISecureBootEnabled"
    switch set.control.then({ $0.key(at: ["SecureBoot", "State"]) }).then({ $0.values["UEFISecureBootEnabled"] })
      .then({ $0.number })
    {
    case .value(let number): secureBoot = .observed(number != 0, source: source)
    case .failed(let failure): secureBoot = .failed(failure, source: source)
    // Whether every Windows keeps the key while it does not run is not known: that it is missing proves nothing.
    case .missing: secureBoot = .failed(FactFailure(.unsupported, "this hive does not keep it"), source: source)
    }
  }
}

/// Which Windows it is, by the hive SOFTWARE.
enum SystemVersion {
  private static let folder = ["Microsoft", "Windows NT", "CurrentVersion"]

  /// - Throws: when SOFTWARE is given and cannot be read, or is another hive.
  static func facts(
    software path: String?, set: SystemIdentity, _ notices: inout [String]
  ) throws(HiveError) -> GuestOS {
    let stopped = FactFailure(.unsupported, "a registry hive is of a Windows that does not run")
    let bootSettings = FactFailure(.unsupported, "it stands in the boot settings, which are no part of these hives")
    var os = GuestOS(
      family: .observed("windows", source: "SYSTEM"), name: .failed(Self.notGiven, source: "SOFTWARE"),
      version: .failed(Self.notGiven, source: "SOFTWARE"), kernel: .failed(Self.notGiven, source: "SOFTWARE"),
      architecture: set.architecture, bootTime: .failed(stopped, source: "SYSTEM"),
      uptime: .failed(stopped, source: "SYSTEM"), clock: .failed(stopped, source: "SYSTEM"),
      windows: WindowsSystemFacts(
        edition: .failed(Self.notGiven, source: "SOFTWARE"), secureBoot: set.secureBoot,
        testSigning: .failed(bootSettings, source: "SYSTEM")))
    guard let path else { return os }
    let hive = try Hive(path, as: "SOFTWARE")
    let key = try hive.key(
      at: Self.folder, in: path, expected: "SOFTWARE", hint: "; give Windows\\System32\\config\\SOFTWARE")
    let values = key.values
    let version = version(values)
    let source = key.source()
    func fact(_ text: String?, _ name: String) -> Fact<String> {
      text.map { .observed($0, source: source + " " + name) } ?? .absent(source: source + " " + name)
    }
    os.name = fact(version.name, "ProductName")
    os.version =
      version.release.map { .observed($0, source: source + " DisplayVersion, ReleaseId") }
      ?? fact(version.ntVersion.map { "\($0.major).\($0.minor)" }, "CurrentVersion")
    os.kernel = fact(version.version, "CurrentMajorVersionNumber, CurrentVersion, CurrentBuildNumber, UBR")
    os.windows?.edition = fact(version.edition, "EditionID")
    try OfflineWindows.finish(hive, path, &notices)
    return os
  }

  private static let notGiven = FactFailure(
    FactFailure.Reason("not-asked"), "it stands in the hive SOFTWARE beside SYSTEM, which was not given")

  private static func version(_ values: HiveValues) -> OSVersion {
    func text(_ name: String) -> String? { values.text(name).value }
    func number(_ name: String) -> UInt32? { values.number(name).value.flatMap { UInt32(exactly: $0) } }
    var version = OSVersion()
    version.productName = text("ProductName")
    version.displayVersion = text("DisplayVersion")
    version.releaseID = text("ReleaseId")
    version.currentVersion = text("CurrentVersion")
    version.major = number("CurrentMajorVersionNumber")
    version.minor = number("CurrentMinorVersionNumber")
    version.currentBuildNumber = text("CurrentBuildNumber")
    version.updateRevision = number("UBR")
    version.servicePack = text("CSDVersion")
    version.edition = text("EditionID")
    version.installationType = text("InstallationType")
    return version
  }
}
