#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks for planted secrets in the memory of a waiting `scopetrace scrub`.

Each value goes through a scrub that stays open and waits for more input; once the redacted line has
come out, all writable memory of the process is searched for the value. Needs root. Prints the
copies found for each way to plant one; exits 1 when there are any.
"""
import base64
import re
import secrets
import string
import subprocess
import sys
import time

SETTLE_SECONDS = 5
FILLER = b"GET /v1/items/42 200 in 12 ms\n" * 40


def make_secret(size=40):
    return "a7" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(size))


def read_memory(pid):
    """All writable memory, one piece a mapping."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not found:
                continue
            begin, end = (int(part, 16) for part in found.groups())
            memory.seek(begin)
            try:
                yield memory.read(end - begin)
            except OSError:
                continue


def count_copies(arguments, text, secret, wanted):
    """Copies of `secret` in memory after `text` was redacted, and the output so far."""
    process = subprocess.Popen(["scopetrace", "scrub", *arguments], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    process.stdin.write(text)
    process.stdin.flush()
    output = b""
    while wanted not in output:
        piece = process.stdout.read1()
        if not piece:
            break
        output += piece
    deadline = time.monotonic() + SETTLE_SECONDS
    copies = 1
    while copies > 0 and time.monotonic() < deadline:  # it writes first, then wipes, then waits
        copies = sum(piece.count(secret) for piece in read_memory(process.pid))
    process.stdin.close()
    output += process.stdout.read()
    process.wait()
    if b"[REDACTED:" not in output or secret in output:
        sys.exit("not redacted")
    return copies


def main():
    failed = False
    for name, arguments, before, encode, after, *ending in (
            ("password", [], b"password=", bytes, b" ok\n"),
            ("address", [], b"postgres://app:", bytes, b"@db.example/app\n"),
            ("base64", [], b"blob ", lambda s: base64.b64encode(b"password=" + s + b" and more of it"), b"\n"),
            ("percent", [], b"q=", lambda s: b"password%3D" + s, b"\n"),
            ("record", ["--null"], b"password=", bytes, b"\0"),
            # Looked up as a name too.
            ("name", [], b"db.example:5432:app:bob:", bytes, b"\n", "-token")):
        secret = (make_secret(12) + ending[0] if ending else make_secret()).encode()
        text = FILLER + before + encode(secret) + after + FILLER + b"end\n" + after[-1:] + FILLER
        copies = count_copies(arguments, text, secret, b"REDACTED")
        print(f"{name}: {copies} copies")
        failed = failed or copies > 0
    sys.exit(failed)


main()
