// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/delivery.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

#include "userspace/base/crypto.h"

namespace scopetrace {

DeliveryClock system_delivery_clock() {
  using std::chrono::milliseconds;
  const auto now = [] {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(since).count());
  };
  const auto random = [] {
    std::array<std::byte, sizeof(std::uint64_t)> bytes;
    fill_random(bytes);
    return std::bit_cast<std::uint64_t>(bytes);
  };
  return {.now_ms = now,
          .wait_ms = [](std::uint64_t ms) { ::poll(nullptr, 0, static_cast<int>(ms)); },
          .random = random};
}

Status Delivery::send(std::string_view batch) {
  const std::uint64_t deadline_ms = clock_.now_ms() + patience_ms_;
  for (bool is_first = true;; is_first = false) {
    const CollectorAnswer answer = collector_.send(batch);
    if (answer.outcome == CollectorAnswer::Outcome::kAccepted) {
      rejected_spans_ += answer.rejected_spans;
      backoff_.reset();
      return {};
    }
    if (answer.outcome == CollectorAnswer::Outcome::kRefused) {
      return fail(ErrorCode::kIo, "the collector refused the spans: " + answer.reason);
    }
    const std::uint64_t now_ms = clock_.now_ms();
    if (now_ms >= deadline_ms) {
      return fail(ErrorCode::kIo, "the collector could not be reached: " + answer.reason);
    }
    if (is_first) on_wait_(answer.reason);
    const std::uint64_t wait_ms = backoff_.next_ms(clock_.random(), answer.wait_ms);
    clock_.wait_ms(std::min(wait_ms, deadline_ms - now_ms));
  }
}

}  // namespace scopetrace
