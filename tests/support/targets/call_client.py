#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program that makes system calls with planted values in their paths.

usage: call_client.py FOLDER PORT CLOSED_PORT MANIFEST
For each line on standard input it works on files below FOLDER, connects to PORT and CLOSED_PORT of this machine,
and waits for what does not come, then prints `done`. Ends with standard input.
"""
import json
import os
import select
import socket
import sys
import threading


def use_files(folder, secret):
    path = folder + "/token=" + secret
    with open(path, "w") as file:
        file.write("x")
    os.stat(path)
    os.rename(path, path + ".old")
    os.unlink(path + ".old")
    os.mkdir(folder + "/made")
    try:
        open(folder + "/missing")
    except FileNotFoundError:
        pass


def wait_for_another_thread():
    """A wait that takes long and ends well."""
    reader, writer = os.pipe()
    waiting = select.poll()
    waiting.register(reader, select.POLLIN)
    threading.Timer(0.02, lambda: os.write(writer, b"x")).start()
    waiting.poll(10000)
    os.close(reader)


def use_sockets(port, closed_port):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, (1).to_bytes(8, "little") + (500000).to_bytes(8, "little"))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 7000)
    client.connect(("127.0.0.1", port))
    waiting = select.poll()
    waiting.register(client, select.POLLIN)
    waiting.poll(5)
    wait_for_another_thread()
    select.select([client], [], [], 0.03)
    client.shutdown(socket.SHUT_RDWR)
    client.close()
    refused = socket.socket()
    refused.setblocking(False)
    print(refused.connect_ex(("127.0.0.1", closed_port)), flush=True)


def main():
    folder, port, closed_port, manifest = sys.argv[1:5]
    planted = {one["name"]: one["value"] for one in json.load(open(manifest))}
    print("ready", flush=True)
    for _ in sys.stdin:
        use_files(folder, planted["api_key"])
        use_sockets(int(port), int(closed_port))
        os.kill(os.getpid(), 0)
        print("done", flush=True)


main()
