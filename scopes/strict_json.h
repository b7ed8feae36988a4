// SPDX-License-Identifier: Apache-2.0
// JSON that people decide by: an object with a key twice is refused. Programs take the last of the
// two, some the first, and a reader sees whichever is nearer.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

// kCorrupt when it is no JSON, or names the key that an object has twice.
Result<nlohmann::json> parse_strict_json(std::string_view text);

}  // namespace scopetrace
