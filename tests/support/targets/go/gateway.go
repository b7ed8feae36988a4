// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
)

// An HTTPS server that asks the vendor twice for each request: GET /v1/status with the request's X-Request-Id, and
// GET /v1/limits without it; after its answer GET /v1/broken. Connections to the vendor are shared by all requests, as net/http does.
type gateway struct {
	vendor string
	client *http.Client
}

func (g gateway) askVendor(path, id string) {
	request, err := http.NewRequest("GET", g.vendor+path, nil)
	must(err)
	if id != "" {
		request.Header.Set("X-Request-Id", id)
	}
	answer, err := g.client.Do(request)
	must(err)
	_, err = io.Copy(io.Discard, answer.Body)
	must(err)
	must(answer.Body.Close())
}

func (g gateway) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	g.askVendor("/v1/status", request.Header.Get("X-Request-Id"))
	g.askVendor("/v1/limits", "")
	writer.Header().Set("Content-Length", "0")
	writer.WriteHeader(http.StatusOK)
	writer.(http.Flusher).Flush()
	g.askVendor("/v1/broken", "") // nobody waits for it any more
}

// Says its port after `ready`.
func runGateway(host, port, caFile string) {
	key := filepath.Join(filepath.Dir(caFile), "server.key")
	certificate, err := tls.LoadX509KeyPair(caFile, key)
	must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	handler := gateway{"https://" + host + ":" + port, vendorClient(port, caFile)}
	server := http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	go server.ServeTLS(listener, "", "")
	fmt.Println("ready")
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for input.Scan() {
	}
}
