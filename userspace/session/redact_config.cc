// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/redact_config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace scopetrace {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> kLevels{"metadata", "headers", "shape", "redacted"};

// Reads fields of known type; one missing or of another type spoils the whole.
class ConfigReader {
 public:
  explicit ConfigReader(const Json& json) : json_(json) {}

  void get(const char* key, std::string& value) {
    const Json* field = find(key, Json::value_t::string);
    if (field != nullptr) value = field->get<std::string>();
  }
  void get(const char* key, bool& value) {
    const Json* field = find(key, Json::value_t::boolean);
    if (field != nullptr) value = field->get<bool>();
  }
  void get(const char* key, std::uint64_t& value) {
    const Json* field = find(key, Json::value_t::number_unsigned);
    if (field != nullptr) value = field->get<std::uint64_t>();
  }
  void get(const char* key, std::vector<std::string>& values) {
    const Json* field = find(key, Json::value_t::array);
    if (field == nullptr) return;
    for (const Json& item : *field) {
      is_good_ = is_good_ && item.is_string();
      if (item.is_string()) values.push_back(item.get<std::string>());
    }
  }
  void get(const char* key, Digest& digest) {
    std::string text;
    get(key, text);
    const auto bytes = from_hex(text);
    is_good_ = is_good_ && bytes && bytes->size() == digest.size();
    if (is_good_) std::copy(bytes->begin(), bytes->end(), digest.begin());
  }
  bool is_good() const { return is_good_; }

 private:
  const Json* find(const char* key, Json::value_t type) {
    const auto field = json_.find(key);
    if (field != json_.end() && field->type() == type) return &*field;
    is_good_ = false;
    return nullptr;
  }

  const Json& json_;
  bool is_good_ = true;
};

}  // namespace

std::string format_redact_config(const RedactConfig& config) {
  const Json json = {
      {"leaf_salt", to_hex(config.leaf_salt)},
      {"boottime_ns", config.clocks.boottime_ns},
      {"realtime_ns", config.clocks.realtime_ns},
      {"level", config.level},
      {"redaction", config.redaction},
      {"third_parties", config.third_parties},
      {"requests", config.requests},
      {"families", config.families},
      {"inbound", config.inbound},
      {"first_line", config.first_line},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<RedactConfig> parse_redact_config(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::kCorrupt, "redact config is not a JSON object");
  RedactConfig config;
  ConfigReader reader(json);
  reader.get("leaf_salt", config.leaf_salt);
  reader.get("boottime_ns", config.clocks.boottime_ns);
  reader.get("realtime_ns", config.clocks.realtime_ns);
  reader.get("level", config.level);
  reader.get("redaction", config.redaction);
  reader.get("third_parties", config.third_parties);
  reader.get("requests", config.requests);
  reader.get("families", config.families);
  reader.get("inbound", config.inbound);
  reader.get("first_line", config.first_line);
  const bool is_level = std::find(kLevels.begin(), kLevels.end(), config.level) != kLevels.end();
  if (!reader.is_good() || !is_level) {
    return fail(ErrorCode::kCorrupt, "redact config has a missing or wrong field");
  }
  return config;
}

}  // namespace scopetrace
