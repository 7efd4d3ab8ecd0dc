// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import GuestMemory
import Reports

/// A guest that is not there yet, or not as it would be.
struct PlanOptions: ParsableArguments {
  @Flag(help: "Predict what a Linux guest (x86-64) of --maximum would see with --current left to it; asks no guest.")
  var plan = false

  @Option(help: ArgumentHelp("<memory>: 32G, 512M, 1.5GiB; K, M, G, T are powers of 1024.", valueName: "size"))
  var maximum: ByteSize?

  @Option(help: ArgumentHelp("<currentMemory>, likewise.", valueName: "size"))
  var current: ByteSize?

  @Option(help: ArgumentHelp("The guest's kernel, as uname -r has it.", valueName: "release"))
  var kernel: String?

  @Option(help: "How many processors the guest has.")
  var processors: UInt64 = 1

  /// Whether anything of it was given.
  var isGiven: Bool { plan || maximum != nil || current != nil || kernel != nil || processors != 1 }

  func validate() throws {
    guard isGiven else { return }
    guard plan else { throw ValidationError("--maximum, --current, --kernel and --processors belong to --plan") }
    guard let maximum, let current else { throw ValidationError("--plan needs --maximum and --current") }
    guard current.bytes > 0, current.bytes <= maximum.bytes else {
      throw ValidationError("--current must be above 0 and no more than --maximum")
    }
    guard (1...4096).contains(processors) else { throw ValidationError("--processors takes a number from 1 to 4096") }
  }

  /// What it comes to; `nil` without --plan.
  var report: PlanReport? {
    guard plan, let maximum, let current else { return nil }
    return PlanReport(maximum: maximum.bytes, current: current.bytes, release: kernel, processors: processors)
  }
}

/// A size on the command line.
struct ByteSize: ExpressibleByArgument {
  let bytes: UInt64
  /// What is no size, has no unit, or is more than any machine has is refused.
  init?(argument: String) {
    guard let bytes = ByteCount.parse(argument), bytes < MemoryBucket.most else { return nil }
    self.bytes = bytes
  }
}
