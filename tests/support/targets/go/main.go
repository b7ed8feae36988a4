// SPDX-License-Identifier: Apache-2.0

// A traced program: Go's crypto/tls, also through net/http.
//
// usage: go-target client HOST PORT CA_FILE MANIFEST
//
//	go-target gateway HOST PORT CA_FILE MANIFEST
//	go-target SCENARIO [CONNECTIONS [ROUNDS]]
//
// As client, each line on standard input, `METHOD PATH`, is one request of net/http over one connection;
// its status is printed. As gateway it is a server (gateway.go). A scenario talks to itself over loopback: it says `ready`, begins at the next line on
// standard input, says `done` and what it counted, and ends with standard input.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
)

var input = bufio.NewScanner(os.Stdin)

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(3)
	}
}

func number(index, fallback int) int {
	if index >= len(os.Args) {
		return fallback
	}
	value, err := strconv.Atoi(os.Args[index])
	must(err)
	return value
}

func main() {
	if os.Args[1] == "client" {
		runClient(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
		return
	}
	if os.Args[1] == "gateway" {
		runGateway(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	scenario, ok := scenarios[os.Args[1]]
	if !ok {
		must(fmt.Errorf("no scenario %q", os.Args[1]))
	}
	scenario(number(2, 1), number(3, 1))
	for input.Scan() {
	}
}

// Waits until the test has attached.
func waitForStart() {
	fmt.Println("ready")
	input.Scan()
}
