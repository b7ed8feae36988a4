// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
)

// A client for a name that no resolver knows: TCP goes to this machine, TLS says the name.
func vendorClient(port, caFile string) *http.Client {
	pem, err := os.ReadFile(caFile)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
}

func readPlanted(manifest string) map[string]string {
	text, err := os.ReadFile(manifest)
	must(err)
	var list []struct{ Name, Value string }
	must(json.Unmarshal(text, &list))
	planted := map[string]string{}
	for _, one := range list {
		planted[one.Name] = one.Value
	}
	return planted
}

func requestOf(planted map[string]string, method, url string) *http.Request {
	var body io.Reader
	if method == "POST" {
		text, err := json.Marshal(map[string]string{"email": planted["email"],
			"full_name": planted["full_name"], "iban": planted["iban"]})
		must(err)
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, url, body)
	must(err)
	request.Header.Set("Authorization", "Bearer "+planted["api_key"])
	request.Header.Set("Cookie", "session="+planted["session_cookie"])
	request.Header.Set("Content-Type", "application/json")
	return request
}

func runClient(host, port, caFile, manifest string) {
	client := vendorClient(port, caFile)
	planted := readPlanted(manifest)
	fmt.Println("ready")
	for input.Scan() {
		method, path, _ := strings.Cut(input.Text(), " ")
		answer, err := client.Do(requestOf(planted, method, "https://"+host+":"+port+path))
		must(err)
		_, err = io.Copy(io.Discard, answer.Body)
		must(err)
		must(answer.Body.Close())
		fmt.Println(answer.StatusCode)
	}
}
