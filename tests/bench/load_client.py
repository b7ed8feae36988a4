#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A program to measure: Python's http.client over one TLS connection, under open load.

usage: load_client.py HOST PORT CA_FILE
Each line on standard input, `RATE SECONDS`, makes so many requests a second for so long; a RATE of 0 makes them one
after the other. Prints `COUNT P50 P99`: how many, and latencies in microseconds from the moment that each was due, so
that a late one counts against all that wait for it. Ends with standard input.
"""
import http.client
import socket
import ssl
import sys
import time


def connect(host, port, ca_file):
    connection = http.client.HTTPSConnection(host, int(port), context=ssl.create_default_context(cafile=ca_file))
    connection._create_connection = lambda address, *rest: socket.create_connection(("127.0.0.1", address[1]), *rest)
    return connection


def load(connection, rate, seconds):
    latencies = []
    begin = time.monotonic()
    while True:
        due = begin + len(latencies) / rate if rate else time.monotonic()
        if due >= begin + seconds:
            return sorted(latencies)
        time.sleep(max(0, due - time.monotonic()))
        connection.request("GET", "/v1/charges")
        connection.getresponse().read()
        latencies.append(time.monotonic() - due)


def main():
    connection = connect(*sys.argv[1:4])
    print("ready", flush=True)
    for line in sys.stdin:
        latencies = load(connection, *map(float, line.split()))
        p50, p99 = (latencies[int(len(latencies) * share)] * 1e6 for share in (0.5, 0.99))
        print(f"{len(latencies)} {p50:.1f} {p99:.1f}", flush=True)


main()
