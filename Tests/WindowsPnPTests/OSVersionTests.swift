// SPDX-License-Identifier: BSD-3-Clause
import Testing
import WindowsPnP

@Suite("Windows' own version")
struct OSVersionTests {
  @Test("A Windows 11 that calls itself Windows 10 is known by its build")
  func windows11() {
    // Published: the values of a fresh Windows 11, itm4n/PrivescCheck#41.
    var system = OSVersion()
    system.productName = "Windows 10 Pro"
    system.currentBuildNumber = "22621"
    system.currentVersion = "6.3"
    system.major = 10
    system.minor = 0
    system.releaseID = "2009"
    system.displayVersion = "22H2"
    system.updateRevision = 1194
    system.edition = "Professional"
    system.installationType = "Client"
    #expect(system.name == "Windows 11 Pro")
    #expect(system.version == "10.0.22621.1194")
    #expect(system.release == "22H2")
    #expect(system.isServer == false)
    system.currentBuildNumber = "19045"
    #expect(system.name == "Windows 10 Pro")
    system.currentBuildNumber = "22000"
    #expect(system.name == "Windows 11 Pro")
    system.currentBuildNumber = nil
    #expect(system.name == "Windows 10 Pro")
    #expect(system.version == "10.0")
  }

  @Test("A server keeps its name, whatever its build")
  func server() {
    var system = OSVersion()
    system.productName = "Windows Server 2025 Standard"
    system.currentBuildNumber = "26100"
    system.installationType = "Server Core"
    #expect(system.name == "Windows Server 2025 Standard")
    #expect(system.isServer == true)
    system.installationType = nil
    #expect(system.isServer == true)
    system.productName = "Windows 10 Server"
    #expect(system.name == "Windows 10 Server")
    system.productName = "Windows 100"
    #expect(system.name == "Windows 100")
    #expect(system.isServer == false)
  }

  @Test("Windows 7 has its service pack in its name, and no release")
  func windows7() {
    var system = OSVersion()
    system.productName = "Windows 7 Professional"
    system.currentVersion = "6.1"
    system.currentBuildNumber = "7601"
    system.servicePack = "Service Pack 1"
    #expect(system.name == "Windows 7 Professional Service Pack 1")
    #expect(system.version == "6.1.7601")
    #expect(system.release == nil)
  }

  @Test("The release's id stands in where there is no display version")
  func release() {
    var system = OSVersion()
    system.releaseID = "1909"
    #expect(system.release == "1909")
    system.displayVersion = ""
    #expect(system.release == "1909")
  }

  @Test("What is not known is not told, and broken numbers are not known")
  func unknown() {
    var system = OSVersion()
    #expect(system.name == nil)
    #expect(system.version == nil)
    #expect(system.release == nil)
    #expect(system.build == nil)
    #expect(system.isServer == nil)
    #expect(system.ntVersion == nil)
    system.productName = ""
    #expect(system.name == nil)
    for text in ["", "x", "22000x", "-1", "99999999999", "4294967296", " 22000"] {
      system.currentBuildNumber = text
      #expect(system.build == nil)
    }
    for text in ["", "6", "6.", ".1", "6.1.7601", "a.b", "99999.1"] {
      system.currentVersion = text
      #expect(system.ntVersion == nil)
    }
    system.major = 10
    #expect(system.ntVersion == nil)
  }
}
