// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts
import BalloonEvidence
import Collectors

/// The evidence of files that somebody pasted or saved, registry hives among them; all together are one guest.
struct PastedEvidence {
  /// Something that went wrong on the way, and what it means for the exit status.
  struct Complaint {
    let message: String
    let status: ExitCode
  }

  /// `nil` when nothing could be read.
  private(set) var evidence: Evidence?
  /// Why a file, or all of them, could not be read; in order.
  private(set) var complaints: [Complaint] = []

  /// - Parameters:
  ///   - paths: `-` is standard input, and so is none at all.
  ///   - verbose: whether the lines that were not understood are listed.
  init(_ paths: [String], verbose: Bool) {
    do throws(TargetError) {
      let found = try HiveFiles(among: paths)
      let hives = try found.files.map { (files) throws(TargetError) in
        try HiveCollector(clock: .system, tool: VirtBalloon.version).collect(
          files, target: Target(kind: .artefacts, name: nil, uuid: nil, location: files.system))
      }
      if let hives, found.others.isEmpty { evidence = hives } else { read(found.others, beside: hives, verbose) }
    } catch {
      complain(error.message, .unavailable)
    }
  }

  private mutating func complain(_ message: String, _ status: ExitCode) {
    complaints.append(Complaint(message: message, status: status))
  }

  private mutating func read(_ paths: [String], beside hives: Evidence?, _ verbose: Bool) {
    var files = ArtefactTexts()
    for file in paths.isEmpty ? ["-"] : paths {
      do throws(ArtefactError) {
        let (name, bytes) = try ArtefactFile(file).read()
        files.add(try ArtefactText(name: name, bytes))
      } catch {
        complain(error.message, .unavailable)
      }
    }
    if let notice = files.notice { complain(notice, .unavailable) }
    let texts = files.texts
    guard !texts.isEmpty else { return }
    let analysis: Analysis
    do throws(ArtefactError) {
      analysis = try Analysis(texts, tool: VirtBalloon.version, now: WallClock.system.now())
    } catch {
      return complain(error.message, ExitCode(64))
    }
    if analysis.artefacts.isEmpty {
      let names = texts.map(\.name).joined(separator: ", ")
      complain("\(names): nothing that is understood here; `virt-balloon analyze --help` lists what is", .success)
    }
    var evidence = analysis.evidence
    evidence.collection.notices += analysis.notices(verbose: verbose)
    if let notice = files.notice { evidence.collection.notices.append(notice + ".") }
    if let hives {
      evidence.collection.notices += hives.collection.notices
      if evidence.guest.functions.value == nil {
        evidence.guest = hives.guest
      } else {
        evidence.collection.notices.append("The texts tell the guest's devices too; the hives were not taken for them.")
      }
    }
    self.evidence = evidence
  }
}
