#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program: an HTTPS server with a thread for each connection, which asks the vendor for each request.

usage: gateway.py HOST PORT CA_FILE MANIFEST
Says `ready`, then its port. A request to /PATH with an X-Request-Id makes two of the vendor over one connection
that the thread keeps: GET /v1/status with that id, and GET /v1/limits without it. Behind its answer it makes a third,
GET /v1/broken, and says `after /PATH STATUS`. Ends with standard input.
"""
import http.client
import http.server
import pathlib
import socket
import ssl
import sys
import threading


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        host, port, ca_file = sys.argv[1:4]
        context = ssl.create_default_context(cafile=ca_file)
        self.vendor = http.client.HTTPSConnection(host, int(port), context=context)
        self.vendor._create_connection = lambda address, *rest: socket.create_connection(
            ("127.0.0.1", address[1]), *rest)

    def do_GET(self):
        self.ask_vendor("/v1/status", {"X-Request-Id": self.headers["X-Request-Id"]})
        self.ask_vendor("/v1/limits", {})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        print(f"after {self.path} {self.ask_vendor('/v1/broken', {})}\n", end="", flush=True)

    def ask_vendor(self, path, headers):
        self.vendor.request("GET", path, headers=headers)
        answer = self.vendor.getresponse()
        answer.read()
        return answer.status

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def main():
    ca_file = sys.argv[3]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, pathlib.Path(ca_file).with_name("server.key"))
    server = Server(("127.0.0.1", 0), Gateway)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    print(server.server_port, flush=True)
    sys.stdin.read()


main()
