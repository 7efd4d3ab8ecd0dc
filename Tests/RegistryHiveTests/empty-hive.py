#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an empty registry hive, which hivexregedit can then fill: empty-hive.py FILE

The format is nowhere promised; this is what libhivex's hivex-internal.h describes: a header of 4096 bytes, then pages
("hbin") that are divided into cells without a gap. A cell begins with its size, negative when it is used. Offsets count
from the first page.
"""
import struct
import sys

PAGE = 4096
ROOT = 0x20  # the first cell, behind the page's own header
NONE = 0xFFFFFFFF


def cell(content):
    size = (len(content) + 4 + 7) // 8 * 8
    return struct.pack("<i", -size) + content.ljust(size - 4, b"\0")


def key(name, security):
    flags = 0x2C  # the root, not to be deleted, its name in Latin-1
    return struct.pack(
        "<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, 0, 0, NONE, 0, 0, NONE, NONE, 0, NONE, security, NONE, 0, 0, 0, 0, 0,
        len(name), 0) + name


def security(place):
    # Self-relative, without owner, group and lists.
    descriptor = struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)
    return struct.pack("<2sHIIII", b"sk", 0, place, place, 1, len(descriptor)) + descriptor


def hive():
    name = b"made for a test"
    place = ROOT + len(cell(key(name, 0)))
    cells = cell(key(name, place)) + cell(security(place))
    rest = PAGE - ROOT - len(cells)
    page = struct.pack("<4sIIQQI", b"hbin", 0, PAGE, 0, 0, 0) + cells + struct.pack("<i", rest)
    # Sequence numbers, time, version 1.3, type, format, root, size of all pages, cluster.
    header = struct.pack("<4sIIQIIIIIII", b"regf", 1, 1, 0, 1, 3, 0, 1, ROOT, PAGE, 1).ljust(508, b"\0")
    checksum = 0
    for (word,) in struct.iter_unpack("<I", header):
        checksum ^= word
    return (header + struct.pack("<I", checksum)).ljust(PAGE, b"\0") + page.ljust(PAGE, b"\0")


with open(sys.argv[1], "wb") as file:
    file.write(hive())
