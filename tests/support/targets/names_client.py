#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program: connects by names that each line says, and prints what came of it.

usage: names_client.py      says `ready`; ends with standard input
  tls PORT SNI HOST VERSION ALPN   an HTTPS request to 127.0.0.1 with these names: its status; `-`: none
  raw PORT SNI TEXT                text inside TLS that is no HTTP: sent
  http NAME PORT HOST              an HTTP request to the address that NAME has: its status
  lookup NAME                      its addresses, or none
"""
import http.client
import socket
import ssl
import sys


def open_tls(port, name, version="-", alpn="-"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version != "-":
        context.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    if alpn != "-":
        context.set_alpn_protocols(alpn.split(","))
    plain = socket.create_connection(("127.0.0.1", int(port)))
    return context.wrap_socket(plain, server_hostname=None if name == "-" else name)


def ask(connection, host):
    connection.request("GET", "/v1/status", headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def tls(port, name, host, version, alpn):
    connection = http.client.HTTPConnection("127.0.0.1")
    connection.sock = open_tls(port, name, version, alpn)
    return ask(connection, host)


def raw(port, name, *text):
    with open_tls(port, name) as connection:
        connection.sendall(" ".join(text).encode() + b"\r\n\r\n")
        connection.recv(4096)
    return "sent"


def plain(name, port, host):
    return ask(http.client.HTTPConnection(name, int(port)), host)


def lookup(name):
    try:
        return " ".join(sorted({entry[4][0] for entry in socket.getaddrinfo(name, None)}))
    except socket.gaierror:
        return "none"


def main():
    calls = {"tls": tls, "raw": raw, "http": plain, "lookup": lookup}
    print("ready", flush=True)
    for line in sys.stdin:
        name, *arguments = line.split()
        try:
            print(calls[name](*arguments), flush=True)
        except (OSError, http.client.HTTPException) as error:
            print(type(error).__name__, flush=True)


main()
