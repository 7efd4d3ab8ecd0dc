#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents behind sockets, for measuring many guests at once: crowd.py AGENT FOLDER COUNT HUNG DELAY

Serves FOLDER/0 … FOLDER/COUNT-1, each as the agent in the file AGENT (samples/agents) would, DELAY seconds after it was
asked; the last HUNG of them never answer. FOLDER/ready is there when all of them are; it serves until it is killed.
"""
import asyncio, importlib.util, re, sys

path, folder, count, hung, delay = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
specification = importlib.util.spec_from_file_location("agent", path)
agent = importlib.util.module_from_spec(specification)
specification.loader.exec_module(agent)


def serve(is_hung):
    async def client(reader, writer):
        loop = asyncio.get_running_loop()
        rest = b""
        try:
            while data := await reader.read(65536):
                rest += data
                *records, rest = re.split(rb"\n", rest)
                for record in records:
                    if not is_hung:
                        loop.call_later(delay, writer.write, agent.answer(record.lstrip(b"\x1e")))
        except OSError:
            pass
        writer.close()

    return client


async def main():
    for number in range(count):
        await asyncio.start_unix_server(serve(number >= count - hung), f"{folder}/{number}", backlog=4)
    open(f"{folder}/ready", "w").close()
    await asyncio.Event().wait()


asyncio.run(main())
