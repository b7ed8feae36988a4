#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program that forks, as preforking servers do.

usage: prefork_server.py HOST PORT CA_FILE MANIFEST
Each line on standard input is an order; the answer is printed:
  fork METHOD PATH   a forked worker makes the request: its status
  exec METHOD PATH   the same, by python_client.py, which the worker executes
  bomb N             N workers, one after the other, that end at once: `done`
Ends with standard input.
"""
import json
import os
import subprocess
import sys

from python_client import connect, request_of

arguments = sys.argv[1:]


def work(method, path):
    """One request over a connection of this process."""
    host, port, ca_file, manifest = arguments
    planted = {one["name"]: one["value"] for one in json.load(open(manifest))}
    connection = connect(host, port, ca_file)
    headers, body = request_of(planted, 0)
    connection.request(method, path, body if method == "POST" else None, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def fork(method, path):
    reader, writer = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.write(writer, str(work(method, path)).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(worker, 0)
    status = os.read(reader, 16).decode()
    os.close(reader)
    return status


def execute(method, path):
    client = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python_client.py")
    # Twice: the first is answered late, so that the second finds everything in place.
    orders = "GET /v1/slow\n%s %s\n" % (method, path)
    done = subprocess.run([sys.executable, client] + arguments, input=orders, text=True,
                          stdout=subprocess.PIPE)
    return done.stdout.split()[-1]


def bomb(count):
    for _ in range(int(count)):
        worker = os.fork()
        if worker == 0:
            os._exit(0)
        os.waitpid(worker, 0)
    return "done"


print("ready", flush=True)
for line in sys.stdin:
    order, *words = line.split()
    print({"fork": fork, "exec": execute, "bomb": bomb}[order](*words), flush=True)
