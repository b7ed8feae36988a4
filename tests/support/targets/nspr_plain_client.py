#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program that speaks plain HTTP through NSPR, whose functions serve plain sockets too.

usage: nspr_plain_client.py HOST PORT CA_FILE MANIFEST      (HOST is only named in the requests)
Each line on standard input, `METHOD PATH`, is one request with a planted key to a server thread of its own;
the status of the answer is printed. Ends with standard input.
"""
import ctypes
import json
import socket
import sys
import threading


def serve(connection):
    while connection.recv(4096):
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def main():
    host = sys.argv[1]
    planted = {one["name"]: one["value"] for one in json.load(open(sys.argv[4]))}
    nspr = ctypes.CDLL("libnspr4.so")
    nspr.PR_ImportTCPSocket.restype = ctypes.c_void_p
    listener = socket.create_server(("127.0.0.1", 0))
    plain = socket.create_connection(listener.getsockname())
    plain.setblocking(True)
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    descriptor = ctypes.c_void_p(nspr.PR_ImportTCPSocket(plain.fileno()))
    buffer = ctypes.create_string_buffer(4096)
    print("ready", flush=True)
    for line in sys.stdin:
        request = "%s HTTP/1.1\r\nHost: %s\r\nX-Key: %s\r\n\r\n" % (line.strip(), host, planted["api_key"])
        assert nspr.PR_Write(descriptor, request.encode(), len(request)) == len(request)
        got = nspr.PR_Read(descriptor, buffer, len(buffer))
        print(buffer.raw[:got].split()[1].decode(), flush=True)


main()
