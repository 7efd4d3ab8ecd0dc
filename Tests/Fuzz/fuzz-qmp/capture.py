#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures the monitor sessions in seeds/ from real QEMU processes.

    capture.py DIRECTORY [KERNEL INITRAMFS]

Each file is all that the monitor sent over one connection. Every command's id says what was asked. The kernel and an
initramfs that loads virtio_pci, virtio_console and virtio_balloon are needed for healthy.txt alone.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

BALLOON = "/machine/peripheral/balloon0"
QTREE = ("human-monitor-command", {"command-line": "info qtree"})
TIMES = {"firmware": 5, "guest": 9, "inflate": 1.5}


def get(path, name):
    return ("qom-get", {"path": path, "property": name})


def listing(path):
    return ("qom-list", {"path": path})


def status(path):
    return ("x-query-virtio-status", {"path": path + "/virtio-backend"})


def capture(name, arguments, commands):
    with tempfile.TemporaryDirectory() as scratch:
        process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-m", "64", "-display", "none", "-nodefaults", "-no-user-config",
             "-S", "-qmp", "unix:qmp.sock,server=on,wait=off"] + arguments, cwd=scratch)
        try:
            monitor = connect(scratch + "/qmp.sock")
            stream = monitor.makefile("rwb")
            lines = [stream.readline()]
            for command in [("qmp_capabilities", None)] + commands:
                if isinstance(command, str) and command in TIMES:
                    time.sleep(TIMES[command])
                    continue
                execute, options = (command, None) if isinstance(command, str) else command
                label = " ".join([execute] + [str(value) for value in (options or {}).values()])
                request = {"execute": execute, "id": label}
                if options:
                    request["arguments"] = options
                stream.write(json.dumps(request).encode() + b"\n")
                stream.flush()
                while True:
                    lines.append(stream.readline())
                    if "id" in json.loads(lines[-1]):
                        break
        finally:
            process.kill()
            process.wait()
    with open(os.path.join(sys.argv[1], name + ".txt"), "wb") as file:
        file.writelines(lines)


def connect(path):
    for _ in range(400):
        monitor = socket.socket(socket.AF_UNIX)
        try:
            monitor.connect(path)
            return monitor
        except OSError:
            monitor.close()
            time.sleep(0.05)
    sys.exit("QEMU did not open its monitor")


def device(*options):
    return [word for option in options for word in ("-device", option)]


PORTS = ["-M", "q35", "-name", "ports", "-uuid", "11112222-3333-4444-5555-666677778888"] + device(
    "pcie-root-port,id=rp0,bus=pcie.0,addr=2,chassis=1", "pcie-root-port,id=rp1,bus=pcie.0,addr=3,chassis=2",
    "pcie-pci-bridge,id=pb,bus=rp0", "virtio-balloon-pci,id=balloon0,bus=rp1", "ivshmem-plain,memdev=shm,bus=pb,addr=4",
    "virtio-serial-pci,bus=pcie.0,addr=5", "virtserialport,chardev=ch0,name=org.virt-balloon.agent.0") + [
    "-object", "memory-backend-ram,id=shm,size=1M,share=on",
    "-chardev", "socket,path=agent.sock,server=on,wait=off,id=ch0"]

capture("before-firmware", PORTS, [
    "query-version", "query-status", "query-name", "query-uuid", get("/machine", "type"), "query-memory-size-summary",
    "query-pci", "query-balloon", "x-query-virtio", status(BALLOON), get(BALLOON, "guest-stats"),
    get(BALLOON, "guest-stats-polling-interval"), listing("/machine/peripheral"), listing("/machine/peripheral-anon"),
    get(BALLOON, "deflate-on-oom"), get(BALLOON, "parent_bus"), get(BALLOON, "addr"), "query-chardev"])
capture("ports", PORTS, ["cont", "firmware", "query-pci", "query-status", QTREE])
capture("omitted", ["-M", "q35"] + device(
    "pcie-root-port,id=rp,bus=pcie.0,addr=2.1,chassis=1,multifunction=on", "virtio-balloon-pci,id=balloon0,bus=rp"), [
    "cont", "firmware", "query-pci", "x-query-virtio", get(BALLOON, "parent_bus"), get(BALLOON, "addr"),
    get("/machine/peripheral/rp", "parent_bus"), get("/machine/peripheral/rp", "addr"), get("/machine/q35", "addr"),
    QTREE])
capture("i440fx", ["-M", "pc"] + device(
    "pci-bridge,id=br,chassis_nr=1,addr=6", "virtio-balloon-pci,bus=br,addr=3"), [
    "cont", "firmware", "query-pci", "x-query-virtio", listing("/machine/peripheral-anon"),
    get("/machine/peripheral-anon/device[0]", "parent_bus"), get("/machine/i440fx", "addr")])
capture("pxb", ["-M", "q35"] + device(
    "pxb-pcie,id=pxb,bus_nr=128,bus=pcie.0,addr=7", "pcie-root-port,id=prp,bus=pxb,addr=1,chassis=9",
    "virtio-balloon-pci,id=balloon0,bus=prp"), [
    "cont", "firmware", "query-pci", get(BALLOON, "parent_bus"), get("/machine/peripheral/prp", "parent_bus"), QTREE])
capture("no-balloon", ["-M", "q35"], [
    "query-name", "query-uuid", "query-balloon", "x-query-virtio", status(BALLOON), get(BALLOON, "guest-stats"),
    "no-such-command", listing("/machine/nothing"), get("/machine", "nothing")])
if len(sys.argv) > 3:
    kernel, initramfs = map(os.path.abspath, sys.argv[2:4])
    capture("healthy", ["-m", "256", "-M", "q35", "-kernel", kernel, "-initrd", initramfs, "-append", "quiet"] + device(
        "virtio-balloon-pci,id=balloon0,bus=pcie.0,addr=5", "virtio-serial-pci,id=vs0"), [
        ("qom-set", {"path": BALLOON, "property": "guest-stats-polling-interval", "value": 1}), "cont", "guest",
        "x-query-virtio", status(BALLOON), status("/machine/peripheral/vs0"), get(BALLOON, "guest-stats"),
        get(BALLOON, "guest-stats-polling-interval"), "query-balloon", ("balloon", {"value": 200 << 20}), "inflate",
        "query-balloon", "query-pci", "stop", "query-status", "system_reset", "cont", "query-status"])
