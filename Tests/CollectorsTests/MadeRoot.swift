// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Testing

/// Runs `body` with a directory that stands for `/`, and these files in it.
func withRoot(_ files: [String: String], _ body: (_ root: String) throws -> Void) throws {
  let root = "/tmp/virt-balloon-root.\(getpid()).\(UInt32.random(in: 0 ... .max))"
  var made = [root]
  mkdir(root, 0o700)
  defer { for path in made.reversed() { remove(path) } }
  for (path, text) in files {
    var directory = root
    for part in path.split(separator: "/").dropLast() {
      directory += "/" + part
      if mkdir(directory, 0o700) == 0 { made.append(directory) }
    }
    let file = try #require(fopen(root + path, "w"))
    fputs(text, file)
    fclose(file)
    made.append(root + path)
  }
  try body(root)
}
