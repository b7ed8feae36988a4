#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program that writes planted values to every kind of log.

usage: log_client.py FILE MANIFEST
FILE is named *.log. It listens itself where journald would, so it wants a /run of its own. For each line on
standard input it logs, then prints `done`. Ends with standard input.
"""
import json
import logging
import logging.handlers
import socket
import sys

SYSLOG = "/run/systemd/journal/dev-log"
JOURNAL = "/run/systemd/journal/socket"


def listen(path):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(path)
    return server


def make_logger(name, handler, form):
    handler.setFormatter(logging.Formatter(form))
    logger = logging.getLogger(name)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    return logger


def main():
    planted = {one["name"]: one["value"] for one in json.load(open(sys.argv[2]))}
    servers = [listen(SYSLOG), listen(JOURNAL)]
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    errors = make_logger("errors", logging.StreamHandler(), "%(asctime)s %(levelname)s %(message)s")
    system = make_logger("system", logging.handlers.SysLogHandler(SYSLOG), "app: %(message)s")
    file = open(sys.argv[1], "w")
    print("ready", flush=True)
    for _ in sys.stdin:
        errors.debug("user %s has card %s", planted["email"], planted["pan"])
        errors.warning("login of %s with password=%s", planted["email"], planted["session_cookie"])
        system.error("api key: %s", planted["api_key"])
        # One line in three writes, a secret over two of them.
        key = planted["aws_secret_key"]
        for part in ('{"level":"trace","aws_secret_access_key":"', key[:9], key[9:] + '","n":1}\n'):
            file.write(part)
            file.flush()
        message = "MESSAGE=token " + planted["api_key"] + " was refused\n"
        journal.sendmsg([message.encode(), b"PRIORITY=4\n"], [], 0, JOURNAL)
        print("done", flush=True)
        for server in servers:
            server.recv(65536)


main()
