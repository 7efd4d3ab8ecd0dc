// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentWindows
import WindowsPnP

/// The guest's facts from Windows' registry, device tree, service manager and logs.
package struct WindowsPlatform: GuestPlatform {
  let devices = DeviceList()

  package init() {}

  package var system: String { "windows" }

  /// The folder that `%SystemRoot%` stands for.
  var systemRoot: Reading<String> {
    do throws(WindowsError) { return .value(try wideText { vb_win_directory($0, $1) }) } catch { return Reading(error) }
  }

  package func os() throws(ProtocolError) -> GuestOS {
    let source = "HKLM\\" + Self.versionKey
    let names = versionNames
    let now = FileTime.unixSeconds(vb_win_clock())
    let ticks = vb_win_ticks() / 1000
    return GuestOS(
      family: .observed(system, source: "the agent's build"),
      name: Self.fact(names.name, source: source + " ProductName"),
      version: version(names, source),
      kernel: kernel(names, source), architecture: architecture,
      bootTime: Self.fact(
        now.map { $0 &- Int64(clamping: ticks) }, source: "GetSystemTimeAsFileTime, GetTickCount64"),
      uptime: .observed(ticks, source: "GetTickCount64"),
      clock: Self.fact(now, source: "GetSystemTimeAsFileTime"),
      windows: WindowsSystemFacts(
        edition: Self.fact(names.edition, source: source + " EditionID"), secureBoot: secureBoot,
        testSigning: testSigning))
  }

  private static func fact<Value: FactValue>(_ value: Value?, source: String) -> Fact<Value> {
    value.map { .observed($0, source: source) } ?? .absent(source: source)
  }

  private static var versionKey: String { "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion" }

  private var versionNames: OSVersion {
    func text(_ name: String) -> String? { Registry.text(Self.versionKey, name).value }
    func number(_ name: String) -> UInt32? {
      Registry.number(Self.versionKey, name).value.flatMap { UInt32(exactly: $0) }
    }
    var names = OSVersion()
    names.productName = text("ProductName")
    names.displayVersion = text("DisplayVersion")
    names.releaseID = text("ReleaseId")
    names.currentVersion = text("CurrentVersion")
    names.major = number("CurrentMajorVersionNumber")
    names.minor = number("CurrentMinorVersionNumber")
    names.currentBuildNumber = text("CurrentBuildNumber")
    names.updateRevision = number("UBR")
    names.servicePack = text("CSDVersion")
    names.edition = text("EditionID")
    names.installationType = text("InstallationType")
    return names
  }

  /// The release's name; `6.1` and `6.3` are the versions of those that have none.
  private func version(_ names: OSVersion, _ source: String) -> Fact<String> {
    if let release = names.release { return .observed(release, source: source + " DisplayVersion, ReleaseId") }
    return Self.fact(
      names.ntVersion.map { String($0.major) + "." + String($0.minor) }, source: source + " CurrentVersion")
  }

  /// The registry has the latest update's number as well; the kernel itself is asked when it has nothing.
  private func kernel(_ names: OSVersion, _ source: String) -> Fact<String> {
    if let version = names.version { return .observed(version, source: source) }
    var version = vb_win_version()
    let result = vb_win_version(&version)
    guard result >= 0 else { return .failed(WindowsError(result).failure, source: "RtlGetVersion") }
    let text = String(version.major) + "." + String(version.minor) + "." + String(version.build)
    return .observed(text, source: "RtlGetVersion")
  }

  /// In the words of the variable PROCESSOR_ARCHITECTURE.
  private var architecture: Fact<String> {
    let source = "GetNativeSystemInfo"
    switch processor.architecture {
    case 0: return .observed("x86", source: source)
    case 5: return .observed("ARM", source: source)
    case 6: return .observed("IA64", source: source)
    case 9: return .observed("AMD64", source: source)
    case 12: return .observed("ARM64", source: source)
    default:
      let words = "processor architecture " + String(processor.architecture)
      return .failed(FactFailure(.malformed, words), source: source)
    }
  }

  private var processor: (architecture: UInt32, pageSize: UInt32) {
    var architecture: UInt32 = 0
    var pageSize: UInt32 = 0
    vb_win_processor(&architecture, &pageSize)
    return (architecture, pageSize)
  }

  /// Absent where the firmware has no Secure Boot, as a BIOS.
  private var secureBoot: Fact<Bool> {
    let key = Registry.control + "\\Control\\SecureBoot\\State"
    return Registry.number(key, "UEFISecureBootEnabled").then { .value($0 != 0) }
      .fact(source: Registry.source(key, "UEFISecureBootEnabled"))
  }

  private var testSigning: Fact<Bool> {
    let source = "NtQuerySystemInformation SystemCodeIntegrityInformation"
    var options: UInt32 = 0
    let result = vb_win_code_integrity(&options)
    guard result >= 0 else { return .failed(WindowsError(result).failure, source: source) }
    // CODEINTEGRITY_OPTION_TESTSIGN.
    return .observed(options & 0x02 != 0, source: source)
  }
}
