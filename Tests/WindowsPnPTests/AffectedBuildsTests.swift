// SPDX-License-Identifier: BSD-3-Clause
import Testing
import WindowsPnP

@Suite("The builds that have a fault")
struct AffectedBuildsTests {
  private func has(_ builds: AffectedBuilds, _ version: String, _ day: String? = nil) -> AffectedBuilds.Answer {
    builds.has(DriverVersion(version), day: day)
  }

  @Test("A range of builds has its ends, and no others")
  func range() {
    let builds = AffectedBuilds(first: 96, last: 104)
    #expect(has(builds, "61.71.104.9500") == .no)
    #expect(has(builds, "61.71.104.9600") == .byBuild)
    #expect(has(builds, "63.73.104.10400") == .byBuild)
    #expect(has(builds, "61.73.104.10500") == .no)
    #expect(has(builds, "8.0.41.6", "2015-01-01") == .no)
    #expect(has(builds, "no version") == .no)
    let windows7 = AffectedBuilds(first: 94, last: 94, target: .windows7)
    #expect(has(windows7, "61.71.104.9400") == .byBuild)
    #expect(has(windows7, "62.71.104.9400") == .no)
    #expect(has(windows7, "8.0.41.6") == .no)
  }

  @Test("Beyond the last build that is known the day decides, where it is known")
  func mended() {
    let builds = AffectedBuilds(last: 262, mended: "2024-10-08")
    #expect(has(builds, "100.95.104.26200") == .byBuild)
    // A later day of the same build is a package's, not the sources'.
    #expect(has(builds, "100.95.104.26200", "2025-01-01") == .byBuild)
    #expect(has(builds, "100.100.104.26600") == .unknown)
    #expect(has(builds, "100.100.104.26600", "2024-10-07") == .byDay)
    #expect(has(builds, "100.100.104.26600", "2024-10-08") == .no)
    #expect(has(builds, "8.0.41.6", "2019-12-31") == .byDay)
    #expect(has(builds, "100.101.101.58000") == .unknown)
    #expect(has(AffectedBuilds(first: 248, last: 266, mended: "2024-12-11"), "100.93.104.24000", "2023-07-21") == .no)
    #expect(has(AffectedBuilds(first: 248, last: 266, mended: "2024-12-11"), "8.0.41.6", "2023-07-21") == .no)
  }

  @Test(
    "What is no day decides nothing",
    arguments: ["", "2024", "2024-13-01", "2024-02-30", "24-01-01", "2024-1-1xx", "2024/01/01", "９999-01-01"])
  func noDay(_ day: String) {
    #expect(has(AffectedBuilds(mended: "2024-10-08"), "100.100.104.26600", day) == .unknown)
  }

  @Test("Where no range is known, no build can be ruled out")
  func open() {
    #expect(has(.all, "100.100.104.26600") == .open)
    #expect(AffectedBuilds.all.has(nil, day: nil) == .open)
  }
}

@Suite("Windows NT's versions")
struct NTVersionTests {
  @Test(
    "are read with and without a build",
    arguments: [
      ("10.0.20348", 10, 0, 20_348), ("10.0.19045.3803", 10, 0, 19_045), ("6.1", 6, 1, nil), ("6.3.9600", 6, 3, 9_600),
    ] as [(String, UInt32, UInt32, UInt32?)])
  func versions(_ text: String, _ major: UInt32, _ minor: UInt32, _ build: UInt32?) {
    #expect(NTVersion(text) == NTVersion(major: major, minor: minor, build: build))
  }

  @Test(
    "are nothing else",
    arguments: [
      "", "10", "10.", "10.0.", "10.0.1.", "10.0.1.2.3", "x.y", "10.0 ", "100.0", "10.0.99999999999999999999",
    ])
  func noVersions(_ text: String) { #expect(NTVersion(text) == nil) }

  @Test(
    "are told by a build alone, where a release has it",
    arguments: [
      ("2600", "5.1.2600"), ("3790", "5.2.3790"), ("6002", "6.0.6002"), ("7601", "6.1.7601"), ("9200", "6.2.9200"),
      ("9600", "6.3.9600"), ("20348", "10.0.20348"), ("8102", nil), ("1", nil), ("", nil), ("26200.1", nil),
    ] as [(String, String?)])
  func builds(_ text: String, _ version: String?) { #expect(NTVersion(build: text)?.description == version) }

  @Test("order drivers by the Windows that they are for")
  func order() throws {
    let driver = try #require(VirtioWinVersion("62.93.104.24000"))
    #expect(driver.order(to: NTVersion(major: 6, minor: 1)) > 0)
    #expect(driver.order(to: NTVersion(major: 6, minor: 2, build: 9_200)) == 0)
    #expect(driver.order(to: NTVersion(major: 10, minor: 0)) < 0)
    #expect(VirtioWinVersion.Target(of: NTVersion(major: 6, minor: 1, build: 7_601)) == .windows7)
    #expect(VirtioWinVersion.Target(of: NTVersion(major: 4, minor: 0)) == nil)
    #expect(NTVersion(major: 10, minor: 0, build: 26_200).isWindows11OrLater)
    #expect(!NTVersion(major: 10, minor: 0, build: 19_045).isWindows11OrLater)
  }
}
