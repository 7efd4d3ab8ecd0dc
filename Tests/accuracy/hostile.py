#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives large hostile files to `virt-balloon analyze` and checks that it ends, quickly, small and with a clear line.

    hostile.py PROGRAM [MEBIBYTES…]

Without a size: 100 MiB, which must be refused, and 15 MiB, just below what is read. Every kind is made on the fly, given
as a file (and some of 15 MiB as 20 files at once), measured (time, peak resident memory of the process), and removed.
Ends with status 1 when any of these fails: the exit status is none that is documented, a signal ended it, more than 256
MiB were resident, it took longer than the limit, or standard error is more than one line of the program's own.
"""
import os
import random
import resource
import sys
import tempfile
import time

DOCUMENTED = {0, 1, 2, 64, 69}
PEAK = 256 << 10
SECONDS = 120

DOMMEMSTAT = b"actual 8388608\nswap_in 0\nunused 1048576\navailable 8000000\nlast_update 1764000000\nrss 8500000\n\n"
QMP = (b'{"return": {"stats": {"stat-free-memory": 18446744073709551615, "stat-total-memory": -1}, "last-update": 0}, '
       b'"id": "libvirt-41"}\n')
DEVICE = (b"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&%d&0&28\n"
          b"    HardwareID    REG_MULTI_SZ    PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\n"
          b"    ConfigFlags    REG_DWORD    0x60\n\n")
SERVICE = (b"SERVICE_NAME: BalloonService\n        TYPE               : 10  WIN32_OWN_PROCESS\n"
           b"        STATE              : 1  STOPPED\n        WIN32_EXIT_CODE    : 0  (0x0)\n\n")
LSPCI = b"00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon [1af4:1002]\n"
DOMAIN = (b"<domain type='kvm'><name>a</name><memory unit='KiB'>8388608</memory><devices>"
          b"<memballoon model='virtio'><stats period='5'/></memballoon></devices></domain>\n")
PNPUTIL = (b"Instance ID:                PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\\4&2B5A7BF9&0&0012\n"
           b"Device Description:         PCI Device\nStatus:                     Problem\n"
           b"Problem Code:               28 (0x1C) [CM_PROB_FAILED_INSTALL]\n\n")
SETUP = (b">>>  [Device Install (Hardware initiated) - PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\\4&2B5A7BF9&0&0012]\n"
         b">>>  Section start 2025/03/04 10:15:21.402\n!    dvi:                Selecting driver failed(0xe0000228)\n"
         b"<<<  Section end 2025/03/04 10:15:21.538\n")
MSINFO = "Name\tPCI standard RAM Controller\r\nPNP Device ID\tPCI\\VEN_1AF4&DEV_1110\\3&1&0&30\r\n".encode("utf-16-le")
BOMB = (b'<?xml version="1.0"?>\n<!DOCTYPE domain [<!ENTITY a "aaaaaaaaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % ((letter,) + (letter - 1,) * 8)
                   for letter in b"bcdefghijkl") + b"]>\n<domain><name>&l;</name></domain>\n")


def repeated(block):
    return lambda size: block * (size // len(block) + 1)


def numbered(block):
    return lambda size: b"".join(block % number for number in range(size // (len(block) + 4) + 1))


def noise(size):
    return random.Random(1).randbytes(size)


KINDS = {
    "random bytes": noise,
    "random bytes that begin as a hive": lambda size: b"regf" + noise(size - 4),
    "random UTF-16": lambda size: b"\xff\xfe" + noise(size - 2),
    "NULs": lambda size: bytes(size),
    "line feeds": lambda size: b"\n" * size,
    "one endless line": lambda size: b"a" * size,
    "one endless line of numbers": repeated(b"actual 1 "),
    "one endless line of quoting": repeated(b"> "),
    "dommemstat, again and again": repeated(DOMMEMSTAT),
    "statistics replies": repeated(QMP),
    "registry keys": numbered(DEVICE),
    "services": repeated(SERVICE),
    "lspci": repeated(LSPCI),
    "pnputil": repeated(PNPUTIL),
    "setupapi.dev.log": repeated(SETUP),
    "msinfo32, in UTF-16": lambda size: b"\xff\xfe" + repeated(MSINFO)(size),
    "domains": repeated(DOMAIN),
    "one domain that never ends": lambda size: b"<domain type='kvm'><name>" + b"a" * size,
    "elements in elements": repeated(b"<domain><devices>"),
    "elements in elements, by line": repeated(b"<domain>\n<memballoon>\n"),
    "an entity bomb and more of them": repeated(BOMB),
    "brackets": repeated(b"["),
    "braces, by line": repeated(b"{\n"),
    "objects in objects": repeated(b'{"return":'),
    "a string that never ends": lambda size: b'{"return": "' + b"a" * size,
    "backslashes": lambda size: b'{"return": "' + b"\\" * size,
    "a .reg value that never ends": lambda size: (
        b"Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Enum\\PCI\\VEN_1AF4&DEV_1002\\3&1&0&28]\n"
        b'"HardwareID"=hex(7):' + b"50,00,\\\n" * (size // 8)),
    "probe marks": repeated(b"=== virt-balloon: enum ===\n"),
    "carriage returns": repeated(b"actual 1\r"),
    "surrogates": repeated(b"\xed\xa0\x80\xf0\x9f\x8e\x88\n"),
}


TOGETHER = ["lspci", "one endless line", "random bytes"]


def run(program, paths, folder):
    complaint = os.path.join(folder, "complaint")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
               (os.POSIX_SPAWN_OPEN, 1, os.path.join(folder, "report"), flags, 0o600),
               (os.POSIX_SPAWN_OPEN, 2, complaint, flags, 0o600)]
    start = time.monotonic()
    command = ["timeout", "--foreground", str(SECONDS), program, "analyze", *paths]
    child = os.posix_spawn("/usr/bin/timeout", command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - start
    with open(complaint, "rb") as file:
        lines = file.read(1 << 20).splitlines()
    return os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss, lines


def main(program, sizes):
    failures = 0
    print(f"{'MiB':>5} {'seconds':>8} {'peak MiB':>9} {'status':>6}  kind")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "artefact")
        for size in sizes:
            length = int(size * (1 << 20))
            for kind, count in [(kind, 1) for kind in KINDS] + [(kind, 20) for kind in TOGETHER if 8 <= size <= 16]:
                make = KINDS[kind]
                # The bytes are made in a child: what this process had resident would be counted as the program's.
                maker = os.fork()
                if maker == 0:
                    with open(path, "wb") as file:
                        file.write(make(length)[:length])
                    os._exit(0)
                _, made = os.waitpid(maker, 0)
                if made:
                    sys.exit("a file could not be made")
                status, seconds, peak, lines = run(program, [path] * count, folder)
                what = kind if count == 1 else f"{kind}, {count} files"
                print(f"{size:>5g} {seconds:>8.2f} {peak / 1024:>9.1f} {status:>6}  {what}", flush=True)
                faults = []
                if status not in DOCUMENTED:
                    faults.append(f"status {status}")
                if peak > PEAK:
                    faults.append(f"{peak} KiB resident")
                # One about what did not fit, and one when nothing was understood of what did.
                if len(lines) > (1 if count == 1 else 2) or any(not line.startswith(b"virt-balloon: ") for line in lines):
                    faults.append(f"it says {lines[:2]!r}")
                if size > 16 and (status != 69 or len(lines) != 1):
                    faults.append("it is not refused in one line")
                if count > 1 and (status != 69 or not lines or b"not looked at" not in lines[0]):
                    faults.append("what did not fit is not named")
                for fault in faults:
                    failures += 1
                    print(f"      FAILED: {fault}")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main(os.path.abspath(sys.argv[1]), [float(size) for size in sys.argv[2:]] or [100, 15]))
