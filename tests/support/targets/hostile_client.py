#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program that sends what no well-behaved client would, over TLS to a server thread of its own.

usage: hostile_client.py HOST PORT CA_FILE MANIFEST      (PORT is not used; server.key stands beside CA_FILE)
Each line on standard input is one connection; `sent` is printed when the server has read all of it:
  header BYTES    one request whose only header is that long
  garbage BYTES   bytes of no protocol at all
  request         one GET with a planted key
"""
import json
import pathlib
import random
import socket
import ssl
import sys
import threading

CHUNK = 1 << 20


def serve(listener, context, was_read):
    """Reads each connection to its end and drops what it read."""
    while True:
        with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            while connection.recv(CHUNK):
                pass
        was_read.release()


def pieces(command, size, planted):
    if command == "garbage":
        yield random.Random(size).randbytes(size)
        return
    yield b"GET /v1/%s HTTP/1.1\r\nHost: api.payments.example\r\n" % command.encode()
    if command == "header":
        yield b"X-Long: "
        for _ in range(size // CHUNK):
            yield b"x" * CHUNK
    yield b"\r\nAuthorization: Bearer %s\r\n\r\n" % planted["api_key"].encode()


def main():
    host, _, ca_file, manifest = sys.argv[1:5]
    planted = {one["name"]: one["value"] for one in json.load(open(manifest))}
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(ca_file, pathlib.Path(ca_file).with_name("server.key"))
    client = ssl.create_default_context(cafile=ca_file)
    listener = socket.create_server(("127.0.0.1", 0))
    was_read = threading.Semaphore(0)
    threading.Thread(target=serve, args=(listener, server, was_read), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        command, size = (line.split() + ["0"])[:2]
        plain = socket.create_connection(listener.getsockname())
        with client.wrap_socket(plain, server_hostname=host) as connection:
            for piece in pieces(command, int(size), planted):
                connection.sendall(piece)
            connection.unwrap()
        was_read.acquire()
        print("sent", flush=True)


main()
