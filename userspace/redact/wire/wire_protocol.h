// SPDX-License-Identifier: Apache-2.0
// What a reader of one protocol does: cuts one direction into messages and tells what they say.
#pragma once

#include <cstddef>
#include <string_view>

namespace scopetrace {

class WireText;

// How long the message is that begins here.
struct Extent {
  enum class State {
    kNeedsMore,  // cannot be said yet
    kKnown,      // size_bytes, which may be more than is there
    kBroken,     // these bytes do not follow the protocol
  };
  State state = State::kNeedsMore;
  std::size_t size_bytes = 0;

  static Extent needs_more() { return {}; }
  static Extent broken() { return {State::kBroken, 0}; }
  static Extent of(std::size_t size_bytes) { return {State::kKnown, size_bytes}; }
};

// One direction of one connection. Messages come whole and in order.
class WireProtocol {
 public:
  WireProtocol() = default;
  WireProtocol(const WireProtocol&) = delete;
  WireProtocol& operator=(const WireProtocol&) = delete;
  virtual ~WireProtocol() = default;

  // Says the same of any longer `begin`, once it is not kNeedsMore. Looks at few bytes: it is asked
  // again whenever some arrive.
  virtual Extent extent(std::string_view begin) const = 0;
  // Tells a whole message.
  virtual void tell(std::string_view message, WireText& out) = 0;
  // A message of this size was too long to be kept: what follows must still be understood.
  virtual void skip(std::size_t size_bytes, WireText& out);
  // Bytes were lost. True: goes on behind the next line end; false: no boundary can be found again.
  virtual bool resume() { return false; }
};

// The line that `begin` begins with, its end included; at most `max_bytes`, else broken.
Extent line_extent(std::string_view begin, std::size_t max_bytes);
// Without its CR and LF.
std::string_view without_line_end(std::string_view line);

}  // namespace scopetrace
