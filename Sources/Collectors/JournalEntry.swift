// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

/// What is to be put back should this program be killed: written before the first change, removed after the last.
package struct JournalEntry: Hashable, Sendable {
  package static let schema = "virt-balloon/exercise-journal/1"
  /// The longest file that is read.
  package static let byteLimit = 16 << 10

  package var machine: MachineIdentity
  /// The size that was asked for before, in bytes.
  package var original: UInt64
  /// The TARGET as it was given on the command line, and the libvirt URI; to find the machine again.
  package var target: String
  package var connect: String?
  /// When it was written, in seconds since 1970.
  package var written: UInt64

  package init(machine: MachineIdentity, original: UInt64, target: String, connect: String?, written: UInt64) {
    self.machine = machine
    self.original = original
    self.target = target
    self.connect = connect
    self.written = written
  }

  package var bytes: [UInt8] {
    var members: [(String, JSON)] = [
      ("schema", .string(Self.schema)), ("machine", .string(machine.key)), ("run", .string(machine.run)),
      ("original", .integer(original)), ("target", .string(target)), ("written", .integer(written)),
    ]
    if let connect { members.append(("connect", .string(connect))) }
    var bytes: [UInt8] = []
    JSON.object(JSONObject(members)).write(to: &bytes)
    return bytes + [UInt8(ascii: "\n")]
  }

  /// Reads a file strictly: every member, none besides, nothing that cannot be.
  package init?(parsing bytes: [UInt8]) {
    let limits = JSONLimits(bytes: Self.byteLimit, depth: 2, string: 8 << 10, exactIntegers: false)
    guard let object = (try? JSON(parsing: bytes, limits: limits))?.object,
      object.members.allSatisfy({ Self.names.contains($0.key) }),
      object["schema"]?.string == Self.schema,
      let key = object["machine"]?.string, let run = object["run"]?.string, !key.isEmpty, !run.isEmpty,
      let original = object["original"]?.uint, original > 0, original <= UInt64(Int64.max),
      let target = object["target"]?.string, !target.isEmpty, let written = object["written"]?.uint
    else { return nil }
    if let connect = object["connect"] {
      guard let uri = connect.string, !uri.isEmpty else { return nil }
      self.connect = uri
    } else {
      connect = nil
    }
    machine = MachineIdentity(key: key, run: run)
    self.original = original
    self.target = target
    self.written = written
  }

  private static let names: Set = ["schema", "machine", "run", "original", "target", "connect", "written"]
}
