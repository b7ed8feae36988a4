// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/backoff.h"

#include <algorithm>

namespace scopetrace {

std::uint64_t Backoff::next_ms(std::uint64_t random, std::uint64_t asked_ms) {
  const std::uint64_t half = wait_ms_ / 2;
  const std::uint64_t wait = half + random % (half + 1);
  wait_ms_ = std::min(2 * wait_ms_, kMostMs);
  return std::max(wait, asked_ms);
}

}  // namespace scopetrace
