#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program that has two copies of libssl loaded and uses both, as one with bundled libraries does.

usage: two_copies_client.py LIBRARY LIBRARY HOST PORT CA_FILE MANIFEST
Each line on standard input, `COPY METHOD PATH`, is one request over a connection of copy 0 or 1; its status
is printed. Ends with standard input.
"""
import ctypes
import json
import socket
import sys


class Connection:
    """One TLS connection by the functions of one copy; the socket must outlive it."""

    def __init__(self, library, host, port, ca_file):
        self.ssl = ctypes.CDLL(library)
        for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
            getattr(self.ssl, name).restype = ctypes.c_void_p
        context = ctypes.c_void_p(self.ssl.SSL_CTX_new(ctypes.c_void_p(self.ssl.TLS_client_method())))
        assert self.ssl.SSL_CTX_load_verify_locations(context, ca_file.encode(), None) == 1
        self.ssl.SSL_CTX_set_verify(context, 1, None)
        self.object = ctypes.c_void_p(self.ssl.SSL_new(context))
        self.socket = socket.create_connection(("127.0.0.1", port))
        assert self.ssl.SSL_set1_host(self.object, host.encode()) == 1
        assert self.ssl.SSL_set_fd(self.object, self.socket.fileno()) == 1
        assert self.ssl.SSL_connect(self.object) == 1

    def ask(self, request):
        assert self.ssl.SSL_write(self.object, request, len(request)) == len(request)
        answer = b""
        buffer = ctypes.create_string_buffer(4096)
        while b"}" not in answer:  # the vendor's errors are one small object
            got = self.ssl.SSL_read(self.object, buffer, len(buffer))
            assert got > 0
            answer += buffer.raw[:got]
        return answer.split()[1].decode()


def main():
    *libraries, host, port, ca_file, manifest = sys.argv[1:7]
    planted = {one["name"]: one["value"] for one in json.load(open(manifest))}
    connections = [Connection(library, host, int(port), ca_file) for library in libraries]
    print("ready", flush=True)
    for line in sys.stdin:
        copy, request = line.strip().split(" ", 1)
        text = "%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n" % (
            request, host, planted["api_key"])
        print(connections[int(copy)].ask(text.encode()), flush=True)


main()
