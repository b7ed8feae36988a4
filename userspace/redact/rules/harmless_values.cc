// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/harmless_values.h"

#include <algorithm>
#include <array>

#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

bool are_letters(std::string_view text) { return std::all_of(text.begin(), text.end(), is_letter); }

template <class List>
bool ends_in_one_of(std::string_view text, const List& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view end) { return text.ends_with(end); });
}

}  // namespace

bool is_path_of_vault(std::string_view value) {
  const auto data = value.find("/data/"), colon = value.rfind(':');
  if (data == value.npos || colon == value.npos || colon < data) return false;
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || is_in(c, "-_/:."); }) &&
         !is_random_token(value.substr(colon + 1));
}

bool is_text_of_other_script(std::string_view value) {
  constexpr std::size_t kMaxLabel = 96;
  return value.size() <= kMaxLabel && std::any_of(value.begin(), value.end(), is_high) &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return is_high(c) || is_letter(c) || is_in(c, " -'.,?!()"); });
}

bool is_type_of_code(std::string_view value) {
  constexpr std::array<std::string_view, 16> kEnds = {
      "Service",    "Provider", "Config", "Client", "Manager", "Options", "Store",

      "String",     "Array",    "Buffer", "Data",   "Bytes",   "List",    "Str",
      "Credential", "Object"};
  while (!value.empty() && is_in(value.back(), ")>,;?")) value.remove_suffix(1);
  if (value.starts_with('&')) value.remove_prefix(1);
  return value.size() >= 6 && value.size() <= 24 && is_upper(value[0]) && are_letters(value) &&
         ends_in_one_of(value, kEnds);
}

bool is_path_of_constants(std::string_view value) {
  if (value.find('.') == value.npos) return false;
  char before = '.';
  for (const char c : value) {
    if (!is_letter(c) && c != '.') return false;
    if (before == '.' && !is_upper(c)) return false;
    before = c;
  }
  return !is_shuffled(value);
}

bool is_cmdlet(std::string_view value) {
  constexpr std::array<std::string_view, 12> kVerbs = {
      "Get",       "New",         "Set",     "Read", "Import",    "Invoke",
      "ConvertTo", "ConvertFrom", "Convert", "Add",  "Unprotect", "Request"};
  const auto dash = value.find('-');
  if (dash == value.npos || dash + 1 >= value.size() || !is_upper(value[dash + 1])) return false;
  return are_letters(value.substr(dash + 1)) &&
         std::find(kVerbs.begin(), kVerbs.end(), value.substr(0, dash)) != kVerbs.end();
}

bool is_content_of_field(std::string_view value) {
  constexpr std::array<std::string_view, 6> kEnds = {".text",   ".value", ".data",
                                                     ".length", ".Value", ".Text"};
  while (!value.empty() && is_in(value.back(), ");,")) value.remove_suffix(1);
  return ends_in_one_of(value, kEnds) && std::all_of(value.begin(), value.end(), [](char c) {
           return is_letter(c) || c == '_' || c == '.';
         });
}

bool is_name_of_object(std::string_view value) {
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_lower(c) || is_digit(c) || c == '-' || c == '.';
  });
  return is_plain && !is_random_token(value) &&
         (!has_digit(value) || value.find('-') != value.npos);
}

bool is_object_in_namespace(std::string_view value) {
  if (value.find('/') == value.npos || has_digit(value)) return false;
  for (std::size_t at = 0; at <= value.size();) {
    const auto end = std::min(value.find('/', at), value.size());
    if (end == at || !is_name_of_object(value.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

bool is_named_as_secret(std::string_view value) {
  constexpr std::array<std::string_view, 6> kEnds = {"-key",      "-token", "-secret",
                                                     "-password", "-creds", "-credentials"};
  return is_name_of_object(value) && !has_digit(value) && ends_in_one_of(value, kEnds);
}

}  // namespace scopetrace
