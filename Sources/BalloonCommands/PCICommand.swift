// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import PCI
import PCIAccess
import Reports

/// `virt-balloon pci [--dump FILE]`
struct PCICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pci",
    abstract: "Show this machine's balloon function, for use inside a Linux guest, or the one in an lspci dump.",
    discussion: "Exit status: 0 when there is a balloon function, 1 when there is none.")

  @Option(help: ArgumentHelp("Read the output of lspci -x, -xxx or -xxxx in place of this machine.", valueName: "file"))
  var dump: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let functions: [PCIFunction]
    do throws(PCIAccessError) {
      functions = if let dump { try PCIScan.dump(file: dump) } else { try PCIScan.local() }
    } catch {
      throw Console.fail(error.message, .unavailable)
    }
    let relevant = functions.compactMap { function -> PCIReport.Function? in
      guard let identity = function.identity else { return nil }
      let reported = PCIReport.Function(
        address: function.address, path: function.path, identity: identity, vendorName: function.vendorName,
        deviceName: function.deviceName, isDriverKnown: function.driver != .unknown, driver: function.driver.name)
      return output.verbose || reported.kind != .other ? reported : nil
    }
    try output.print(
      PCIReport(
        subject: dump ?? "this machine", functions: relevant, others: functions.count - relevant.count))
    guard functions.contains(where: \.isBalloon) else { throw ExitCode(1) }
  }
}

extension PCIFunction.DriverBinding {
  /// The driver's name, when one is bound.
  fileprivate var name: String? {
    guard case .bound(let name) = self else { return nil }
    return name
  }
}
