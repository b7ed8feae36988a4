// SPDX-License-Identifier: Apache-2.0
// What the traced clients of single TLS libraries share: HTTP over a stream of that library.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace scopetrace::testing {

// One TLS connection of the library that this client is linked with.
class TlsStream {
 public:
  virtual ~TlsStream() = default;
  virtual bool write(std::string_view text) = 0;
  // What arrives next; empty at the end or on an error.
  virtual std::string read() = 0;
};

// Each client has its own: completes a handshake over a connected socket, which it owns from then
// on, and checks the certificate against `ca_file`. Aborts when there is no connection to be had.
std::unique_ptr<TlsStream> open_tls(int fd, const std::string& host, const std::string& ca_file);

}  // namespace scopetrace::testing
