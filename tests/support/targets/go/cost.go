// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"unsafe"
)

const (
	costRuns         = 30
	costCallsPerRun  = 100
	recordBytes      = 16384
	sysClockGettime  = 228 // x86-64
	clockThreadCPUID = 3
)

// CPU time of this thread, in nanoseconds.
func threadTime() int64 {
	var now syscall.Timespec
	_, _, errno := syscall.RawSyscall(sysClockGettime, clockThreadCPUID, uintptr(unsafe.Pointer(&now)), 0)
	if errno != 0 {
		must(errno)
	}
	return now.Nano()
}

func connectPair(listener net.Listener, server, client *tls.Config) (ours, theirs *tls.Conn) {
	accepted := make(chan *tls.Conn)
	go func() {
		raw, err := listener.Accept()
		must(err)
		conn := tls.Server(raw, server)
		must(conn.Handshake())
		accepted <- conn
	}()
	raw, err := net.Dial("tcp", listener.Addr().String())
	must(err)
	ours = tls.Client(raw, client)
	must(ours.Handshake())
	return ours, <-accepted
}

// The least time of a call, of several runs.
func leastTime(call func()) int64 {
	least := int64(1) << 62
	for run := 0; run < costRuns; run++ {
		start := threadTime()
		for i := 0; i < costCallsPerRun; i++ {
			call()
		}
		if spent := threadTime() - start; spent < least {
			least = spent
		}
	}
	return least / costCallsPerRun
}

// For each line, `write BYTES` or `read BYTES`, prints `done NANOSECONDS`: the CPU time of one call. What is read
// has arrived and been decrypted with the record that the first call of a run asks for.
func runCost(int, int) {
	server, client := makeIdentity()
	listener := listen()
	sink, drain := connectPair(listener, server, client)
	go io.Copy(io.Discard, drain)
	source, feed := connectPair(listener, server, client)
	go func() {
		for {
			if _, err := feed.Write(make([]byte, recordBytes)); err != nil {
				return
			}
		}
	}()
	runtime.LockOSThread()
	fmt.Println("ready")
	for input.Scan() {
		var what string
		var size int
		_, err := fmt.Sscan(input.Text(), &what, &size)
		must(err)
		buffer := make([]byte, size)
		call := func() { sink.Write(buffer) }
		if what == "read" {
			call = func() { source.Read(buffer) }
		}
		fmt.Println("done", leastTime(call))
	}
}
