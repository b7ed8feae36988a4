// SPDX-License-Identifier: Apache-2.0
// Durations and sizes as people write them on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

// `90s`, `5m`, `1h` to seconds. Errors: kUsage for anything else, zero, and more than a year.
Result<std::uint64_t> parse_duration(std::string_view text);
// `4096`, `64KiB`, `1MiB`, `2GiB` to bytes. Errors: kUsage for anything else and zero.
Result<std::uint64_t> parse_size(std::string_view text);

// The largest unit that divides the value: 900 → `15m`, 268435456 → `256MiB`.
std::string format_duration(std::uint64_t seconds);
std::string format_size(std::uint64_t bytes);

}  // namespace scopetrace
