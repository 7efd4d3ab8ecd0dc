// SPDX-License-Identifier: GPL-3.0-or-later

/// The words that stay in redacted prose: those of our own sentences, of the usual messages of QEMU, libvirt and the
/// system about a balloon, and the names of drivers, services, commands and settings that everybody has.
///
/// Common names of hosts and people are no part of it, unless a sentence of ours truly needs the word. A word that is
/// missing here costs a reader one word; one too many may cost a user a name.
enum Vocabulary {
  /// Whether `word`, folded, stays in a sentence.
  static func has(_ word: String) -> Bool { words.contains(word) }

  /// Whether `word`, folded, stays also where it stands for itself: in quotes, or as a step of a path.
  static func hasAlone(_ word: String) -> Bool { words.contains(word) && !names.contains(word) }

  private static let words: Set<String> = {
    var words: Set<String> = []
    for list in [sentences, messages, terms] {
      for word in list.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }) {
        words.insert(String(word) ?? "")
      }
    }
    return words
  }()

  /// Words that sentences need and that people also give to machines and to files.
  private static let names: Set<String> = [
    "alpha", "backend", "bare", "base", "beta", "box", "circle", "client", "clients", "cloud", "cluster", "core",
    "data", "dead", "default", "desktop", "exchange", "focal", "front", "glass", "guest", "guests", "hardware",
    "host", "human", "journal", "looking", "main", "mantic", "march", "master", "mobile", "network", "noble",
    "node", "nodes", "pool", "primary", "private", "pro", "progress", "project", "public", "remote", "secure",
    "september", "server", "servers", "sid", "slave", "software", "storage", "store", "stream", "test", "tests",
    "user", "virtual",
  ]
}
