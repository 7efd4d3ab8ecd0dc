// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Glibc
import Reports

/// Standard output carries the report and nothing else; standard error carries one line for each thing that went wrong.
enum Console {
  /// Writes all of `bytes` to standard output; a reader that has gone ends the program quietly, any other failure with
  /// one line.
  ///
  /// - Parameter what: what it is that is written.
  static func write(_ bytes: [UInt8], as what: String = "report") throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written >= 0 {
        rest = rest.dropFirst(written)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var ready = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        _ = poll(&ready, 1, -1)
      case EPIPE: throw ExitCode.internalError
      case let failure:
        throw fail("the \(what) cannot be written: \(String(cString: strerror(failure)))", .internalError)
      }
    }
  }

  /// One line on standard error, whatever `message` holds.
  static func complain(_ message: String) {
    let line = "virt-balloon: " + TerminalText.escaped(message, unicode: true) + "\n"
    _ = Array(line.utf8).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Says why and ends with `status`.
  static func fail(_ message: String, _ status: ExitCode) -> ExitCode {
    complain(message)
    return status
  }
}
