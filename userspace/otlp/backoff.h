// SPDX-License-Identifier: Apache-2.0
// How long to wait before trying again.
#pragma once

#include <cstdint>

namespace scopetrace {

// Waits that double from 1 s to 30 s. Each is cut by up to a half at random, so that many senders
// whose collector comes back do not all return in the same moment.
class Backoff {
 public:
  // Milliseconds of the next wait; not less than what the other side asked for (0: nothing).
  // `random` is any number, drawn anew for each call.
  std::uint64_t next_ms(std::uint64_t random, std::uint64_t asked_ms);
  // After a success: the next wait is a short one again.
  void reset() { wait_ms_ = kFirstMs; }

  static constexpr std::uint64_t kFirstMs = 1'000;
  static constexpr std::uint64_t kMostMs = 30'000;

 private:
  std::uint64_t wait_ms_ = kFirstMs;
};

}  // namespace scopetrace
