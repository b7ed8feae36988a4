// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Each message names the port of the client that sent it: `<PORT:ROUND>` and padding.
var scenarios = map[string]func(connections, rounds int){
	"echo":      func(n, rounds int) { runEcho(n, rounds, identity, (*tls.Conn).Close) },
	"wrapped":   func(n, rounds int) { runEcho(n, rounds, wrap, (*tls.Conn).Close) },
	"disguised": func(n, rounds int) { runEcho(n, rounds, makeDisguise(), (*tls.Conn).Close) },
	"relayed":   func(n, rounds int) { runEcho(n, rounds, relay, (*tls.Conn).Close) },
	"asking":    runAsking,
	"growing":   runGrowing,
	"unclosed": func(n, rounds int) {
		runEcho(n, rounds, identity, func(conn *tls.Conn) error { return conn.NetConn().Close() })
	},
	"http":    runHTTP,
	"pending": runPending,
	"cost":    runCost,
}

func message(port, round int) string {
	return fmt.Sprintf("<%d:%d>", port, round) + strings.Repeat("x", 100+round%7*1000) + "."
}

func portOf(address net.Addr) int { return address.(*net.TCPAddr).Port }

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	return listener
}

// What lies below TLS on the client's side.
type wrapper func(net.Conn) net.Conn

func identity(conn net.Conn) net.Conn { return conn }

type wrapped struct {
	net.Conn
	calls int
}

func wrap(conn net.Conn) net.Conn { return &wrapped{Conn: conn} }

// Looks in memory like a *net.TCPConn with another descriptor.
type disguised struct {
	descriptor *struct{ state, semaphores, number uint64 }
	net.Conn
}

// Every connection pretends to be one and the same other.
func makeDisguise() wrapper {
	other := listen()
	conn, err := net.Dial("tcp", other.Addr().String())
	must(err)
	raw, err := conn.(*net.TCPConn).SyscallConn()
	must(err)
	descriptor := &struct{ state, semaphores, number uint64 }{}
	must(raw.Control(func(fd uintptr) { descriptor.number = uint64(fd) }))
	return func(real net.Conn) net.Conn { return &disguised{descriptor, real} }
}

// Hands everything to other goroutines: no socket is used inside a call of TLS.
func relay(conn net.Conn) net.Conn {
	ours, theirs := net.Pipe()
	go func() { io.Copy(conn, theirs); conn.Close() }()
	go func() { io.Copy(theirs, conn); theirs.Close() }()
	return ours
}

var migrated int64

// Reads all of `text` through the concrete type; counts calls that changed threads.
func expect(conn *tls.Conn, text string) {
	buffer := make([]byte, len(text))
	for at := 0; at < len(text); {
		before := syscall.Gettid()
		n, err := conn.Read(buffer[at:])
		if syscall.Gettid() != before {
			atomic.AddInt64(&migrated, 1)
		}
		must(err)
		at += n
	}
	if string(buffer) != text {
		must(fmt.Errorf("other bytes came back"))
	}
}

// Counts its connections in `served` until they have ended, so that none is in a call when the scenario is done.
func serveEcho(listener net.Listener, config *tls.Config, served *sync.WaitGroup) {
	for {
		raw, err := listener.Accept()
		if err != nil {
			return
		}
		served.Add(1)
		go func() {
			defer served.Done()
			conn := tls.Server(raw, config)
			defer conn.Close()
			io.Copy(conn, conn)
		}()
	}
}

func echoOnce(address string, config *tls.Config, rounds int, below wrapper, end func(*tls.Conn) error) {
	raw, err := net.Dial("tcp", address)
	must(err)
	conn := tls.Client(below(raw), config)
	for round := 0; round < rounds; round++ {
		text := message(portOf(raw.LocalAddr()), round)
		_, err = conn.Write([]byte(text))
		must(err)
		expect(conn, text)
	}
	must(end(conn))
}

func runEcho(connections, rounds int, below wrapper, end func(*tls.Conn) error) {
	server, client := makeIdentity()
	runEchoWith(server, client, connections, rounds, below, end)
}

// The handshake, which is part of the first Write, asks somebody else over a connection of its own.
func runAsking(connections, rounds int) {
	server, client := makeIdentity()
	other := listen()
	go func() {
		for {
			conn, err := other.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(conn, conn); conn.Close() }()
		}
	}()
	client.VerifyConnection = func(tls.ConnectionState) error {
		conn, err := net.Dial("tcp", other.Addr().String())
		must(err)
		defer conn.Close()
		_, err = conn.Write([]byte("revoked?"))
		must(err)
		_, err = io.ReadFull(conn, make([]byte, 8))
		return err
	}
	runEchoWith(server, client, connections, rounds, identity, (*tls.Conn).Close)
}

func runEchoWith(server, client *tls.Config, connections, rounds int, below wrapper, end func(*tls.Conn) error) {
	listener := listen()
	var served sync.WaitGroup
	go serveEcho(listener, server, &served)
	waitForStart()
	var group sync.WaitGroup
	for wave := 0; wave < 2; wave++ { // the second meets memory of the first
		for i := 0; i < connections; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				echoOnce(listener.Addr().String(), client, rounds, below, end)
			}()
		}
		group.Wait()
		runtime.GC()
	}
	served.Wait()
	fmt.Println("done", atomic.LoadInt64(&migrated))
}

// A connection whose calls need more stack than there is: it is copied to another place.
type growing struct{ net.Conn }

//go:noinline
func useStack(depth int) byte {
	var block [4096]byte
	block[depth%len(block)] = byte(depth)
	if depth == 0 {
		return block[0]
	}
	return useStack(depth-1) + block[depth%len(block)]
}

func (conn growing) Read(p []byte) (int, error) {
	useStack(100)
	return conn.Conn.Read(p)
}

func (conn growing) Write(p []byte) (int, error) {
	useStack(100)
	return conn.Conn.Write(p)
}

// On a fresh, small stack; the buffer lies on it, since the concrete Read lets it not escape.
func readOnStack(conn *tls.Conn, length int) (moved bool, ok bool) {
	var buffer [512]byte
	before := addressOf(&buffer)
	at := 0
	for at < length {
		n, err := conn.Read(buffer[at:length])
		must(err)
		at += n
	}
	return addressOf(&buffer) != before, buffer[0] == '<'
}

func runGrowing(connections, rounds int) {
	server, client := makeIdentity()
	listener := listen()
	var served sync.WaitGroup
	go serveEcho(listener, server, &served)
	waitForStart()
	var moves int64
	var group sync.WaitGroup
	for i := 0; i < connections; i++ {
		raw, err := net.Dial("tcp", listener.Addr().String())
		must(err)
		conn := tls.Client(growing{raw}, client)
		for round := 0; round < rounds; round++ {
			text := message(portOf(raw.LocalAddr()), 0)
			_, err = conn.Write([]byte(text))
			must(err)
			group.Add(1)
			go func() { // a new goroutine each time: its stack has yet to grow
				defer group.Done()
				moved, ok := readOnStack(conn, len(text))
				if moved {
					atomic.AddInt64(&moves, 1)
				}
				if !ok {
					must(fmt.Errorf("other bytes came back"))
				}
			}()
			group.Wait()
		}
		must(conn.Close())
	}
	served.Wait()
	fmt.Println("done", moves)
}

// Each client has a connection of its own at a time; requests name its port, and the round in X-Request-Id.
func runHTTP(connections, rounds int) {
	serverConfig, clientConfig := makeIdentity()
	listener := listen()
	handler := http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		text, err := io.ReadAll(request.Body)
		must(err)
		answer.Write(text)
	})
	server := http.Server{Handler: handler, TLSConfig: serverConfig, ErrorLog: log.New(io.Discard, "", 0)}
	server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	go server.ServeTLS(listener, "", "")
	waitForStart()
	var group sync.WaitGroup
	for i := 0; i < connections; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			exchange("https://"+listener.Addr().String(), clientConfig, rounds)
		}()
	}
	group.Wait()
	fmt.Println("done", connections*rounds)
}

func exchange(url string, config *tls.Config, rounds int) {
	transport := &http.Transport{TLSClientConfig: config.Clone(), MaxConnsPerHost: 1}
	client := http.Client{Transport: transport}
	for round := 0; round < rounds; round++ {
		post(client, url, round)
	}
	transport.CloseIdleConnections()
}

// A body that is made when it is sent: by then it is known over which connection.
type lateBody struct {
	text *string
	at   int
}

func (body *lateBody) Read(p []byte) (int, error) {
	n := copy(p, (*body.text)[body.at:])
	body.at += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func post(client http.Client, url string, round int) {
	var text string
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		text = message(portOf(got.Conn.LocalAddr()), round)
	}}
	ctx := httptrace.WithClientTrace(context.Background(), trace)
	request, err := http.NewRequestWithContext(ctx, "POST", url, &lateBody{text: &text})
	must(err)
	request.ContentLength = int64(len(message(10000, round))) // ports of this machine have five digits
	request.Header.Set("X-Request-Id", fmt.Sprintf("round-%d", round))
	answer, err := client.Do(request)
	must(err)
	got, err := io.ReadAll(answer.Body)
	must(err)
	must(answer.Body.Close())
	if string(got) != text {
		must(fmt.Errorf("other bytes came back"))
	}
}

// The client's Read is in progress when the test attaches, and again whenever it says `round`; each round goes on
// at the next line. What is read lies behind what was read before.
func runPending(_, rounds int) {
	server, client := makeIdentity()
	reader, writer := connectPair(listen(), server, client)
	got := make(chan string)
	go func() {
		buffer := make([]byte, 64*1024)
		for at := 0; ; {
			n, err := reader.Read(buffer[at:])
			must(err)
			got <- string(buffer[at : at+n])
			at += n
		}
	}()
	waitUntilReading()
	waitForStart()
	for round := 0; round < rounds; round++ {
		text := message(portOf(reader.LocalAddr()), round)
		_, err := writer.Write([]byte(text))
		must(err)
		if <-got != text {
			must(fmt.Errorf("other bytes came back"))
		}
		waitUntilReading()
		fmt.Println("round")
		input.Scan()
	}
	fmt.Println("done", rounds)
}
