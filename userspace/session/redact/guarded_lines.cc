// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/redact/guarded_lines.h"

#include <nlohmann/json.hpp>

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;

// A `message` line without content in place of `line`.
std::string withheld_line(const std::string& line) {
  const Json original = Json::parse(line, nullptr, false);
  Json kept = {{"type", "message"}};
  for (const char* key : {"n", "time", "tgid", "tid", "conn", "exchange"}) {
    if (original.is_object() && original.contains(key)) kept[key] = original[key];
  }
  kept["direction"] = "egress";
  kept["length"] = line.size();
  kept["content_class"] = "text";
  kept["withheld"] = LeakGuard::kWithheldReason;
  return kept.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Status GuardedLines::push(std::string line) {
  if (guard_.is_clean(line)) return next_.push(std::move(line));
  return next_.push(withheld_line(line));
}

}  // namespace scopetrace
