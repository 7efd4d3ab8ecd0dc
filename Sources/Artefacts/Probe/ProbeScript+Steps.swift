// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
package import Collectors

extension ProbeScript {
  /// The same commands, for qemu-ga to run, and the reader of what they print.
  ///
  /// - Parameters:
  ///   - tool: the version of virt-balloon, for the evidence.
  package static func probe(tool: String, now: @escaping @Sendable () -> Double) -> GuestProbe {
    GuestProbe(windows: windowsSteps, linux: linuxSteps) { output in
      guard let text = try? ArtefactText(name: "qemu-ga guest-exec", output),
        let analysis = try? Analysis([text], tool: tool, now: now())
      else { return nil }
      return analysis.artefacts.isEmpty ? nil : analysis.evidence.guest
    }
  }

  /// The paste line by line: what it echoes is text, the rest is run as it stands.
  static var windowsSteps: [GuestProbe.Step] {
    windows.split(separator: "\n").compactMap { line in
      if line.hasPrefix("rem") { return nil }
      if let text = line.dropping("echo ") { return .text(String(text)) }
      let words = words(of: line)
      guard let program = words.first else { return nil }
      // `ver` is cmd's own.
      return program == "ver"
        ? .run(program: "cmd.exe", arguments: ["/c", "ver"])
        : .run(program: program + ".exe", arguments: Array(words.dropFirst()))
    }
  }

  static var linuxSteps: [GuestProbe.Step] { [.run(program: "/bin/sh", arguments: ["-c", linux])] }

  /// The words of a command line, those between double quotes as one.
  private static func words(of line: Substring) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
  }
}
