// SPDX-License-Identifier: Apache-2.0
// What a connection becomes when it does not stay HTTP/1.
#pragma once

#include "userspace/protocol/outlet.h"

namespace scopetrace {

// A protocol that has both directions of a TLS object for itself, from some byte on.
class Successor {
 public:
  Successor() = default;
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;
  virtual ~Successor() = default;

  virtual void set_connection(std::uint64_t conn_id) = 0;
  virtual void on_chunk(const StreamChunk& chunk, Outlet& outlet) = 0;
  // Sends what was before the gap, which itself is sent by the caller.
  virtual void on_gap(const StreamGap& gap, Outlet& outlet) = 0;
  // Sends unknown data that has been silent since `before_ns`.
  virtual void flush_idle(std::uint64_t before_ns, Outlet& outlet) = 0;
  // Sends all there is. Nothing may come after it.
  virtual void end(EndCause cause, Outlet& outlet) = 0;
  virtual std::size_t memory_bytes() const = 0;
};

}  // namespace scopetrace
