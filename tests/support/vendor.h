// SPDX-License-Identifier: Apache-2.0
// A third party to debug against, by HTTPS and HTTP: good and bad answers, some slow, all full of
// personal data.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/certificate.h"
#include "tests/support/planted.h"

namespace scopetrace::testing {

// The name clients use for the vendor; tests map it to a port of 127.0.0.1.
inline constexpr char kVendorHost[] = "api.payments.example";

// Serves on two free ports of 127.0.0.1 from its own threads until destroyed.
//
//   POST /v1/charges           200, JSON with customer, card and account
//   POST /v1/charges/declined  402, a card error
//   GET  /v1/status            200 whose body is an error
//   GET  /v1/limits            429 with Retry-After: 7
//   GET  /v1/broken            500
//   GET  /v1/slow              200 after two seconds
//   GET  /v1/events            200, chunked; planted values straddle chunk borders
//   GET  /v1/customers         200, compressed when the client accepts gzip; Set-Cookie
//   GET  /v1/export?bytes=N    200, at least N bytes of JSON lines
//   GET  /v1/readings?bytes=N  200, at least N bytes of JSON numbers, nothing personal
//   POST /v1/upload            200, the number of bytes received
//   POST /oauth/token          200, tokens
//   GET  /v1/hold              200 once release() was called
//   GET  /v1/hostile           200, terminal escapes in header and body, then binary
class Vendor {
 public:
  explicit Vendor(const PlantedSet& planted);
  ~Vendor();

  int port() const;
  // The same, without TLS.
  int plain_port() const;
  const ServerIdentity& identity() const;

  // Lets the oldest request for /v1/hold that waits go on, or the next one that comes.
  void release();
  // Waits until a request for /v1/hold waits.
  void wait_until_held();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scopetrace::testing
