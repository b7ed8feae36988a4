// SPDX-License-Identifier: Apache-2.0
// Reads the two flights of a TLS handshake that are not encrypted.
#pragma once

#include <string>

#include "userspace/base/bytes.h"
#include "userspace/protocol/tls_facts.h"

namespace scopetrace {

// ClientHello, ServerHello and, before TLS 1.3, Certificate (RFC 8446 section 4, RFC 5246
// section 7.4); every other message is skipped. Bytes may be cut anywhere. A message that breaks
// its format ends its flight: what was read before stays.
class TlsHandshake {
 public:
  // The next bytes of the client's or the server's flight: messages, without records around them.
  // At most kMaxFlightBytes of each are looked at.
  void push(bool is_server, Bytes messages);
  // Some bytes of this flight are missing from here on. A client whose hello was not seen whole
  // counts as one that named a host of its own.
  void cut(bool is_server);
  // Nothing more comes: decides what is only known by what did not come.
  void finish();

  const TlsFacts& facts() const { return facts_; }
  // Of messages that are not whole.
  std::size_t pending_bytes() const {
    return flights_[0].pending.size() + flights_[1].pending.size();
  }

 private:
  static constexpr std::size_t kMaxFlightBytes = 16384;

  struct Flight {
    std::string pending;  // of a message that is not whole
    std::size_t taken_bytes = 0;
    bool is_over = false;
  };

  bool take_message(Flight& flight, bool is_server);
  bool read_message(bool is_server, unsigned type, Bytes body);

  Flight flights_[2];  // client, server
  TlsFacts facts_;
};

}  // namespace scopetrace
