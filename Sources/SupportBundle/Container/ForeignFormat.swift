// SPDX-License-Identifier: GPL-3.0-or-later

/// What a file is that is not gzip, as far as its first bytes tell: for a message that helps.
enum ForeignFormat: String {
  case tar = "a plain tar archive"
  case gzip = "gzip data"
  case xz = "xz data"
  case zstd = "zstd data"
  case bzip2 = "bzip2 data"
  case lz4 = "lz4 data"
  case zip = "a zip archive"
  case sevenZip = "a 7z archive"

  init?(of bytes: some Sequence<UInt8>) {
    let head = Array(bytes.prefix(512))
    let kinds: [(ForeignFormat, [UInt8])] = [
      (.gzip, [0x1f, 0x8b]), (.xz, [0xfd, 0x37, 0x7a, 0x58, 0x5a]), (.zstd, [0x28, 0xb5, 0x2f, 0xfd]),
      (.bzip2, [0x42, 0x5a, 0x68]), (.lz4, [0x04, 0x22, 0x4d, 0x18]), (.zip, [0x50, 0x4b, 0x03, 0x04]),
      (.sevenZip, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]),
    ]
    if let kind = kinds.first(where: { head.starts(with: $0.1) }) {
      self = kind.0
    } else if head.count > 262, head[257..<262].elementsEqual("ustar".utf8) {
      self = .tar
    } else {
      return nil
    }
  }
}
