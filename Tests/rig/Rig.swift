// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Glibc

/// The program behind `make demo`, `make bench` and `make experiment`.
@main
enum Rig {
  static func main() async {
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      switch (arguments.first, arguments.count) {
      case ("demo", 1): exit(try await Demo.run() ? 0 : 1)
      case ("bench", 1): exit(try await Bench.run(json: nil) ? 0 : 1)
      case ("bench", 3) where arguments[1] == "--json": exit(try await Bench.run(json: arguments[2]) ? 0 : 1)
      case ("experiment", 1): try await Experiment.run()
      case ("experiment", 2) where arguments[1] == "--draw": try await Experiment.draw()
      default:
        throw RigError(.program, "usage: rig demo, or rig bench [--json FILE], or rig experiment [--draw]")
      }
    } catch {
      complain("\(error)")
      exit(70)
    }
  }
}

/// Prints a line on standard error.
func complain(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
