// SPDX-License-Identifier: Apache-2.0
// Hands batches to a collector that may be down for a while.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/otlp/backoff.h"
#include "userspace/otlp/collector.h"

namespace scopetrace {

// Time and chance, so that a test needs neither.
struct DeliveryClock {
  std::function<std::uint64_t()> now_ms;       // steady
  std::function<void(std::uint64_t)> wait_ms;  // sleeps so long
  std::function<std::uint64_t()> random;
};
DeliveryClock system_delivery_clock();

// Sends one batch after the other, each again and again with waits that grow until the collector
// has it. Memory: none beside the batch: whoever calls keeps what was not sent yet.
class Delivery {
 public:
  // Gives up after `patience_ms` without an answer. `on_wait` gets the reason of the first failure
  // since the last success.
  Delivery(Collector& collector, DeliveryClock clock, std::uint64_t patience_ms,
           std::function<void(const std::string&)> on_wait)
      : collector_(collector),
        clock_(std::move(clock)),
        patience_ms_(patience_ms),
        on_wait_(std::move(on_wait)) {}

  // kIo when the collector refuses the batch, or could not be reached for the whole patience.
  Status send(std::string_view batch);
  // Spans that the collector says it has dropped, of batches that it has accepted.
  std::uint64_t rejected_spans() const { return rejected_spans_; }

 private:
  Collector& collector_;
  DeliveryClock clock_;
  std::uint64_t patience_ms_;
  std::function<void(const std::string&)> on_wait_;
  Backoff backoff_;
  std::uint64_t rejected_spans_ = 0;
};

}  // namespace scopetrace
