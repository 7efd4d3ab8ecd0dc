// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// Tries each thing that only a real Windows can prove, and says how it went: Wine, under which this program is tested,
/// answers some questions always the same.
package struct SelfCheck {
  private let note: (String) -> Void
  /// Whether nothing has failed so far.
  package private(set) var hasPassed = true

  /// - Parameter note: takes one line for each check.
  package init(note: @escaping (String) -> Void) { self.note = note }

  package mutating func run(port: PortTarget) {
    let platform = WindowsPlatform()
    checkSystem(platform)
    checkPort(port)
    checkMemory()
    checkFunctions(platform)
    checkServices(platform)
    checkLogs()
    let listens = vb_win_listen() == 1
    report("notices of virtio-serial ports", listens ? .passed("Windows sends them") : .skipped("not before Windows 8"))
    let handles = vb_win_handle_count()
    report("handles of this process", handles >= 0 ? .passed(String(handles)) : .failed(WindowsError(handles).words))
  }

  private enum Outcome { case passed(String), failed(String), skipped(String) }

  private mutating func report(_ what: String, _ outcome: Outcome) {
    switch outcome {
    case .passed(let detail): note("pass  " + what + ": " + detail)
    case .skipped(let detail): note("skip  " + what + ": " + detail)
    case .failed(let detail):
      hasPassed = false
      note("FAIL  " + what + ": " + detail)
    }
  }

  /// A fact that there must be.
  private mutating func require<Value>(_ what: String, _ fact: Fact<Value>, _ write: (Value) -> String) {
    switch fact {
    case .observed(let value, _): report(what, .passed(write(value)))
    case .absent(let source): report(what, .failed("absent: " + source))
    case .failed(let failure, let source): report(what, .failed(failure.detail + ": " + source))
    }
  }

  // MARK: The checks

  private mutating func checkSystem(_ platform: WindowsPlatform) {
    report(
      "administrator's rights",
      vb_win_is_elevated() != 0 ? .passed("held") : .failed("not held; run this as an administrator"))
    guard let os = try? platform.os() else { return report("the system's version", .failed("cannot be read")) }
    require("the system's name", os.name) { $0 }
    require("its version", os.kernel) { $0 }
    guard let windows = os.windows else { return }
    require("test signing", windows.testSigning) { $0 ? "on" : "off" }
    switch windows.secureBoot {
    case .observed(let isOn, _): report("Secure Boot", .passed(isOn ? "on" : "off"))
    case .absent: report("Secure Boot", .passed("the firmware has none"))
    case .failed(let failure, _): report("Secure Boot", .failed(failure.detail))
    }
    if case .value(let root) = platform.systemRoot {
      let path = root + "\\System32\\ntoskrnl.exe"
      require("a file's version", DriverFile.version(of: .value(ImagePath(path)), .value(root), path)) { $0 }
    }
  }

  private mutating func checkPort(_ target: PortTarget) {
    let what = "the port " + target.text
    if let service = try? AgentService.state(), service.isRunning {
      return report(what, .skipped("the service has it open; stop it first"))
    }
    do throws(WindowsError) {
      let port = try PortChannel(target)
      var buffer = [UInt8](repeating: 0, count: 4096)
      do throws(WindowsError) {
        let count = try port.read(&buffer, milliseconds: 100)
        report(what, .passed("opens; a host is connected and sent " + String(count) + " bytes"))
      } catch {
        report(
          what, error.kind == .noPeer ? .passed("opens; no host is connected") : .failed("opens; " + error.words))
      }
    } catch {
      report(what, .failed(error.words))
    }
  }

  private mutating func checkMemory() {
    switch MemoryReading().agrees {
    case true?: report("both accounts of memory", .passed("agree"))
    case false?: report("both accounts of memory", .failed("differ"))
    case nil: report("both accounts of memory", .failed("one cannot be had"))
    }
  }

  private mutating func checkFunctions(_ platform: WindowsPlatform) {
    let keys: [UInt64]
    do throws(ProtocolError) { keys = try platform.functions() } catch {
      return report("enumeration of PCI devices", .failed(error.message))
    }
    report("enumeration of PCI devices", .passed(String(keys.count) + " of vendor 1af4 or class 05"))
    if keys.isEmpty { report("device states", .skipped("there is no device to ask about")) }
    for key in keys {
      guard let function = platform.function(key), let windows = function.windows else { continue }
      check(function, windows)
    }
  }

  private mutating func check(_ function: PCIFunctionFacts, _ windows: WindowsDeviceFacts) {
    let name = windows.instanceID.value ?? "a device"
    if windows.isPresent.value == false {
      report(name, .passed("remembered, not present"))
      return
    }
    guard let status = windows.status.value, let problem = function.problemCode.value else {
      return report(name, .failed("CM_Get_DevNode_Status does not answer"))
    }
    // A device that is there has flags; Wine always says 0.
    report(
      name + ", state",
      status == 0 ? .failed("CM_Get_DevNode_Status says nothing") : .passed("problem code " + String(problem)))
    switch (windows.locationPath.value, windows.instancePath.value) {
    case (let location?, let instance?) where location.utf8.elementsEqual(instance.utf8):
      report(name + ", bridge path", .passed(location))
    case (let location, let instance):
      report(name + ", bridge path", .failed((location ?? "none") + " and " + (instance ?? "none")))
    }
    switch (function.address.value, windows.locationAddress.value) {
    case (let address?, let location?) where address.utf8.elementsEqual(location.utf8):
      report(name + ", address", .passed(address + " by " + function.address.source))
    case (let address, let location):
      report(name + ", address", .failed((address ?? "none") + " and " + (location ?? "none")))
    }
  }

  private mutating func checkServices(_ platform: WindowsPlatform) {
    do throws(ProtocolError) {
      for service in try platform.services() {
        switch service.state {
        case .observed(let state, _): report("service or package " + service.name, .passed(state))
        case .absent: report("service or package " + service.name, .passed("there is none"))
        case .failed(let failure, _): report("service or package " + service.name, .failed(failure.detail))
        }
      }
    } catch {
      report("services", .failed(error.message))
    }
  }

  private mutating func checkLogs() {
    do throws(WindowsError) {
      report("setupapi.dev.log", .passed(String(try SetupLogFile.entries().count) + " lines about the balloon"))
    } catch {
      report("setupapi.dev.log", .failed(error.words))
    }
    do throws(WindowsError) {
      report("the System event log", .passed(String(try SystemEventLog.entries().count) + " records about the balloon"))
    } catch {
      report("the System event log", .failed(error.words))
    }
  }
}
