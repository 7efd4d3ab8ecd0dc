// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import SupportBundle
import Testing

/// Archives that python3's tarfile, gzip, lzma and bz2 made of a good bundle. Synthesised.
@Suite("A hostile bundle")
struct HostileBundleTests {
  /// Makes the archives in the current folder, of `good.tar.gz` there.
  private static let maker = #"""
    import bz2, gzip, io, lzma, struct, tarfile, zipfile, zlib
    root = "virt-balloon-bundle/"
    packed = open("good.tar.gz", "rb").read()
    plain = gzip.decompress(packed)
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        good = [(m, archive.extractfile(m).read() if m.isreg() else b"") for m in archive]

    def write(name, data):
        with open(name, "wb") as file: file.write(data)

    def tar(more, form=tarfile.USTAR_FORMAT, first=good):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            for info, data in first + more: archive.addfile(info, io.BytesIO(data))
        return out.getvalue()

    def entry(name, data=b"x", type=tarfile.REGTYPE, link="", **pax):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.pax_headers = type, link, pax
        info.size = len(data) if type == tarfile.REGTYPE else 0
        return info, data if type == tarfile.REGTYPE else b""

    def save(name, *more, **options):
        write(name, gzip.compress(tar(list(more), **options), mtime=0))

    # What is as good as the original.
    save("same-ustar")
    save("same-gnu", form=tarfile.GNU_FORMAT)
    write("same-named", b"\x1f\x8b\x08\x08\0\0\0\0\0\3name\0" + packed[10:])
    save("same-folders", entry(root + "raw/", type=tarfile.DIRTYPE))

    save("traversal", entry(root + "../../etc/cron.d/x"))
    save("outside", entry("etc/passwd"))
    save("dots", entry("../x"))
    save("absolute", entry("/etc/passwd"))
    save("dot", entry(root + "./x"))
    save("empty-part", entry(root + "a//x"))
    save("root-file", entry(root[:-1]))
    save("link", entry(root + "x", type=tarfile.SYMTYPE, link="/etc/passwd"))
    save("link-folder", entry(root + "guests", type=tarfile.SYMTYPE, link="/"))
    save("hard-link", entry(root + "x", type=tarfile.LNKTYPE, link=root + "README.txt"))
    save("device", entry(root + "x", type=tarfile.CHRTYPE))
    save("block", entry(root + "x", type=tarfile.BLKTYPE))
    save("fifo", entry(root + "x", type=tarfile.FIFOTYPE))
    save("twice", entry(root + "README.txt"))
    save("root-twice", entry(root, type=tarfile.DIRTYPE))
    save("folder-twice", entry(root + "a", type=tarfile.DIRTYPE), entry(root + "a", type=tarfile.DIRTYPE))
    save("case", entry(root + "readme.TXT"))
    save("case-folder", entry(root + "RAW/x"))
    save("file-and-folder", entry(root + "README.txt/x"))
    save("escape", entry(root + "\x1b[31mred"))
    save("line-feed", entry(root + "a\nb"))
    save("utf-8", entry(root + "\u00fc\u202e"))
    save("long-part", entry(root + "a" * 65))
    save("long", entry(root + "a/" * 60 + "a" * 9))
    save("long-gnu", entry(root + "a" * 4000), form=tarfile.GNU_FORMAT)
    save("pax-utf-8", entry(root + "\u00fc"), form=tarfile.PAX_FORMAT)
    save("pax-nul", entry(root + "x", path=root + "README.txt\0x"), form=tarfile.PAX_FORMAT)
    save("pax-size", entry(root + "x", size="99999999999999999999"), form=tarfile.PAX_FORMAT)
    save("pax-comment", entry(root + "x", comment="x"), form=tarfile.PAX_FORMAT)
    save("pax-huge", entry(root + "x", comment="x" * (8 << 20)), form=tarfile.PAX_FORMAT)
    save("pax-sparse", entry(root + "x", **{"GNU.sparse.major": "0", "GNU.sparse.minor": "1",
        "GNU.sparse.map": "0,1,1000000,0", "GNU.sparse.size": "1000000"}), form=tarfile.PAX_FORMAT)

    # A header by hand: an old GNU sparse file of one byte at 1 MiB, and sizes that are none.
    def header(name, type=b"0", size=b"%011o\0" % 1, sparse=b"", magic=b"ustar  \0"):
        block = bytearray(512)
        block[:len(name)] = name.encode()
        block[100:124] = b"0000644\0" b"0000000\0" b"0000000\0"
        block[124:124 + len(size)] = size
        block[136:148] = b"00000000000\0"
        block[156:157] = type
        block[257:265] = magic
        block[386:386 + len(sparse)] = sparse
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block)
    content = plain[:-plain[::-1].index(next(b for b in plain[::-1] if b))]
    content += bytes(-len(content) % 512)
    end = bytes(1024)
    write("sparse", gzip.compress(content + header(root + "x", b"S",
        sparse=b"%011o\0%011o\0" % (1 << 20, 1) + bytes(24 * 3 + 1) + b"%011o\0" % ((1 << 20) + 1))
        + b"x" + bytes(511) + end))
    write("negative", gzip.compress(content + header(root + "x", size=b"\xff" * 12) + end))
    write("huge-size", gzip.compress(content + header(root + "x", size=b"\x80" + b"\0" * 3 + b"\x7f" * 8) + end))
    write("bad-checksum", gzip.compress(content + header(root + "x")[:-1] + b"x" + b"x" + bytes(511) + end))
    write("old", gzip.compress(content + header(root + "x", magic=bytes(8)) + b"x" + bytes(511) + end))

    # Ends.
    write("no-end", gzip.compress(content))
    write("one-zero-block", gzip.compress(content + bytes(512)))
    write("short-file", gzip.compress(content + header(root + "x", size=b"%011o\0" % 5000) + b"x" * 1024))
    write("tail-tar", gzip.compress(plain + b"x" * 512))
    write("tail-second-tar", gzip.compress(plain + plain))
    write("tail-zeros", gzip.compress(plain + bytes(4 << 20)))
    write("tail-byte", packed + b"x")
    write("tail-zero", packed + b"\0")
    write("tail-trailer", packed + b"x" + packed[-8:])
    write("members", packed + packed)
    write("members-split", gzip.compress(plain[:1000]) + gzip.compress(plain[1000:]))
    write("member-empty-last", packed + gzip.compress(b""))
    write("member-empty-first", gzip.compress(b"", mtime=0) + packed)
    write("checksum", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:])
    write("length", packed[:-1] + bytes([packed[-1] ^ 1]))

    # Compressed otherwise, or again.
    write("plain-tar", plain)
    write("xz", lzma.compress(plain))
    write("bzip2", bz2.compress(plain))
    write("zstd-head", b"\x28\xb5\x2f\xfd" + bytes(100))
    with zipfile.ZipFile("zip", "w") as archive: archive.writestr(root + "README.txt", "x")
    write("gzip-gzip", gzip.compress(packed))
    write("gzip-many", packed)
    for _ in range(30): write("gzip-many", gzip.compress(open("gzip-many", "rb").read()))
    write("gzip-xz", gzip.compress(lzma.compress(plain)))
    write("gzip-bzip2", gzip.compress(bz2.compress(plain)))
    write("gzip-zip", gzip.compress(open("zip", "rb").read()))
    write("gzip-text", gzip.compress(b"hello\n"))
    write("gzip-nothing", gzip.compress(b""))
    write("gzip-head", b"\x1f\x8b\x08")
    write("nothing", b"")
    write("text", b"hello\n")

    # Too much of it.
    def bomb(count, before=b"", after=b""):
        """A gzip stream with `count` MiB of zeros in the middle."""
        packer = zlib.compressobj(9, wbits=-15)
        out = packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
        zeros = bytes(1 << 20)
        block = zlib.compressobj(9, wbits=-15)
        piece = block.compress(zeros) + block.flush(zlib.Z_FULL_FLUSH)
        crc = zlib.crc32(before)
        for _ in range(count): crc = zlib.crc32(zeros, crc)
        crc = zlib.crc32(after, crc)
        out += piece * count + packer.compress(after) + packer.flush()
        size = len(before) + count * len(zeros) + len(after)
        return b"\x1f\x8b\x08\0\0\0\0\0\0\3" + out + struct.pack("<II", crc, size & 0xffffffff)
    write("bomb-file", bomb(1024, content + header(root + "x", size=b"%011o\0" % (1 << 30)), end))
    write("bomb-tail", bomb(1024, content))
    write("bomb-alone", bomb(1024))
    many = content + b"".join(header(root + str(i), size=b"%011o\0" % (32 << 20)) + bytes(32 << 20) for i in range(10))
    write("bomb-files", gzip.compress(many + end, 6))
    many = b"".join(header(root + str(i), size=b"%011o\0" % 0) for i in range(100000))
    write("many", gzip.compress(content + many + end, 1))
    comment = header("x", b"x", b"%011o\0" % 30) + b"30 comment=aaaaaaaaaaaaaaaaaa\n" + bytes(482)
    write("many-pax", gzip.compress(comment * 100000 + end, 1))

    # No bundles.
    save("other", entry("project/README"), first=[])
    save("no-manifest", first=[g for g in good if not g[0].name.endswith("manifest.json")])
    save("empty", first=[])
    """#

  /// What becomes of each, and a word of the reason.
  private static let refusals: [(name: String, code: BundleError.Code, reason: String)] = [
    ("traversal", .refused, #""virt-balloon-bundle/../../etc/cron.d/x": its path leads out"#),
    ("outside", .refused, #""etc/passwd": it is not below virt-balloon-bundle/"#),
    ("dots", .refused, "leads out"), ("absolute", .refused, #""/etc/passwd": its path is absolute"#),
    ("dot", .refused, "the part . or .."), ("empty-part", .refused, "an empty part"),
    ("root-file", .refused, "not below"), ("link", .refused, "a symbolic link"),
    ("link-folder", .refused, "a symbolic link"), ("hard-link", .refused, "a hard link"),
    ("device", .refused, "a device"), ("block", .refused, "a device"), ("fifo", .refused, "a named pipe"),
    ("twice", .refused, #"README.txt": its name is there twice"#), ("root-twice", .refused, "twice"),
    ("folder-twice", .refused, "twice"),
    ("case", .refused, #"differs from "virt-balloon-bundle/README.txt" by case alone"#),
    ("case-folder", .refused, "by case alone"), ("file-and-folder", .refused, "both a file's and a folder's"),
    ("escape", .refused, #""virt-balloon-bundle/\u{1B}[31mred": its path has characters"#),
    ("line-feed", .refused, #"a\u{A}b"#), ("utf-8", .refused, #"\u{FC}\u{202E}"#),
    ("long-part", .refused, "a part of its path is longer than 64"), ("long", .refused, "longer than 128"),
    ("long-gnu", .refused, "longer than 128"),
    ("pax-utf-8", .refused, ""), ("pax-nul", .refused, "an extended header"),
    ("pax-size", .damaged, "overflow"), ("pax-comment", .refused, "an extended header"), ("pax-huge", .damaged, "tar"),
    ("pax-sparse", .refused, "sparse"), ("sparse", .refused, "a sparse file"),
    ("negative", .damaged, ""), ("huge-size", .refused, ""), ("bad-checksum", .damaged, "tar"),
    ("old", .refused, "kind of tar"),
    ("no-end", .damaged, "no end"), ("one-zero-block", .damaged, "no end"), ("short-file", .damaged, ""),
    ("tail-tar", .refused, "follows the end of its tar"), ("tail-second-tar", .refused, "follows the end of its tar"),
    ("tail-zeros", .refused, "follows the end of its tar"), ("tail-byte", .refused, "1 bytes behind its gzip stream"),
    ("tail-zero", .refused, "1 bytes behind"), ("tail-trailer", .refused, "9 bytes behind"),
    ("members", .damaged, "several gzip streams"), ("members-split", .damaged, "several gzip streams"),
    ("member-empty-last", .damaged, "several gzip streams"), ("member-empty-first", .damaged, "several gzip streams"),
    ("checksum", .damaged, "checksum"), ("length", .damaged, "checksum"),
    ("plain-tar", .notBundle, "a plain tar archive"), ("xz", .notBundle, "xz data"),
    ("bzip2", .notBundle, "bzip2 data"), ("zstd-head", .notBundle, "zstd data"), ("zip", .notBundle, "a zip archive"),
    ("gzip-gzip", .refused, "more than once"), ("gzip-many", .refused, "more than once"),
    ("gzip-xz", .refused, "holds xz data"), ("gzip-bzip2", .refused, "holds bzip2 data"),
    ("gzip-zip", .refused, "holds a zip archive"), ("gzip-text", .notBundle, "no tar"),
    ("gzip-nothing", .damaged, ""), ("gzip-head", .damaged, ""), ("nothing", .notBundle, "is empty"),
    ("text", .notBundle, "does not begin as gzip"),
    ("bomb-file", .refused, "1073741824 bytes, more than"), ("bomb-tail", .refused, "follows the end of its tar"),
    ("bomb-alone", .notBundle, "no tar"), ("bomb-files", .refused, "unpacks to more than"),
    ("many", .refused, "more than 65536"), ("many-pax", .refused, ""),
    ("other", .refused, "not below"), ("no-manifest", .notBundle, "has no manifest.json"),
    ("empty", .notBundle, "no tar"),
  ]

  @Test("is refused with one clear line, whatever is wrong with it", .timeLimit(.minutes(5)))
  func refused() async throws {
    let folder = try ScratchFolder()
    let good = try SampleBundle.bytes()
    try folder.write("good.tar.gz", good)
    try await folder.run("python3", "-c", Self.maker)

    let files = try Bundle(good, name: "good").files
    for same in ["same-ustar", "same-gnu", "same-named", "same-folders"] {
      #expect(try Bundle(reading: folder.path + "/" + same).files == files, "\(same)")
    }
    for (name, code, reason) in Self.refusals {
      let path = folder.path + "/" + name
      let error = #expect(throws: BundleError.self, "\(name)") { try Bundle(reading: path) }
      guard let error else { continue }
      #expect(error.code == code, "\(name): \(error.code.rawValue): \(error.message)")
      #expect(error.message.contains(reason), "\(name): \(error.message)")
      #expect(error.message.hasPrefix("\"\(path)\""), "\(name): \(error.message)")
      #expect(error.message.utf8.count < 600 && error.message.utf8.allSatisfy { 0x20..<0x7f ~= $0 }, "\(name)")
    }

    // Each alone, for what it takes.
    for name in ["bomb-file", "bomb-tail", "bomb-alone", "bomb-files", "many", "many-pax", "pax-huge", "gzip-many"] {
      await #expect(processExitsWith: .success, "\(name)") { [path = "\(folder.path)/\(name)" as String] in
        let before = try PeakMemory.kibibytes()
        do throws(BundleError) {
          _ = try Bundle(reading: path)
          exit(3)
        } catch {}
        let grown = try PeakMemory.kibibytes() - before
        exit(grown < 128 << 10 ? 0 : 4)
      }
    }
  }
}

/// How much memory of this process was resident at once; getrusage would tell the parent's besides.
enum PeakMemory {
  static func kibibytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
  }
}
