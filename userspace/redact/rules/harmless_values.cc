// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/harmless_values.h"

#include <algorithm>
#include <array>

#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// The first byte of a letter that is written with ASCII letters in one word: Latin with marks
// (U+00C0 to U+024F, U+1E00 to U+1EFF, combining marks). señorita is a password as senorita is.
bool leads_latin(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const auto next = static_cast<unsigned char>(at + 1 < text.size() ? text[at + 1] : 0);
  return (lead >= 0xC3 && lead <= 0xC9) || lead == 0xCC || lead == 0xCD ||
         (lead == 0xE1 && next >= 0xB8 && next <= 0xBB);
}

bool has_latin_marks(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (leads_latin(text, at)) return true;
  return false;
}

bool is_name_char(char c) { return is_letter(c) || c == '_'; }

// sha256, b64encode, kv_secret_v2: digits in names of functions
bool has_usual_digits(std::string_view word) {
  constexpr std::array<std::string_view, 9> kBegins = {"sha", "md5",  "base64", "b64",  "pbkdf2",
                                                       "aes", "utf8", "argon2", "uuid4"};
  const bool has_version =
      word.size() > 3 && word.substr(word.size() - 3, 2) == "_v" && is_digit(word.back());
  return has_version || std::any_of(kBegins.begin(), kBegins.end(), [&](std::string_view begin) {
           return word.starts_with(begin);
         });
}

// Whether `word`, before what divides it from the next, may be one of a path of names.
bool is_word_of_path(std::string_view word, std::string_view divider) {
  if (word.empty()) return false;
  if (std::all_of(word.begin(), word.end(), is_name_char) || has_usual_digits(word)) return true;
  return divider == "::" && is_letter(word[0]) &&
         std::all_of(word.begin(), word.end(), [](char c) { return is_alnum(c) || c == '_'; });
}

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

bool is_path_of_call(std::string_view head) {
  if (head.ends_with('!') || head.ends_with('?')) head.remove_suffix(1);
  bool is_path = false;
  for (std::size_t at = 0; at <= head.size();) {
    const auto end = std::min(head.find_first_of(".:)", at), head.size());
    const std::string_view rest = head.substr(end, 2);
    const std::string_view divider = rest == "::" || rest == ")." ? rest : rest.substr(0, 1);
    if (!is_word_of_path(head.substr(at, end - at), divider) || divider == ")") return false;
    at = end + std::max<std::size_t>(divider.size(), 1);
    is_path = is_path || end < head.size();
  }
  return is_path;
}

bool is_label_of_other_script(std::string_view value) {
  constexpr std::size_t kMaxLabel = 96;
  return value.size() <= kMaxLabel && std::any_of(value.begin(), value.end(), is_high) &&
         !has_latin_marks(value) && std::all_of(value.begin(), value.end(), [](char c) {
           return is_high(c) || is_letter(c) || is_in(c, " -'.,?!()");
         });
}

bool is_type_of_code(std::string_view value) {
  constexpr std::array<std::string_view, 16> kEnds = {
      "Service", "Provider", "Config", "Client", "Manager", "Options", "Store",      "String",
      "Array",   "Buffer",   "Data",   "Bytes",  "List",    "Str",     "Credential", "Object"};
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
  constexpr std::array<std::string_view, 9> kOwners = {
      "Field", "Input", "Controller", "Box", "Ref", "target", "_password", "_token", "secret"};
  while (!value.empty() && is_in(value.back(), ");,")) value.remove_suffix(1);
  std::string_view owner = value;
  while (ends_in_one_of(owner, kEnds)) owner = owner.substr(0, owner.rfind('.'));
  return owner.size() < value.size() && ends_in_one_of(owner, kOwners) &&
         std::all_of(owner.begin(), owner.end(),
                     [](char c) { return is_name_char(c) || c == '.'; });
}

bool is_name_of_object(std::string_view value) {
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_lower(c) || is_digit(c) || c == '-' || c == '.';
  });
  return is_plain && !is_random_token(value) &&
         (!has_digit(value) || value.find('-') != value.npos);
}

bool is_object_in_namespace(std::string_view value) {
  constexpr std::array<std::string_view, 6> kEnds = {"-key",      "-token", "-secret",
                                                     "-password", "-creds", "-credentials"};
  if (value.find('/') == value.npos || has_digit(value) || !ends_in_one_of(value, kEnds))
    return false;
  for (std::size_t at = 0; at <= value.size();) {
    const auto end = std::min(value.find('/', at), value.size());
    if (end == at || !is_name_of_object(value.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace scopetrace
