// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// What Linux says of the balloon's module: `lsmod`, `modinfo`, `modprobe`, and the counters in /proc/vmstat.
struct LinuxModulesArtefact: ArtefactContent {
  let kind: String
  private var loaded: [String] = []
  private var missing: String?
  private var counters: [String: UInt64] = [:]

  /// The modules that bear on the balloon, as the agent names them.
  private static let known: Set<Substring> = [
    "virtio_balloon", "virtio_pci", "virtio_console", "uio_pci_generic", "vfio_pci", "pci_stub",
  ]
  private static let counterNames: Set<Substring> = [
    "balloon_inflate", "balloon_deflate", "balloon_migrate", "nr_balloon_pages",
  ]

  private init(_ kind: String) { self.kind = kind }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.line.utf8.count < 1_024 else { return nil }
    return modules(&cursor) ?? vmstat(&cursor) ?? absence(&cursor) ?? modinfo(&cursor)
  }

  /// `Module  Size  Used by`, and rows such as `virtio_balloon  24576  0`; without the title rows of virtio alone.
  private static func modules(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    var end = cursor.index
    let title = cursor.line.words
    let hasTitle = title.count == 4 && title[0] == "Module" && title[1] == "Size"
    if hasTitle { end += 1 }
    var list = LinuxModulesArtefact("lsmod")
    var rows = 0
    while let line = cursor.peek(end), rows < 4_096, let name = module(line), hasTitle || name.hasPrefix("virtio") {
      if known.contains(name), list.loaded.count < 64 { list.loaded.append(String(name)) }
      rows += 1
      end += 1
    }
    guard rows > 0 else { return nil }
    cursor.index = end
    return list
  }

  private static func module(_ line: Substring) -> Substring? {
    let words = line.words
    guard (3...4).contains(words.count), words[1].decimal != nil, words[2].decimal != nil || words[2] == "-2",
      words[0].utf8.allSatisfy({ (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5f })
    else { return nil }
    return words[0]
  }

  private static func vmstat(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    var list = LinuxModulesArtefact("/proc/vmstat")
    var end = cursor.index
    while let words = cursor.peek(end)?.words, words.count == 2, counterNames.contains(words[0]),
      let number = words[1].decimal
    {
      list.counters[String(words[0])] = number
      end += 1
    }
    guard !list.counters.isEmpty else { return nil }
    cursor.index = end
    return list
  }

  /// `modprobe: FATAL: Module virtio_balloon not found in directory …`, and modinfo's word of the same.
  private static func absence(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line
    guard line.has("mod"), line.has("Module virtio_balloon not found") else { return nil }
    guard line.has("modprobe: FATAL: ") || line.has("modinfo: ERROR: ") else { return nil }
    var list = LinuxModulesArtefact(line.has("modprobe") ? "modprobe" : "modinfo")
    list.missing = "virtio_balloon"
    cursor.index += 1
    return list
  }

  /// `filename:  /lib/modules/…/virtio_balloon.ko`: the module is on disk, whether it is loaded or not.
  private static func modinfo(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let rest = cursor.line.trimmed.dropping("filename:"), rest.has("virtio_balloon.ko") else { return nil }
    cursor.index += 1
    while let line = cursor.peek(cursor.index), let (name, _) = line.halves(at: ":"), !name.has(" "),
      name.utf8.count < 16
    {
      cursor.index += 1
    }
    return QuietArtefact(kind: "modinfo")
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    for name in loaded { draft.linux.add(module: name, .observed("running", source)) }
    if let missing { draft.linux.add(module: missing, .absent(source)) }
    guard !counters.isEmpty else { return }
    let unknown = Observation<String>.failed(Failure(.notAsked, "the counters do not tell"), source)
    draft.linux.add(module: "virtio_balloon", unknown, counters: counters.mapValues { .observed($0, source) })
  }
}
