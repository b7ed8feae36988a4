#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many clients of a gateway at once, each with a connection of its own; one request of all has a known id.

usage: gateway_load.py PORT CLIENTS REQUESTS NAME VALUE
Each client makes REQUESTS requests, one after the other, with a header NAME of its own; the middle request of the
middle client has VALUE. All clients wait for each other before each request. Exits with 1 unless all were answered 200.
"""
import http.client
import ssl
import sys
import threading
import uuid


def main():
    port, clients, requests = map(int, sys.argv[1:4])
    name, value = sys.argv[4:6]
    context = ssl._create_unverified_context()
    together = threading.Barrier(clients)
    answers = []

    def ask(client):
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        connection.connect()
        for request in range(requests):
            is_known = client == clients // 2 and request == requests // 2
            together.wait()
            connection.request("GET", f"/{client}/{request}", headers={name: value if is_known else str(uuid.uuid4())})
            answer = connection.getresponse()
            answer.read()
            answers.append(answer.status)

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit(answers != [200] * clients * requests)


main()
