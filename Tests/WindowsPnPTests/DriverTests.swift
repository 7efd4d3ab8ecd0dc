// SPDX-License-Identifier: BSD-3-Clause
import Testing
import WindowsPnP

@Suite("Drivers")
struct DriverTests {
  @Test("A version is four numbers, and is ordered by them")
  func versions() throws {
    let version = try #require(DriverVersion("100.101.104.28500"))
    #expect(version == DriverVersion(100, 101, 104, 28500))
    #expect(version.description == "100.101.104.28500")
    #expect([version.first, version.second, version.third, version.fourth] == [100, 101, 104, 28500])
    #expect(DriverVersion(packed: version.packed) == version)
    #expect(DriverVersion(62, 71, 104, 9600) < version)
    #expect(DriverVersion(100, 77, 104, 17100) < DriverVersion(100, 85, 104, 10000))
    #expect(DriverVersion("65535.65535.65535.65535")?.packed == .max)
  }

  @Test(
    "What is not four numbers from 0 to 65535 is no version",
    arguments: [
      "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.65536", "1.2.3.-4", "1..2.3", "1.2.3.4 ", " 1.2.3.4", "1.2.3.x",
      "1.2.3.99999999999999999999", "000001.2.3.4.................",
    ])
  func noVersions(_ text: String) { #expect(DriverVersion(text) == nil) }

  @Test(
    "virtio-win's versions tell the Windows they are for and the release",
    arguments: [
      // Published: a live Windows Server 2016, virtio-win's issues #964, #1323, #1148 and #26, and an INF of
      // libguestfs' tests.
      ("100.77.104.17100", .windows10, "0.1.171"), ("100.92.104.22900", .windows10, "0.1.229"),
      ("100.100.104.26600", .windows10, "0.1.266"), ("100.101.104.28500", .windows10, "0.1.285"),
      ("61.71.104.9400", .windows7, "0.1.94"), ("62.71.104.9600", .windows8, "0.1.96"),
    ] as [(String, VirtioWinVersion.Target, String)])
  func virtioWin(_ text: String, _ target: VirtioWinVersion.Target, _ release: String) throws {
    let version = try #require(VirtioWinVersion(text))
    #expect(version.target == target)
    #expect(version.release == release)
    #expect(!version.isSelfBuilt)
  }

  @Test(
    "Others' versions are not read by virtio-win's scheme",
    arguments: ["10.0.26100.1", "6.1.7601.17514", "5.1.2600.0", "100.101.105.28500", "99.101.104.28500", "8.0.41.6"])
  func others(_ text: String) { #expect(VirtioWinVersion(text) == nil) }

  @Test("A build without a release tells none")
  func noRelease() {
    #expect(VirtioWinVersion("100.101.101.58000")?.isSelfBuilt == true)
    #expect(VirtioWinVersion("100.101.101.58000")?.release == nil)
    #expect(VirtioWinVersion("100.101.104.28550")?.release == nil)
    #expect(VirtioWinVersion("100.101.104.0")?.release == nil)
  }

  @Test("A driver for another Windows is found out by the system's version")
  func foreign() throws {
    let version = try #require(VirtioWinVersion("61.71.104.9400"))
    var system = OSVersion()
    #expect(version.isForeign(to: system) == nil)
    system.currentVersion = "6.1"
    #expect(version.isForeign(to: system) == false)
    system.currentVersion = "6.3"
    system.major = 10
    system.minor = 0
    #expect(version.isForeign(to: system) == true)
    #expect(VirtioWinVersion("100.101.104.28500")?.isForeign(to: system) == false)
  }

  @Test(
    "A rank tells trust, kind of match and place in the list",
    arguments: [
      // Published: machine.inf's on live systems, and Microsoft's documentation of SetupAPI's log.
      (0x00ff_2007, true, .compatibleOfDevice, 7), (0x00ff_2000, true, .compatibleOfDevice, 0),
      (0x00ff_3101, true, .compatible, 0x101), (0x00ff_0005, true, .hardware, 5), (0x0dff_0000, true, .hardware, 0),
      // Synthesised.
      (0x80ff_1001, false, .compatibleInINF, 1), (0xc0ff_0000, false, .hardware, 0), (0xffff_ffff, false, nil, 0xfff),
    ] as [(UInt32, Bool, DriverRank.Match?, UInt16)])
  func ranks(_ number: UInt32, _ isTrusted: Bool, _ match: DriverRank.Match?, _ position: UInt16) {
    let rank = DriverRank(rawValue: number)
    #expect(rank.isTrusted == isTrusted)
    #expect(rank.match == match)
    #expect(rank.position == position)
    #expect(rank.featureScore == 0xff)
  }

  @Test("A trusted exact match wins over the generic driver, and that over an untrusted one")
  func rankOrder() {
    #expect(DriverRank(rawValue: 0x00ff_0000) < DriverRank(rawValue: 0x00ff_2007))
    #expect(DriverRank(rawValue: 0x00ff_2007) < DriverRank(rawValue: 0x80ff_0000))
    #expect(DriverRank(rawValue: 0x00ff_2007).description == "0x00ff2007")
    #expect(DriverRank(rawValue: 0).description == "0x00000000")
    #expect(DriverRank(rawValue: .max).description == "0xffffffff")
  }

  @Test(
    "A date is read from the registry's and the INF's form",
    arguments: [
      ("6-21-2006", "2006-06-21"), ("06/21/2006", "2006-06-21"), ("12/04/2014", "2014-12-04"),
      ("2-29-2024", "2024-02-29"),
    ])
  func dates(_ text: String, _ iso: String) { #expect(DriverDate.iso(text) == iso) }

  @Test(
    "A day that is none is not read",
    arguments: [
      "", "6-21", "6-21-06", "13-1-2006", "2-29-2023", "2-29-1900", "0-1-2006", "1-0-2006", "4-31-2006", "6/21-2006",
      "6-21-2006 ", "2006-06-21", "6.21.2006", "1-1-10000", "99999999999-1-1",
    ])
  func noDates(_ text: String) { #expect(DriverDate.iso(text) == nil) }

  @Test(
    "A FILETIME is read as seconds since 1970 and as a day",
    arguments: [
      // Computed independently, with Python's datetime.
      (116_444_736_000_000_000, 0, "1970-01-01"), (127_953_216_000_000_000, 1_150_848_000, "2006-06-21"),
      (133_801_631_999_999_999, 1_735_689_599, "2024-12-31"), (125_963_423_990_000_000, 951_868_799, "2000-02-29"),
      (1, -11_644_473_600, "1601-01-01"),
    ] as [(UInt64, Int64, String)])
  func fileTimes(_ value: UInt64, _ seconds: Int64, _ day: String) {
    #expect(FileTime.unixSeconds(value) == seconds)
    #expect(FileTime.date(value) == day)
  }

  @Test("Never, and what no clock shows, is no time")
  func noFileTimes() {
    #expect(FileTime.unixSeconds(0) == nil)
    #expect(FileTime.date(0) == nil)
    #expect(FileTime.unixSeconds(.max) == nil)
    #expect(FileTime.unixSeconds(1 << 63) == nil)
    #expect(FileTime.unixSeconds(UInt64(Int64.max)) != nil)
    #expect(FileTime.date(UInt64(Int64.max)) == nil)
    #expect(FileTime.date(2_650_467_743_999_999_999) == "9999-12-31")
    #expect(FileTime.date(2_650_467_744_000_000_000) == nil)
  }

  @Test("The service BALLOON is the balloon's driver, in any case and whoever built it")
  func balloonDriver() {
    for service in ["BALLOON", "balloon", "Balloon"] {
      #expect(
        DriverBinding(
          service: service, infPath: "oem12.inf", infSection: "BALLOON_Device.NT", provider: "Red Hat, Inc.",
          problem: ProblemCode.none) == .balloonDriver)
    }
    #expect(
      DriverBinding(service: "BALLOON", infPath: nil, infSection: nil, provider: nil, problem: .failedStart)
        == .balloonDriver)
  }

  @Test("machine.inf with NO_DRV and no service is the generic binding; one of the two is enough")
  func generic() {
    for (inf, section) in [
      ("machine.inf", "NO_DRV"), ("MACHINE.INF", "no_drv"), ("machine.inf", nil), (nil, "NO_DRV"),
      ("oem3.inf", "NO_DRV.NT"),
    ] {
      for problem in [nil, ProblemCode.none, .phantom, .disabled] {
        #expect(
          DriverBinding(service: nil, infPath: inf, infSection: section, provider: "Microsoft", problem: problem)
            == .generic)
        #expect(
          DriverBinding(service: "", infPath: inf, infSection: section, provider: nil, problem: problem) == .generic)
      }
    }
  }

  @Test("Code 28 with no value at all is no driver; so is a balloon's INF that left no service")
  func nothing() {
    #expect(
      DriverBinding(service: nil, infPath: nil, infSection: nil, provider: nil, problem: .failedInstall)
        == DriverBinding.none)
    #expect(DriverBinding(service: nil, infPath: "", infSection: "", provider: "", problem: nil) == DriverBinding.none)
    #expect(
      DriverBinding(
        service: nil, infPath: "oem12.inf", infSection: "BALLOON_Device.NT", provider: "Red Hat, Inc.", problem: nil)
        == DriverBinding.none)
    #expect(
      DriverBinding(service: nil, infPath: "oem5.inf", infSection: "x", provider: "y", problem: .failedInstall)
        == DriverBinding.none)
    #expect(
      DriverBinding(service: nil, infPath: "oem5.inf", infSection: "x", provider: "y", problem: ProblemCode.none)
        == .generic)
  }

  @Test("Any other service is told by its name, as ivshmem's is")
  func other() {
    let binding = DriverBinding(
      service: "IVSHMEM", infPath: "oem7.inf", infSection: "IVSHMEM_Device.NT", provider: "Red Hat, Inc.", problem: nil)
    #expect(binding == .other(service: "ivshmem"))
    #expect(binding != .other(service: "pci"))
    #expect(binding != .balloonDriver)
  }
}
