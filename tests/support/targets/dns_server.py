#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A name server for tests, by UDP.

usage: dns_server.py ADDRESS NAMES      NAMES: JSON, name to address or, in a list, alias and address
Says `ready`. Answers questions for A of known names; for AAAA of those nothing; of `silent.example` it says
nothing at all; all else does not exist. Ends when it is killed.
"""
import json
import socket
import struct
import sys


def wire_name(name):
    labels = name.split(".")
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def record(name, kind, data):
    return wire_name(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def read_question(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], query[12:at + 5]


def answer(query, names):
    name, kind, question = read_question(query)
    known = names.get(name.lower())
    records = []
    if known and kind == 1:
        *aliases, address = known if isinstance(known, list) else [known]
        owner = name
        for alias in aliases:
            records.append(record(owner, 5, wire_name(alias)))
            owner = alias
        records.append(record(owner, 1, socket.inet_aton(address)))
    flags = 0x8180 if known else 0x8183
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + b"".join(records)


def main():
    address, names = sys.argv[1:3]
    names = json.loads(names)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    print("ready", flush=True)
    while True:
        query, peer = server.recvfrom(4096)
        if read_question(query)[0] != "silent.example":
            server.sendto(answer(query, names), peer)


main()
