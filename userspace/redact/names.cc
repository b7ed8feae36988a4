// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/names.h"

#include <algorithm>
#include <array>

#include "userspace/redact/text_class.h"

namespace scopetrace {
namespace {

constexpr std::array kKeywords = {"true",   "false",    "null",   "none",  "nil",      "undefined",
                                  "void",   "new",      "yes",    "no",    "required", "optional",
                                  "string", "password", "secret", "token", "bearer",   "basic"};
constexpr std::array kPlaceholderParts = {
    "[REDACTED", "YOUR_", "your_", "your-", "CHANGEME", "changeme", "os.environ", "process.env",
    "getenv",    "****",  "xxxx",  "XXXX",  "....",     "{{",       "${",         "$("};
// Classes whose values always hold digits.
constexpr std::array kDigitClasses = {"otp",
                                      "pin",
                                      "cvv",
                                      "pan",
                                      "ssn",
                                      "account-number",
                                      "national-id",
                                      "passport",
                                      "driving-licence",
                                      "medical-record",
                                      "date-of-birth",
                                      "phone",
                                      "device-id",
                                      "client-ip",
                                      "postal-code",
                                      "otp-code",
                                      "pin-code"};

template <class List>
bool is_one_of(const List& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view x) { return x == text; });
}

bool is_separator(char c) {
  return c == '-' || c == '_' || c == '.' || c == ':' || c == ' ' || c == '[' || c == ']' ||
         c == '/' || c == '$' || c == '@';
}

// A call, a member access or an index: code, not a value.
bool is_expression(std::string_view value) {
  const auto open = value.find_first_of("([");
  if (open == std::string_view::npos || open == 0) return false;
  const auto is_word = [](char c) { return is_letter(c) || c == '_' || c == '.'; };
  return std::all_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(open), is_word);
}

bool is_template(std::string_view value) {
  if (value.front() == '<' && value.back() == '>') return true;
  if (value.front() == '%' && (value.size() <= 3 || value.back() == '%')) return true;
  if (value.front() == '$' && value.size() > 1 && is_digit(value[1]) && value.size() <= 3) {
    return true;  // an SQL parameter
  }
  if (value.find_first_not_of("*xX.-•") == std::string_view::npos) return true;
  return std::any_of(kPlaceholderParts.begin(), kPlaceholderParts.end(),
                     [&](std::string_view part) { return value.find(part) != value.npos; });
}

}  // namespace

std::vector<std::string> name_segments(std::string_view name) {
  std::vector<std::string> segments;
  std::string segment;
  const auto close = [&] {
    if (!segment.empty()) segments.push_back(std::exchange(segment, {}));
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_separator(name[i])) {
      close();
      continue;
    }
    const bool is_hump = i > 0 && is_upper(name[i]) && !is_upper(name[i - 1]);
    const bool ends_caps = i > 0 && i + 1 < name.size() && is_upper(name[i - 1]) &&
                           is_upper(name[i]) && is_lower(name[i + 1]);
    if (is_hump || ends_caps) close();
    segment += to_lower(name[i]);
  }
  close();
  return segments;
}

std::string compact_name(std::string_view name) {
  std::string compact;
  for (const std::string& segment : name_segments(name)) compact += segment;
  return compact;
}

NameTable::NameTable(const RuleSet& rules) {
  for (const NameRule& rule : rules.names()) {
    for (const std::string& name : rule.names) {
      const bool is_suffix = name.starts_with("*_");
      auto& table = is_suffix ? suffix_ : exact_;
      table.emplace(compact_name(is_suffix ? name.substr(2) : name), rule.class_name);
    }
  }
  for (const std::string& name : rules.public_names()) public_.insert(compact_name(name));
  for (const std::string& name : rules.public_cookies()) public_cookies_.insert(compact_name(name));
  low_entropy_.insert(rules.low_entropy_classes().begin(), rules.low_entropy_classes().end());
}

std::optional<std::string_view> NameTable::class_of(std::string_view name) const {
  if (name.empty() || name.size() > kMaxNameBytes) return std::nullopt;
  const std::vector<std::string> segments = name_segments(name);
  std::string compact;
  for (const std::string& segment : segments) compact += segment;
  if (public_.contains(compact)) return std::nullopt;
  if (const auto found = exact_.find(compact); found != exact_.end()) return found->second;
  std::string suffix;
  std::optional<std::string_view> best;
  const std::size_t count = std::min(segments.size(), kMaxSuffixSegments);
  for (std::size_t i = 0; i < count; ++i) {
    suffix.insert(0, segments[segments.size() - 1 - i]);
    if (public_.contains(suffix)) best = std::nullopt;  // the longest suffix decides
    if (const auto found = suffix_.find(suffix); found != suffix_.end()) best = found->second;
  }
  return best;
}

bool NameTable::is_public_cookie(std::string_view name) const {
  return public_cookies_.contains(compact_name(name));
}

bool NameTable::is_low_entropy(std::string_view class_name) const {
  return low_entropy_.contains(std::string(class_name));
}

bool is_plausible_value(std::string_view class_name, std::string_view value) {
  value = trim(value);
  if (value.empty() || is_one_of(kKeywords, to_lower(value))) return false;
  if (is_template(value) || is_expression(value)) return false;
  if (class_name == "email") return value.find_first_of("@%") != value.npos;
  return !is_one_of(kDigitClasses, class_name) || has_digit(value);
}

}  // namespace scopetrace
