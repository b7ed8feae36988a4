#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A collector of spans for tests: takes OTLP over HTTP and answers as it is told.

usage: collector.py PORT_FILE SPANS_FILE [STATUS[=BODY]…]

Listens on a free port of 127.0.0.1 and writes its number into PORT_FILE. Each request gets the next of the answers,
then 200 for ever. What an accepted request holds goes to SPANS_FILE, a line a request; its authorization header to
standard output. With the environment's CERTIFICATE, a PEM file with its key, over TLS. Runs until it is killed.
"""
import http.server
import os
import pathlib
import ssl
import sys

port_file, spans_file, *answers = sys.argv[1:]


class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = self.rfile.read(int(self.headers["Content-Length"]))
        status, _, body = (answers.pop(0) if answers else "200={}").partition("=")
        if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/json":
            status = "400"
        if status == "200":
            with open(spans_file, "ab") as spans:
                spans.write(request + b"\n")
        print("authorization:", self.headers["Authorization"], flush=True)
        self.send_response(int(status))
        if status == "503":
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Collector)
if certificate := os.environ.get("CERTIFICATE"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
unfinished = pathlib.Path(port_file + ".part")
unfinished.write_text(str(server.server_address[1]))
unfinished.rename(port_file)
server.serve_forever()
