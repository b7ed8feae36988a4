// SPDX-License-Identifier: Apache-2.0
#include "scopes/flags.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scopes/approval_rules.h"
#include "scopes/strict_json.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFlagsFile = 1 << 20;  // bytes
constexpr std::size_t kMaxFlags = 1000;

tl::unexpected<Error> corrupt(const std::string& what) {
  return fail(ErrorCode::kCorrupt, "flags: " + what);
}

// The value of a member that must be a string; nullopt when it is absent or something else.
std::optional<std::string> string_of(const Json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

std::optional<std::string> unknown_key(const Json& object,
                                       std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) return key;
  }
  return std::nullopt;
}

// Every variant must be a level, also those that are not the default: a flag is flipped in a hurry.
std::optional<std::string> fault_of_variants(const Json& variants) {
  if (!variants.is_object() || variants.empty()) return "variants is not a table";
  for (const auto& [name, value] : variants.items()) {
    const bool good =
        value.is_string() && (value == "off" || parse_level(value.get<std::string>()));
    if (!good) return "a variant is not off, metadata, headers, shape or redacted";
  }
  return std::nullopt;
}

std::optional<std::string> fault_of_flag(const Json& flag) {
  if (!flag.is_object()) return "is not an object";
  if (unknown_key(flag, {"state", "variants", "defaultVariant", "targeting", "metadata"})) {
    return "has a key that is none of a flag's";
  }
  const auto state = string_of(flag, "state");
  if (state != "ENABLED" && state != "DISABLED") return "state is not ENABLED or DISABLED";
  if (flag.contains("targeting") && flag["targeting"] != Json::object()) {
    return "targeting is not supported: set defaultVariant";
  }
  if (!flag.contains("variants")) return "has no variants";
  if (auto fault = fault_of_variants(flag["variants"])) return fault;
  const auto chosen = string_of(flag, "defaultVariant");
  if (!chosen || !flag["variants"].contains(*chosen)) return "defaultVariant is not a variant";
  return std::nullopt;
}

// Of a flag without fault.
std::optional<Level> level_of(const Json& flag) {
  if (flag["state"] == "DISABLED") return std::nullopt;
  return parse_level(
      flag["variants"][flag["defaultVariant"].get<std::string>()].get<std::string>());
}

}  // namespace

Result<CaptureFlags> parse_flags(std::string_view text) {
  const auto parsed = parse_strict_json(text);
  if (!parsed) return corrupt(parsed.error().message());
  const Json& json = *parsed;
  if (!json.is_object()) return corrupt("is no JSON object");
  if (unknown_key(json, {"$schema", "flags", "$evaluators", "metadata"})) {
    return corrupt("has a key other than flags");
  }
  if (json.contains("$evaluators") && !json["$evaluators"].empty()) {
    return corrupt("$evaluators is not supported");
  }
  if (!json.contains("flags") || !json["flags"].is_object()) return corrupt("has no table flags");
  if (json["flags"].size() > kMaxFlags) return corrupt("has more than 1000 flags");
  CaptureFlags flags;
  flags.digest = sha256(as_bytes(text));
  for (const auto& [name, flag] : json["flags"].items()) {
    const std::string where = "flag " + std::to_string(flags.flags.size() + 1) + " ";
    if (name == "any" || !is_third_party(name)) return corrupt(where + "is not named as a host");
    if (const auto fault = fault_of_flag(flag)) return corrupt(name + ": " + *fault);
    flags.flags.push_back({name, level_of(flag)});
  }
  return flags;
}

CaptureFlags read_flags(const std::string& path) {
  const auto text = read_file(path, kMaxFlagsFile);
  if (!text && text.error().code() == ErrorCode::kNotFound) return {};
  auto flags = text ? parse_flags(*text) : Result<CaptureFlags>(fail(text.error()));
  if (flags) return *flags;
  CaptureFlags off;
  off.is_all_off = true;
  off.problem = flags.error().message();
  if (text) off.digest = sha256(as_bytes(*text));
  return off;
}

std::string_view flag_level_name(std::optional<Level> level) {
  return level ? level_name(*level) : "off";
}

}  // namespace scopetrace
