// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// Where a link in Linux' sysfs leads, as `readlink` or `ls -l` prints it: to the driver of a PCI function, or of the
/// virtio device below one.
struct DriverLinkArtefact: ArtefactContent {
  private(set) var kind = "link in sysfs"
  private let links: LinuxPaste.DriverLinks
  /// The function, where the line or the command names it.
  private let address: PCIAddress?

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    readFolder(&cursor) ?? readLink(&cursor)
  }

  private static func readLink(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line.trimmed
    guard line.utf8.count < 512, let last = line.words.last, line.has("/drivers/") else { return nil }
    // Alone in its line, or behind an arrow: a path that somebody talks about is neither.
    guard line.words.count == 1 && last.hasPrefix("../") || line.words.dropLast().last == "->" else { return nil }
    var links = LinuxPaste.DriverLinks()
    if let name = name(last, behind: "bus/pci/drivers/") {
      links.driver = name
    } else if let name = name(last, behind: "bus/virtio/drivers/") {
      links.virtio = name
    } else {
      return nil
    }
    let asked = cursor.function.flatMap { cursor.index - $0.line <= 3 ? $0.address : nil }
    cursor.index += 1
    return DriverLinkArtefact(links: links, address: address(in: line) ?? asked)
  }

  /// The rows of `ls -l /sys/bus/virtio/drivers/virtio_balloon`: a link for each device that the driver holds, and one
  /// to the module, whose name stands for the folder's.
  ///
  ///     lrwxrwxrwx 1 root root    0 Nov 21 15:00 module -> ../../../../module/virtio_balloon
  ///     lrwxrwxrwx 1 root root    0 Nov 21 15:00 virtio1 -> ../../../../devices/pci0000:00/0000:00:05.0/virtio1
  private static func readFolder(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard isRow(cursor.line) || cursor.line.hasPrefix("total ") && cursor.peek(cursor.index + 1).map(isRow) == true
    else { return nil }
    var end = cursor.index + (isRow(cursor.line) ? 0 : 1)
    var module: Substring?
    var devices: [PCIAddress] = []
    while end - cursor.index < 256, let line = cursor.peek(end), isRow(line) {
      end += 1
      let words = line.words
      guard words.count >= 3, words[words.count - 2] == "->", let target = words.last else { continue }
      let name = words[words.count - 3]
      if name == "module", target.has("/module/") { module = target.split(separator: "/").last }
      if name.hasPrefix("virtio"), name.dropFirst(6).decimal != nil, target.has("/devices/"),
        target.split(separator: "/").last == name, let address = address(in: target)
      {
        devices.append(address)
      }
    }
    // Of all folders this one alone tells something: what a network's driver holds is none of the balloon's.
    guard module == "virtio_balloon" else { return nil }
    cursor.index = end
    return DriverLinkArtefact(
      kind: "ls of sysfs", links: LinuxPaste.DriverLinks(driver: nil, virtio: "virtio_balloon"),
      address: devices.count == 1 ? devices[0] : nil)
  }

  /// Whether a line begins as one of `ls -l` does: `lrwxrwxrwx 1 root root`.
  private static func isRow(_ line: Substring) -> Bool {
    guard line.utf8.count < 512, let mode = line.words.first, (10...11).contains(mode.utf8.count) else { return false }
    return mode.utf8.enumerated().allSatisfy { offset, byte in
      (offset == 0 ? "-dl" : offset == 10 ? ".+@" : "rwxsStT-").utf8.contains(byte)
    }
  }

  private static func name(_ path: Substring, behind folder: StaticString) -> String? {
    guard let place = path.place(of: folder) else { return nil }
    let name = path.utf8[place...].dropFirst(folder.utf8CodeUnitCount)
    return name.isEmpty || name.count > 64 || name.contains(UInt8(ascii: "/")) ? nil : String(Substring(name))
  }

  /// The last PCI address among the parts of the paths in a line.
  private static func address(in line: Substring) -> PCIAddress? {
    line.utf8.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: " ") }.reversed().lazy
      .compactMap { $0.count == 12 ? PCIAddress(parsing: String(Substring($0))) : nil }.first
  }

  /// Notes of which function a line asks: `# readlink /sys/bus/pci/devices/0000:00:05.0/driver`.
  static func note(_ line: Substring, _ cursor: inout ArtefactCursor) {
    guard line.utf8.count < 1_024, line.has("/sys/bus/pci/devices/"), let address = address(in: line) else { return }
    cursor.function = (address, cursor.index)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    if links.virtio == "virtio_balloon" { draft.linux.add(module: "virtio_balloon", .observed("running", source)) }
    if let address { draft.linux.add(links, at: address) }
  }
}
