// SPDX-License-Identifier: Apache-2.0
// Turns redacted messages into the lines of a bundle. Schemas: docs/schemas/.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/base/clock.h"
#include "userspace/bundle/line_sink.h"
#include "userspace/redact/redacted_message.h"

namespace scopetrace {

// The encoding stage. It takes nothing but RedactedMessage, which only the redactor can make, so
// plaintext cannot reach a line by mistake. Deterministic: the same messages and clocks give the
// same bytes. Invalid UTF-8 becomes U+FFFD.
class Encoder final : public Sink<RedactedMessage> {
 public:
  // `clocks` turn kernel times into wall times; `first_index` is the `n` of the first line.
  Encoder(ClockPair clocks, LineSink& next, std::uint64_t first_index = 0)
      : clocks_(clocks), next_(next), next_index_(first_index) {}

  // Never fails by itself: a line that would be longer than kMaxLineBytes is replaced by one that
  // says so (`withheld`), with the same index.
  Status push(RedactedMessage message) override;
  Status finish() override { return next_.finish(); }

  // The next line counts from here: it begins another part of the bundle.
  void restart(std::uint64_t first_index) { next_index_ = first_index; }

  std::uint64_t next_index() const { return next_index_; }          // lines so far + first_index
  std::uint64_t withheld_lines() const { return withheld_lines_; }  // replaced for their length

 private:
  ClockPair clocks_;
  LineSink& next_;
  std::uint64_t next_index_;
  std::uint64_t withheld_lines_ = 0;
};

}  // namespace scopetrace
