// SPDX-License-Identifier: Apache-2.0
// How far a delivery came, in a file beside the export: a later run goes on there.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace {

struct DeliveryMark {
  std::string url;                   // of the collector
  Digest spans{};                    // of the file that is delivered
  std::uint64_t sent_bytes = 0;      // of it, what the collector has
  std::uint64_t rejected_spans = 0;  // of those, what the collector says it has dropped
};

// The mark in the file if it is of this collector and file, else one of nothing sent. kCorrupt when
// the file is no mark.
Result<DeliveryMark> read_delivery_mark(const std::string& path, const std::string& url,
                                        const Digest& spans);
// The file has the old mark or the new one, also after a power failure.
Status write_delivery_mark(const std::string& path, const DeliveryMark& mark);

}  // namespace scopetrace
