// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestLink

extension Redactor {
  /// An exchange with qemu-ga. Of a command that is not known every text is a token.
  mutating func redact(qemuGA bytes: [UInt8]) -> [UInt8]? {
    exchange(bytes, "qemu-ga", names: QEMUGuestAgentShape.names) { exchange in
      guard let command = exchange["execute"]?.string else { return nil }
      return [
        "execute": .text(.words(QEMUGuestAgentShape.commands)),
        "arguments": .object(QEMUGuestAgentShape.arguments),
        "return": QEMUGuestAgentShape.results[command] ?? .other,
        "error": .object([
          "class": .text(.words(QEMUGuestAgentShape.errorClasses)), "desc": .text(.prose), "message": .text(.prose),
        ]),
      ]
    }
  }
}

/// What qemu-ga returns, command by command. Source: QEMU qga/qapi-schema.json, up to 9.1.
enum QEMUGuestAgentShape {
  static let commands: Set<String> = Set(
    """
    guest-sync guest-sync-delimited guest-ping guest-info guest-get-time guest-set-time guest-shutdown guest-file-open
    guest-file-close guest-file-read guest-file-write guest-file-seek guest-file-flush guest-fsfreeze-status
    guest-fsfreeze-freeze guest-fsfreeze-freeze-list guest-fsfreeze-thaw guest-fstrim guest-suspend-disk
    guest-suspend-ram guest-suspend-hybrid guest-network-get-interfaces guest-get-vcpus guest-set-vcpus guest-get-disks
    guest-get-fsinfo guest-set-user-password guest-get-memory-blocks guest-set-memory-blocks
    guest-get-memory-block-info guest-exec guest-exec-status guest-get-host-name guest-get-users guest-get-timezone
    guest-get-osinfo guest-get-devices guest-ssh-get-authorized-keys guest-ssh-add-authorized-keys
    guest-ssh-remove-authorized-keys guest-get-diskstats guest-get-cpustats guest-get-load guest-network-get-route
    """.split(whereSeparator: \.isWhitespace).map(String.init))

  static let errorClasses: Set<String> = ["GenericError", "CommandNotFound", "CommandDisabled", "TooLong"]

  static let arguments: [String: JSONShape] = [
    "path": .text(.prose), "arg": .list(.text(.prose)), "input-data": .text(.token(.text)),
  ]

  static let results: [String: JSONShape] = [
    "guest-info": .object([
      "version": AgentShape.version, "supported_commands": .list(.object(["name": .text(.words(commands))])),
    ]),
    "guest-get-osinfo": .object([
      "id": word, "name": AgentShape.systemName, "pretty-name": AgentShape.systemName,
      "version": AgentShape.systemVersion, "version-id": AgentShape.systemVersion, "kernel-release": AgentShape.kernel,
      "kernel-version": .text(.prose), "machine": .text(.words(FieldText.architectures)),
      "machine-id": .text(.token(.uuid)), "variant": AgentShape.systemName, "variant-id": word,
    ]),
    "guest-get-devices": .list(
      .object([
        "driver-name": AgentShape.deviceName, "driver-version": AgentShape.version, "driver-date": AgentShape.day,
        "id": place, "address": place,
      ])),
    "guest-exec-status": .object(["out-data": output, "err-data": output]),
    "guest-get-host-name": .object(["host-name": .text(.token(.host))]),
    "guest-get-users": .list(.object(["user": .text(.token(.user)), "domain": .text(.token(.host))])),
  ]

  private static let place: JSONShape = .object([
    "type": .text(.words(["pci"])), "data": .object(["type": .text(.words(["pci"]))]),
  ])
  private static let output: JSONShape = .text(.parsed(programOutput))

  private static let word: JSONShape = .text(
    .known(WindowsText.isSystem, otherwise: { $0.word($1, at: $2) }))

  /// What a program wrote, as prose, in base64 again; nothing of what is no text.
  @Sendable private static func programOutput(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    guard let bytes = Base64.decode(text), let output = String(validating: bytes, as: UTF8.self),
      !output.utf8.contains(0)
    else { return "" }
    return Base64.encode(Array(redactor.redact(output, at: place).utf8))
  }

  static let names: Set<String> = Set(
    """
    execute arguments return error class code message desc version supported_commands name enabled success-response id
    pretty-name version-id kernel-release kernel-version machine machine-id variant variant-id driver-name
    driver-date driver-version address type data vendor-id device-id path arg env input-data capture-output pid
    exited exitcode signal out-data err-data out-truncated err-truncated host-name user domain login-time
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}
