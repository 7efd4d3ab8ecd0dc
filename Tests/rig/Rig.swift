// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Glibc

/// The program behind `make demo`.
@main
enum Rig {
  static func main() async {
    do {
      guard CommandLine.arguments.dropFirst() == ["demo"] else { throw RigError(.program, "usage: rig demo") }
      exit(try await Demo.run() ? 0 : 1)
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
