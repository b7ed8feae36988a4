// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/form.h"

#include <algorithm>

#include "userspace/redact/body/member.h"
#include "userspace/redact/body/put_back.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxPlaceName = 64;  // of a name in a sighting's place

constexpr std::size_t kMaxSniffedName = 64;

bool is_form_char(char c) { return is_alnum(c) || is_in(c, "-._~%+*!'()[]:@,/?$;=&\"{}|\\^"); }

bool is_name_char(char c) { return is_alnum(c) || is_in(c, "-._~%+[]:$@"); }

class FormPairs {
 public:
  FormPairs(TextScanner& scanner, BodyOptions options)
      : scanner_(scanner), options_(options), place_(scanner.place()) {}
  ~FormPairs() { scanner_.set_place(place_); }
  FormPairs(const FormPairs&) = delete;
  FormPairs& operator=(const FormPairs&) = delete;

  void add(std::string_view pair, std::string& out) {
    const auto equals = pair.find('=');
    const std::string name = decode_percent(pair.substr(0, equals), true);
    const std::string safe_name = redact_text_at(scanner_, name, options_.depth + 1);
    if (!place_.empty()) scanner_.set_place(place_ + "." + safe_name.substr(0, kMaxPlaceName));
    out += safe_name == name ? std::string(pair.substr(0, equals)) : safe_name;
    if (equals == pair.npos) return;
    out += '=';
    out += value_of(name, pair.substr(equals + 1));
  }

 private:
  std::string value_of(std::string_view name, std::string_view raw) {
    const std::string decoded = decode_percent(raw, true);
    if (options_.as_shape) return std::string(type_of(decoded));
    const std::string redacted = redact_member(scanner_, name, decoded, options_);
    return redacted == decoded ? std::string(raw) : put_back(kPercentForm, raw, redacted);
  }

  TextScanner& scanner_;
  BodyOptions options_;
  std::string place_;
};

}  // namespace

std::string_view type_of(std::string_view value) {
  if (value.empty()) return "empty";
  if (value == "true" || value == "false") return "boolean";
  if (value == "null") return "null";
  const bool is_number =
      has_digit(value) && value.find_first_not_of("0123456789+-.eE") == value.npos;
  return is_number ? "number" : "string";
}

std::string redact_form(TextScanner& scanner, std::string_view form, BodyOptions options) {
  const char separator = form.find('&') == form.npos && form.find(';') != form.npos ? ';' : '&';
  FormPairs pairs(scanner, options);
  std::string out;
  for (std::size_t at = 0; at <= form.size();) {
    const auto end = std::min(form.find(separator, at), form.size());
    if (end > at) pairs.add(form.substr(at, end - at), out);
    if (end < form.size()) out += separator;
    at = end + 1;
  }
  return out;
}

bool looks_like_form(std::string_view text) {
  text = trim(text);
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals > kMaxSniffedName) return false;
  if (text.find_first_not_of('=', equals) == text.npos) return false;  // padding of base64
  const std::string_view name = text.substr(0, equals);
  return std::all_of(name.begin(), name.end(), is_name_char) &&
         std::all_of(text.begin(), text.end(), is_form_char);
}

}  // namespace scopetrace
