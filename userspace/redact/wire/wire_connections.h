// SPDX-License-Identifier: Apache-2.0
// The streams of all connections whose protocol is not HTTP.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "userspace/redact/wire/wire_stream.h"
#include "userspace/stream/item.h"

namespace scopetrace {

// What became final.
struct WireTold {
  std::string_view protocol;  // empty while not decided
  std::string text;
};

// Keeps a WireStream for each direction of a TLS object, bounded in number and memory. One that has
// to give its buffers up goes on as after a gap. One thread.
class WireConnections {
 public:
  static constexpr std::size_t kMaxConnections = 8192;
  static constexpr std::size_t kMaxHeldBytes = 16 << 20;

  // `scanner` is borrowed.
  explicit WireConnections(TextScanner& scanner) : scanner_(scanner) {}

  // The next bytes of a direction. Another `detail` than before counts as a gap.
  WireTold push(const StreamKey& key, WireDetail detail, std::string_view bytes);
  // Bytes are missing. What that makes final comes with the next bytes or the end.
  void lose(const StreamKey& key);
  // The connection is over: what was held back of this direction. To be called for both, then
  // forget().
  WireTold finish(const StreamKey& key);
  void forget(std::uint64_t tls_id);

  std::size_t held_bytes() const { return held_bytes_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Side {
    std::unique_ptr<WireStream> stream;
    WireDetail detail = WireDetail::kRedacted;
    std::string carried;  // told, but not passed on yet
    std::size_t charged_bytes = 0;
  };
  struct Entry {
    std::uint64_t tls_id = 0;
    Side sides[2];  // by st_direction
  };
  using Entries = std::list<Entry>;  // least recently used first

  Side& touch(const StreamKey& key);
  Side* find(const StreamKey& key);
  void open(Side& side, WireDetail detail);
  void lose(Side& side);
  void charge(Side& side);
  void drop(Entries::iterator entry);
  void shed(const Entry& newest);

  TextScanner& scanner_;
  Entries entries_;
  std::unordered_map<std::uint64_t, Entries::iterator> by_tls_id_;
  std::size_t held_bytes_ = 0;
};

}  // namespace scopetrace
