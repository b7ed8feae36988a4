#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program that holds secrets of many classes: it sends each over TLS, logs it, and has it in argv.

usage: class_client.py TEXTS LOG ARGUMENT… HOST PORT CA_FILE MANIFEST
TEXTS is a list in JSON. For each line on standard input all texts are sent, each as the body of one
request, and written to LOG; the status of the last answer is printed. Ends with standard input.
"""
import http.client
import json
import socket
import ssl
import sys


def connect(host, port, ca_file):
    """A connection to a name that no resolver knows: TCP goes to this machine, TLS says the name."""
    context = ssl.create_default_context(cafile=ca_file)
    connection = http.client.HTTPSConnection(host, int(port), context=context)
    connection._create_connection = lambda address, *rest: socket.create_connection(
        ("127.0.0.1", address[1]), *rest)
    return connection


def main():
    texts = json.load(open(sys.argv[1]))
    log = open(sys.argv[2], "w")
    connection = connect(*sys.argv[-4:-1])
    print("ready", flush=True)
    for _ in sys.stdin:
        for text in texts:
            print(text, file=log, flush=True)
            connection.request("POST", "/v1/upload", text.encode(), {"Content-Type": "text/plain; charset=utf-8"})
            answer = connection.getresponse()
            answer.read()
        print(answer.status, flush=True)


main()
