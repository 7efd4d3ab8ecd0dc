#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A minimal agent of the virt-balloon protocol (protocol/specification.md) for Linux guests.

    virt-balloon-agent.py                  serve on the virtio port org.virt-balloon.agent.0
    virt-balloon-agent.py --stdio          serve on standard input and output
    virt-balloon-agent.py --socket PATH    serve on a unix socket, one host after the other
"""
import glob, json, os, re, secrets, socket, sys, time

PORT, INSTANCE = "org.virt-balloon.agent.0", secrets.token_hex(16)
LIMITS = {"request": 65536, "reply": 1048576, "depth": 32, "string": 32768}
PARSE, REQUEST, METHOD, PARAMETERS, UNSUPPORTED, TOO_LARGE = -32700, -32600, -32601, -32602, -32001, -32003

class Error(Exception):
    def __init__(self, code, message):
        self.code, self.message = code, message

# JSON by section 3: Python's reader, made strict.
def refuse(text):
    raise ValueError(text)

def unique(pairs):
    return dict(pairs) if len(dict(pairs)) == len(pairs) else refuse("a key stands twice")

def integer(text):
    if len(text) > 17 or abs(int(text)) > 2**53:
        refuse("an integer beyond 2^53")
    return -0.0 if text == "-0" else int(text)  # a float is no id

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

# Methods by section 9: a fact is observed, absent or failed (section 8), and never left out.
def meminfo(name):
    source = f"/proc/meminfo {name}"
    try:
        with open("/proc/meminfo") as file:
            values = dict(line.split(":") for line in file)
        return {"status": "observed", "value": int(values[name].split()[0]) * 1024, "source": source}
    except KeyError:
        return {"status": "absent", "source": source}
    except (OSError, ValueError, IndexError) as error:
        return {"status": "failed", "reason": "failed", "detail": str(error)[:1000], "source": source}

def guest_memory(_):
    names = {"total": "MemTotal", "free": "MemFree", "available": "MemAvailable", "cached": "Cached",
             "buffers": "Buffers", "swapTotal": "SwapTotal", "swapFree": "SwapFree"}
    return {member: meminfo(name) for member, name in names.items()}

def left_out(_):  # any method but hello and ping may say so
    raise Error(UNSUPPORTED, "this minimal agent does not read that")

def hello(parameters):
    nonce = parameters.get("nonce")
    if not isinstance(nonce, str) or len(nonce.encode()) > 64:
        raise Error(PARAMETERS, "agent.hello takes a nonce of at most 64 bytes")
    return {"nonce": nonce, "protocol": 1, "agent": {"name": "virt-balloon-agent.py", "version": "1"},
            "instance": INSTANCE, "system": "linux", "methods": list(METHODS), "limits": LIMITS}

METHODS = {"agent.hello": hello, "agent.ping": lambda _: {}, "guest.memory": guest_memory, "guest.os": left_out,
           "balloon.stats": left_out, "pci.functions": left_out, "driver.services": left_out, "log.balloon": left_out}

# Messages by section 4.
def result(request):
    if request["method"] not in METHODS:
        raise Error(METHOD, "no such method")
    if not isinstance(request.get("params", {}), dict):
        raise Error(PARAMETERS, "params are an object")
    return METHODS[request["method"]](request.get("params", {}))

def record(identity, **outcome):
    return b"\x1e" + json.dumps({"jsonrpc": "2.0", "id": identity, **outcome}).encode() + b"\n"

def answer(text):
    """The reply to one record's text; nothing for a notification."""
    identity = None
    try:
        request = parse(text)
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
        return record(identity, result=result(request))
    except Error as error:
        return record(identity, error={"code": error.code, "message": error.message})

# Records by section 2.
def serve(read, write):
    state, text = "outside", bytearray()
    while data := read(65536):
        for part in re.findall(rb"[\x1e\n]|[^\x1e\n]+", data):
            reply = b""
            if part == b"\x1e":
                state = "inside"
                text.clear()
            elif part == b"\n":
                reply = answer(bytes(text)) if state == "inside" else b""
                state = "outside"
            elif state == "inside":
                text += part
                if len(text) > LIMITS["request"]:
                    state = "skipping"
                    reply = record(None, error={"code": TOO_LARGE, "message": "a request has at most 65536 bytes"})
            while reply:
                reply = reply[write(reply):]

def serve_port():
    names = [path for path in glob.glob("/sys/class/virtio-ports/*/name") if open(path).read().strip() == PORT]
    if not names:
        sys.exit(f"no virtio port {PORT}")
    port = os.open("/dev/" + names[0].split("/")[4], os.O_RDWR)

    def read(size):
        while not (data := os.read(port, size)):
            time.sleep(0.2)  # nothing is read at once: no host is there
        return data

    serve(read, lambda data: os.write(port, data))

def serve_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        while True:
            with server.accept()[0] as host:
                try:
                    serve(host.recv, host.send)
                except OSError:
                    pass  # the host has gone

if __name__ == "__main__":
    if sys.argv[1:] == ["--stdio"]:
        serve(lambda size: os.read(0, size), lambda data: os.write(1, data))
    elif sys.argv[1:2] == ["--socket"] and len(sys.argv) == 3:
        serve_socket(sys.argv[2])
    else:
        serve_port() if len(sys.argv) == 1 else sys.exit(__doc__)
