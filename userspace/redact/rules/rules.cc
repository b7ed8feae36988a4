// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/rules.h"

#include <algorithm>
#include <unordered_set>

#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::string_view kOrigin = "rule set";

// Where the JSON object at the begin of `text` ends, and the blanks behind it. All of the text when
// it does not end.
std::size_t object_end(std::string_view text) {
  std::size_t depth = 0;
  bool is_in_string = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (is_in_string && c == '\\') {
      ++at;
    } else if (c == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && c == '{') {
      ++depth;
    } else if (!is_in_string && c == '}' && (depth == 0 || --depth == 0)) {
      break;
    }
  }
  at = std::min(at + 1, text.size());
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

template <class T>
void append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

// What the rules name, without separators and "*_".
std::unordered_set<std::string> names_of(const std::vector<NameRule>& rules) {
  std::unordered_set<std::string> names;
  for (const NameRule& rule : rules) {
    for (const std::string_view name : rule.names)
      names.insert(compact_name(name.substr(name.starts_with("*_") ? 2 : 0)));
  }
  return names;
}

bool has_part(std::string_view joined, std::string_view part) {
  const std::string text = "+" + std::string(joined) + "+";
  return text.find("+" + std::string(part) + "+") != text.npos;
}

}  // namespace

Result<RuleSet> RuleSet::parse(Bytes profiles) {
  std::string_view rest = as_text(profiles);
  std::optional<RuleSet> all;
  do {
    const std::size_t end = object_end(rest);
    ST_ASSIGN_OR_RETURN(RuleSet one, parse_profile(rest.substr(0, end), kOrigin));
    if (all) {
      ST_RETURN_IF_ERROR(all->add(one));
    } else {
      all = std::move(one);
    }
    rest.remove_prefix(end);
  } while (!rest.empty());
  return *std::move(all);
}

Status RuleSet::add(const RuleSet& other) {
  const auto refuse = [&](const std::string& reason) {
    return fail(ErrorCode::kCorrupt, "profile " + other.name_ + ": " + reason);
  };
  if (has_part(name_, other.name_)) return refuse("comes twice");
  const auto joints = static_cast<std::size_t>(std::count(name_.begin(), name_.end(), '+'));
  if (joints + 1 >= kMaxProfiles) return refuse("is one too many");
  const auto own_names = names_of(names_);
  for (const std::string& name : other.public_names_) {
    if (own_names.contains(compact_name(name)))
      return refuse("public name '" + name + "' takes back a name of " + name_);
  }
  const auto new_names = names_of(other.names_);
  std::erase_if(public_names_,
                [&](const std::string& name) { return new_names.contains(compact_name(name)); });
  name_ += "+" + other.name_;
  text_ += other.text_;
  append(shapes_, other.shapes_);
  append(names_, other.names_);
  append(public_names_, other.public_names_);
  append(public_cookies_, other.public_cookies_);
  append(low_entropy_classes_, other.low_entropy_classes_);
  append(personal_classes_, other.personal_classes_);
  append(detectors_, other.detectors_);
  return {};
}

bool RuleSet::has_detector(std::string_view name) const {
  return std::find(detectors_.begin(), detectors_.end(), name) != detectors_.end();
}

}  // namespace scopetrace
