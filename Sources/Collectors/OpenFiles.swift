// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// How many files this process may have open, which bounds how many guests it can look at at once.
enum OpenFiles {
  /// More than this is of no use: fifty thousand guests at once.
  private static let most: rlim_t = 65_536

  /// The limit, raised as far as this process may raise it.
  ///
  /// The usual soft limit of 1,024 is for programs that call select(2), which none of ours does; source: systemd's
  /// `DefaultLimitNOFILE=` in systemd-system.conf(5).
  static func raised() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
    let wanted = min(limit.rlim_max, most)
    if limit.rlim_cur < wanted {
      var higher = limit
      higher.rlim_cur = wanted
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &higher) == 0 { limit = higher }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
