#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program: Python's http.client over one connection, with TLS or without.

usage: python_client.py HOST PORT CA_FILE MANIFEST      CA_FILE none: without TLS
Each line on standard input, `METHOD PATH [BYTES]`, is one request; its status is printed. Requests carry
planted values in headers and, when they have a body, in JSON; BYTES pads the body. Ends with standard input.
"""
import http.client
import json
import socket
import ssl
import sys


def connect(host, port, ca_file):
    """A connection to a name that no resolver knows: TCP goes to this machine, TLS says the name."""
    if ca_file == "none":
        connection = http.client.HTTPConnection(host, int(port))
    else:
        context = ssl.create_default_context(cafile=ca_file)
        connection = http.client.HTTPSConnection(host, int(port), context=context)
    connection._create_connection = lambda address, *rest: socket.create_connection(
        ("127.0.0.1", address[1]), *rest)
    return connection


def request_of(planted, padding):
    headers = {
        "Authorization": "Bearer " + planted["api_key"],
        "Cookie": "session=" + planted["session_cookie"],
        "Content-Type": "application/json",
    }
    body = {key: planted[key] for key in ("email", "full_name", "iban", "ssn", "aws_secret_key")}
    body["card"] = {"number": planted["pan"]}
    body["padding"] = "x" * padding
    return headers, json.dumps(body)


def main():
    host, port, ca_file, manifest = sys.argv[1:5]
    planted = {one["name"]: one["value"] for one in json.load(open(manifest))}
    connection = connect(host, port, ca_file)
    print("ready", flush=True)
    for line in sys.stdin:
        method, path, *padding = line.split()
        headers, body = request_of(planted, int(padding[0]) if padding else 0)
        connection.request(method, path, body if method == "POST" else None, headers)
        answer = connection.getresponse()
        answer.read()
        print(answer.status, flush=True)


if __name__ == "__main__":
    main()
