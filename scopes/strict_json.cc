// SPDX-License-Identifier: Apache-2.0
#include "scopes/strict_json.h"

#include <set>
#include <string>
#include <vector>

namespace scopetrace {
namespace {

using Json = nlohmann::json;

// Looks at each key while it is parsed.
class RepeatedKeys {
 public:
  bool see(Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
        open_.emplace_back();
        break;
      case Json::parse_event_t::object_end:
        open_.pop_back();
        break;
      case Json::parse_event_t::key:
        see_key(parsed.get_ref<const std::string&>());
        break;
      default:
        break;
    }
    return true;
  }
  // The first one; empty: none.
  const std::string& found() const { return found_; }

 private:
  void see_key(const std::string& key) {
    if (!open_.back().insert(key).second && found_.empty()) found_ = "'" + key + "'";
  }

  std::vector<std::set<std::string>> open_;  // keys of each object that has not ended
  std::string found_;
};

}  // namespace

Result<Json> parse_strict_json(std::string_view text) {
  RepeatedKeys keys;
  const auto see = [&](int, Json::parse_event_t event, Json& parsed) {
    return keys.see(event, parsed);
  };
  Json json = Json::parse(text, see, false);
  if (json.is_discarded()) return fail(ErrorCode::kCorrupt, "is not JSON");
  if (keys.found().empty()) return json;
  return fail(ErrorCode::kCorrupt, "has the key " + keys.found() + " twice in one object");
}

}  // namespace scopetrace
