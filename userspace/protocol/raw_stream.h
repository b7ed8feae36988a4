// SPDX-License-Identifier: Apache-2.0
// Collects bytes of one direction that no parser understood.
#pragma once

#include <string>

#include "userspace/protocol/outlet.h"

namespace scopetrace {

inline constexpr std::size_t kRawPieceBytes = 64 * 1024;  // one RawStreamData at most

// Cuts unknown bytes into pieces of exactly kRawPieceBytes, whatever the chunks were; flush() ends
// a piece early.
class RawCollector {
 public:
  void add(const StreamKey& key, const Origin& origin, Bytes bytes, Outlet& outlet);
  void flush(const StreamKey& key, std::uint64_t conn_id, Outlet& outlet);
  // The same when nothing was added since `before_ns`.
  void flush_idle(const StreamKey& key, std::uint64_t before_ns, Outlet& outlet);

  void set_connection(std::uint64_t conn_id) { conn_id_ = conn_id; }
  std::size_t memory_bytes() const { return content_.capacity(); }

 private:
  std::string content_;
  Origin origin_;  // of the first byte of the piece
  std::uint64_t last_ns_ = 0;
  std::uint64_t conn_id_ = 0;
};

}  // namespace scopetrace
