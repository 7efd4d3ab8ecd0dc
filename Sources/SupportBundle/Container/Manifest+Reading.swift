// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import FoundationEssentials

extension Manifest {
  /// Reads a manifest that anybody may have written.
  /// - Parameter name: the bundle's, as messages have it.
  /// - Throws: ``BundleError/Code/incompatible`` for another version's, else ``BundleError/Code/refused``.
  init(reading bytes: [UInt8], of name: String) throws(BundleError) {
    let refusal = { (reason: String) in
      BundleError(.refused, "\(name) is refused: its \(BundlePath.manifest) \(reason)")
    }
    let tree: JSON
    do throws(JSONError) {
      tree = try JSONParser.parse(
        bytes, limits: JSONLimits(bytes: BundleLimits.list, depth: 8, string: 4096, exactIntegers: false))
    } catch {
      throw refusal("is no strict JSON (\(error.description))")
    }
    guard let schema = tree["schema"]?.string else { throw refusal("does not say of which schema it is") }
    guard schema == Self.schema else {
      guard schema.hasPrefix("virt-balloon/bundle/") else {
        throw refusal("is of the schema \(QuotedName.entry(schema)), which is not a bundle's")
      }
      throw BundleError(
        .incompatible,
        "\(name) is a bundle of the version \(QuotedName.entry(schema)), and this program reads \"\(Self.schema)\": "
          + "use the virt-balloon that wrote it, or a newer one")
    }
    do {
      // What Foundation's decoder is too lenient with was refused above.
      self = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
    } catch {
      throw refusal(Self.reason(error))
    }
    if let fault = fault() { throw refusal(fault) }
  }

  /// What is wrong with its values; nil when nothing is. The bundle's files are not looked at.
  func fault() -> String? {
    guard created.isFinite, 0...Self.latest ~= created else {
      return "says that it was created at \(created), which is no time after 1970"
    }
    var folders: Set<String> = []
    for guest in guests {
      guard Self.isFolder(guest.folder) else {
        return "has a guest in the folder \(QuotedName.entry(guest.folder)), which is neither \".\" nor as \"guests/1\""
      }
      guard folders.insert(guest.folder).inserted else {
        return "has two guests in the folder \(QuotedName.entry(guest.folder))"
      }
    }
    if folders.contains("."), folders.count > 1 { return "has a guest at the root and others beside it" }

    guard files.count <= BundleLimits.entries else { return "lists more than \(BundleLimits.entries) files" }
    var names = BundleNames()
    for file in files {
      let shown = QuotedName.entry(file.path)
      if let fault = BundlePath.fault(in: file.path) ?? names.add(file.path, isFile: true) {
        return "lists \(shown): \(fault)"
      }
      if file.path == BundlePath.manifest || file.path == BundlePath.digests {
        return "lists \(shown), which it cannot know"
      }
      guard 0...BundleLimits.file ~= file.bytes else { return "lists \(shown) with \(file.bytes) bytes" }
      guard SHA256.isHex(file.sha256) else { return "lists \(shown) with a digest that is not 64 hexadecimal digits" }
    }
    return nil
  }

  /// The end of the year 9999.
  private static let latest = 253_402_300_799.0

  /// `.` or `guests/1`, without zeros in front.
  private static func isFolder(_ folder: String) -> Bool {
    guard folder != "." else { return true }
    guard folder.hasPrefix("guests/") else { return false }
    let number = folder.dropFirst("guests/".utf8.count)
    return 1...4 ~= number.utf8.count && number.utf8.first != UInt8(ascii: "0")
      && number.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  /// A decoder's error in a few words of this program's own.
  private static func reason(_ error: any Error) -> String {
    func place(_ keys: [any CodingKey]) -> String {
      QuotedName.entry(keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "."))
    }
    return switch error {
    case DecodingError.keyNotFound(let key, let context): "lacks \(place(context.codingPath + [key]))"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "has another kind of value than it should at \(place(context.codingPath))"
    case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty:
      // Foundation does not tell where a number is none of the kind that was asked for.
      "has a number that does not fit its place"
    case DecodingError.dataCorrupted(let context): "has an unknown value at \(place(context.codingPath))"
    default: "cannot be decoded"
    }
  }
}
