#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A minimal agent of the virt-balloon protocol (protocol/specification.md) for Linux guests.

    virt-balloon-agent.py                  serve on the virtio port org.virt-balloon.agent.0
    virt-balloon-agent.py --stdio          serve on standard input and output
    virt-balloon-agent.py --socket PATH    serve on a unix socket, one host after the other
"""
import glob, json, os, platform, re, secrets, select, socket, sys, time

PORT, INSTANCE = "org.virt-balloon.agent.0", secrets.token_hex(16)
LIMITS = {"request": 65536, "reply": 1048576, "depth": 32, "string": 32768}
PARSE, REQUEST, METHOD, PARAMETERS, INTERNAL, UNSUPPORTED, TOO_LARGE = -32700, -32600, -32601, -32602, -32603, -32001, -32003


class Error(Exception):
    def __init__(self, code, message):
        self.code, self.message = code, message


# JSON by section 3: Python's reader, made strict.
def unique(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)

def integer(text):
    if len(text) > 17 or abs(int(text)) > 2**53:
        refuse("an integer beyond 2^53")
    return -0.0 if text == "-0" else int(text)  # a float is no id

def refuse(text):
    raise ValueError(text)

def check(value, depth=0):
    if isinstance(value, str) and len(value.encode("utf-8")) > LIMITS["string"]:  # fails on a lone surrogate
        refuse("a string is too long")
    elif isinstance(value, (dict, list)):
        if depth == LIMITS["depth"]:
            refuse("nested too deep")
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            check(part, depth + 1)

def parse(text):
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_int=integer, parse_float=refuse,
                           parse_constant=refuse)
        check(value)
        return value
    except (ValueError, RecursionError) as error:
        raise Error(PARSE, f"no JSON of the profile: {error}"[:200])


# Facts by section 8.
def fact(source, read):
    try:
        value = read()
    except (FileNotFoundError, KeyError):
        return {"status": "absent", "source": source}
    except (OSError, ValueError, IndexError) as error:
        reason = {PermissionError: "denied", ValueError: "malformed", IndexError: "malformed"}.get(type(error), "failed")
        return {"status": "failed", "reason": reason, "detail": str(error)[:1000], "source": source}
    value = str(value) if isinstance(value, int) and abs(value) > 2**53 else value
    return {"status": "observed", "value": value, "source": source}

def text(path):
    with open(path, errors="replace") as file:
        return file.read(65536)

def table(path, separator=None):  # "name value" lines as a dictionary
    return {line.split(separator)[0].strip(): line.split(separator)[1] for line in text(path).splitlines() if line.strip()}

def from_table(path, name, scale=1, separator=None):
    return fact(f"{path} {name}", lambda: int(table(path, separator)[name].split()[0]) * scale)

def meminfo(name): return from_table("/proc/meminfo", name, 1024, ":")
def vmstat(name, scale=1): return from_table("/proc/vmstat", name, scale)

def guest_os(_):
    release = lambda name: fact(f"/etc/os-release {name}", lambda: table("/etc/os-release", "=")[name].strip("\"'"))
    uname, clock = platform.uname(), "clock_gettime CLOCK_REALTIME"
    return {"family": fact("uname sysname", lambda: uname.system.lower()), "name": release("PRETTY_NAME"),
            "version": release("VERSION_ID"), "kernel": fact("uname release", lambda: uname.release),
            "architecture": fact("uname machine", lambda: uname.machine), "bootTime": from_table("/proc/stat", "btime"),
            "uptime": fact("/proc/uptime", lambda: int(float(text("/proc/uptime").split()[0]))),
            "clock": fact(clock, lambda: int(time.time()))}

def guest_memory(_):
    names = {"total": "MemTotal", "free": "MemFree", "available": "MemAvailable", "cached": "Cached",
             "buffers": "Buffers", "swapTotal": "SwapTotal", "swapFree": "SwapFree"}
    return {member: meminfo(name) for member, name in names.items()}

def balloon_stats(_):
    page = os.sysconf("SC_PAGE_SIZE")
    return {"swapIn": vmstat("pswpin", page), "swapOut": vmstat("pswpout", page), "majorFaults": vmstat("pgmajfault"),
            "minorFaults": vmstat("pgfault"), "freeMemory": meminfo("MemFree"), "totalMemory": meminfo("MemTotal"),
            "availableMemory": meminfo("MemAvailable"), "diskCaches": vmstat("nr_file_pages", page),
            "hugetlbAllocations": vmstat("htlb_buddy_alloc_success"), "hugetlbFailures": vmstat("htlb_buddy_alloc_fail")}

def left_out(_):  # any method but hello and ping may say so
    raise Error(UNSUPPORTED, "this minimal agent does not read that")

def hello(parameters):
    nonce = parameters.get("nonce")
    if not isinstance(nonce, str) or len(nonce.encode()) > 64:
        raise Error(PARAMETERS, "agent.hello takes a nonce of at most 64 bytes")
    return {"nonce": nonce, "protocol": 1, "agent": {"name": "virt-balloon-agent.py", "version": "1"},
            "instance": INSTANCE, "system": "linux", "methods": list(METHODS), "limits": LIMITS}

METHODS = {"agent.hello": hello, "agent.ping": lambda _: {}, "guest.os": guest_os, "guest.memory": guest_memory,
           "balloon.stats": balloon_stats, "pci.functions": left_out,
           "driver.services": left_out, "log.balloon": left_out}


# Messages by section 4, records by section 2.
def result(request):
    if request["method"] not in METHODS:
        raise Error(METHOD, "no such method")
    if not isinstance(request.get("params", {}), dict):
        raise Error(PARAMETERS, "params are an object")
    try:
        return METHODS[request["method"]](request.get("params", {}))
    except OSError as error:
        raise Error(INTERNAL, str(error)[:200])

def answer(record):
    """The reply to one record's text; nothing for a notification."""
    identity = None
    try:
        request = parse(record)
        if not isinstance(request, dict):
            raise Error(REQUEST, "a request is one object")
        known = type(request.get("id")) is int and request["id"] >= 0
        identity = request["id"] if known else None
        if request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
            raise Error(REQUEST, "a request has jsonrpc 2.0 and a method")
        if "id" not in request:
            return b""
        if not known:
            raise Error(REQUEST, "an id is an integer from 0")
        reply = json.dumps({"jsonrpc": "2.0", "id": identity, "result": result(request)})
        if len(reply) > LIMITS["reply"]:
            raise Error(TOO_LARGE, "the reply would be too large")
    except Error as error:
        reply = json.dumps({"jsonrpc": "2.0", "id": identity, "error": {"code": error.code, "message": error.message}})
    return b"\x1e" + reply.encode() + b"\n"

class Receiver:
    """Cuts the stream into records and answers them."""
    def __init__(self):
        self.state, self.text = "outside", bytearray()

    def take(self, data):
        for part in re.findall(rb"[\x1e\n]|[^\x1e\n]+", data):
            if part == b"\x1e":
                self.state = "inside"
                self.text.clear()
            elif part == b"\n":
                if self.state == "inside":
                    yield answer(bytes(self.text))
                self.state = "outside"
            elif self.state == "inside":
                self.text += part
                if len(self.text) > LIMITS["request"]:
                    self.state = "skipping"
                    error = {"code": TOO_LARGE, "message": "a request has at most 65536 bytes"}
                    yield b"\x1e" + json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode() + b"\n"


def serve(read, write):
    receiver = Receiver()
    while data := read(65536):
        for reply in receiver.take(data):
            while reply:
                reply = reply[write(reply):]

def serve_port():
    found = [name for name in glob.glob("/sys/class/virtio-ports/*/name") if text(name).strip() == PORT]
    if not found:
        sys.exit(f"no virtio port {PORT}")
    port = os.open("/dev/" + found[0].split("/")[4], os.O_RDWR | os.O_NONBLOCK)
    wake = select.epoll()  # edge-triggered: a port without a host reports a hang-up for ever
    wake.register(port, select.EPOLLIN | select.EPOLLET)
    room = select.poll()
    room.register(port, select.POLLOUT)

    def read(size):
        while True:
            try:
                if data := os.read(port, size):
                    return data
            except BlockingIOError:
                pass
            wake.poll()  # nothing there (EAGAIN), or no host (nothing read): until that changes

    def write(data):
        try:
            return os.write(port, data)
        except BlockingIOError:  # the host does not read; once it has gone, nobody awaits this
            return len(data) if room.poll()[0][1] & select.POLLHUP else 0

    serve(read, write)

def main(arguments):
    if arguments == ["--stdio"]:
        serve(lambda size: os.read(0, size), lambda data: os.write(1, data))
    elif len(arguments) == 2 and arguments[0] == "--socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(arguments[1])
            server.listen(1)
            while True:
                connection, _ = server.accept()
                with connection:
                    try:
                        serve(connection.recv, connection.send)
                    except OSError:
                        pass  # the host has gone
    elif not arguments:
        serve_port()
    else:
        sys.exit(__doc__)

if __name__ == "__main__":
    main(sys.argv[1:])
