// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace scopetrace {

using Json = nlohmann::json;

constexpr std::size_t kMaxRules = 4096;

// Builds a RuleSet from its JSON text; knows where each rule stands.
class RuleSetParser {
 public:
  explicit RuleSetParser(std::string_view text) : text_(text) {}

  Result<RuleSet> parse() {
    const Json json = Json::parse(text_.begin(), text_.end(), nullptr, false);
    if (json.is_discarded() || !json.is_object()) return refuse(0, "not a JSON object");
    for (const auto& [key, value] : json.items()) {
      ST_RETURN_IF_ERROR(parse_member(key, value));
    }
    if (rules_.name_.empty()) return refuse(0, "no profile name");
    if (rules_.shapes_.empty()) return refuse(0, "no shapes");
    rules_.digest_ = sha256(as_bytes(text_));
    return std::move(rules_);
  }

 private:
  tl::unexpected<Error> refuse(std::size_t offset, const std::string& reason) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text_.size()));
    const auto line = 1 + std::count(text_.begin(), end, '\n');
    return fail(ErrorCode::kCorrupt, "rule set line " + std::to_string(line) + ": " + reason);
  }
  // Rules stand in the order of the file, so the next mention of a rule's text is its place.
  std::size_t locate(const std::string& quoted) {
    const auto found = text_.find(quoted, cursor_);
    if (found != std::string_view::npos) cursor_ = found;
    return cursor_;
  }

  Status parse_member(const std::string& key, const Json& value) {
    cursor_ = std::min(text_.find("\"" + key + "\""), text_.size());
    if (key == "profile" && value.is_string()) return set_name(value.get<std::string>());
    if (key == "version") {
      if (value == 1) return {};
      return refuse(cursor_, "unknown version");
    }
    if (!value.is_array()) return refuse(cursor_, "not a list");
    if (value.size() > kMaxRules) return refuse(cursor_, "too many rules");
    if (key == "shapes") return parse_shapes(value);
    if (key == "names") return parse_names(value);
    if (key == "public_names") return parse_list(value, rules_.public_names_);
    if (key == "public_cookies") return parse_list(value, rules_.public_cookies_);
    if (key == "low_entropy_classes") return parse_list(value, rules_.low_entropy_classes_);
    return refuse(cursor_, "unknown member");
  }
  Status set_name(std::string name) {
    rules_.name_ = std::move(name);
    return {};
  }

  Status parse_shapes(const Json& list) {
    for (const Json& entry : list) {
      if (!entry.is_object() || !entry.contains("class") || !entry.contains("shape") ||
          !entry["class"].is_string() || !entry["shape"].is_string()) {
        return refuse(cursor_, "a shape rule needs class and shape");
      }
      ShapeRule rule;
      rule.class_name = entry["class"].get<std::string>();
      rule.shape_text = entry["shape"].get<std::string>();
      const std::size_t at = locate(Json(rule.shape_text).dump());
      auto shape = Shape::parse(rule.shape_text);
      if (!shape) return refuse(at, rule.class_name + ": " + shape.error().message());
      if (shape->literal().size() < 2) return refuse(at, rule.class_name + ": no literal");
      rule.shape = *std::move(shape);
      rules_.shapes_.push_back(std::move(rule));
    }
    return {};
  }

  Status parse_names(const Json& list) {
    for (const Json& entry : list) {
      if (!entry.is_object() || !entry.contains("class") || !entry["class"].is_string() ||
          !entry.contains("names") || !entry["names"].is_array() || entry["names"].empty()) {
        return refuse(cursor_, "a name rule needs class and names");
      }
      NameRule rule;
      rule.class_name = entry["class"].get<std::string>();
      ST_RETURN_IF_ERROR(parse_list(entry["names"], rule.names));
      rules_.names_.push_back(std::move(rule));
    }
    return {};
  }

  Status parse_list(const Json& list, std::vector<std::string>& out) {
    for (const Json& entry : list) {
      if (!entry.is_string() || entry.get<std::string>().empty()) {
        return refuse(cursor_, "an entry is not a word");
      }
      out.push_back(entry.get<std::string>());
      locate(entry.dump());
    }
    return {};
  }

  std::string_view text_;
  std::size_t cursor_ = 0;
  RuleSet rules_;
};

Result<RuleSet> RuleSet::parse(Bytes json) { return RuleSetParser(as_text(json)).parse(); }

}  // namespace scopetrace
