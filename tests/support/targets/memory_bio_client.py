#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program: asyncio, whose TLS goes through memory BIOs, with many connections open at once.

usage: memory_bio_client.py HOST PORT CA_FILE MANIFEST
Each line on standard input, `CONNECTIONS AT_ONCE`, opens so many. Each says two times, in requests for /hook, from
which port it comes; between the two others take their turn. Prints how many were answered. Ends with standard input.
"""
import asyncio
import ssl
import sys


async def ask(reader, writer, host):
    port = writer.get_extra_info("sockname")[1]
    writer.write(f"GET /hook?port={port} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 202 ")


async def converse(host, port, context, turns):
    async with turns:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
        answered = await ask(reader, writer, host)
        await asyncio.sleep(0)
        answered &= await ask(reader, writer, host)
        writer.close()
        await writer.wait_closed()
        return answered


async def main():
    host, port, ca_file = sys.argv[1:4]
    context = ssl.create_default_context(cafile=ca_file)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        connections, at_once = map(int, line.split())
        turns = asyncio.Semaphore(at_once)
        answers = await asyncio.gather(*(converse(host, int(port), context, turns) for _ in range(connections)))
        print(sum(answers), flush=True)


asyncio.run(main())
