// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/headers/header_values.h"

#include <algorithm>
#include <array>
#include <string>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinCookie = 12;        // shorter cookies in prose are settings
constexpr std::size_t kMinSessionCookie = 3;  // of cookies whose name says what they are
constexpr std::size_t kMinCredentials = 8;    // without a scheme

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view x) { return equals_ignoring_case(x, text); });
}

bool is_known_scheme(std::string_view scheme) {
  constexpr std::array<std::string_view, 14> kSchemes = {
      "basic", "bearer",    "token", "apikey", "api-key", "negotiate", "ntlm",
      "key",   "signature", "oauth", "hmac",   "splunk",  "genie_key", "sso-key"};
  return is_one_of(kSchemes, scheme);
}

// Their credentials are parameters, found by their own names.
bool has_parameters(std::string_view scheme) {
  constexpr std::array<std::string_view, 2> kSchemes = {"digest", "aws4-hmac-sha256"};
  return is_one_of(kSchemes, scheme);
}

// name=value; the = that fills up base64 is none.
bool is_parameter(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == word.npos || equals == 0 || equals > 32) return false;
  if (word.find_first_not_of('=', equals) == word.npos) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}

bool is_secret_parameter(std::string_view name) {
  constexpr std::array<std::string_view, 9> kEnds = {
      "sig", "signature", "mac", "token", "secret", "password", "response", "key", "credentials"};
  const std::string lower = to_lower(name);
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return lower.ends_with(end); });
}

struct ParameterValue {
  TextRange range;  // without the quotation marks
  bool is_quoted;
};

// The value of a parameter from behind its = on, up to `end`.
ParameterValue parameter_value(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && text[begin] == '\\') ++begin;
  const bool is_quoted = begin < end && text[begin] == '"';
  if (is_quoted) ++begin;
  const std::size_t stop = std::min(text.find_first_of(is_quoted ? "\"\\" : " ,&;\"", begin), end);
  return {{begin, stop}, is_quoted};
}

// The parameters from `begin` on, up to `end`; quoted values may hold what separates them.
void take_parameters(std::string_view text, std::size_t begin, std::size_t end,
                     std::vector<Finding>& findings) {
  while (begin < end) {
    begin = std::min(text.find_first_not_of(" ,&;", begin), end);
    const auto equals = std::min(text.find('=', begin), end);
    if (equals >= end) return;
    const auto [value, is_quoted] = parameter_value(text, equals + 1, end);
    const std::string_view written = text.substr(value.begin, value.end - value.begin);
    if (is_secret_parameter(text.substr(begin, equals - begin)) &&
        is_plausible_value("credentials", written) && written.size() >= kMinCredentials)
      findings.push_back({value, "credentials"});
    begin = is_quoted ? value.end + 1 : value.end;
  }
}

bool is_scheme(std::string_view word) {
  constexpr std::size_t kMaxScheme = 32;
  return word.size() <= kMaxScheme && is_letter(word[0]) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}

// What may be a credential of a scheme that is not known: name:signature, a short token.
bool is_credential(std::string_view word) {
  return word.size() >= kMinCredentials && has_digit(word) && has_letter(word) &&
         word.find_first_of("(){}[]<>\"") == word.npos && !word.starts_with("HTTP/");
}

TextRange range_of(std::string_view text, std::string_view part) {
  const auto begin = static_cast<std::size_t>(part.data() - text.data());
  return {begin, begin + part.size()};
}

// The first word of a field that names no scheme.
void take_bare_credentials(std::string_view text, std::string_view field,
                           std::vector<Finding>& findings) {
  const std::string_view value = field.substr(0, field.find_first_of(", "));
  if (is_plausible_value("credentials", value) && value.size() >= kMinCredentials &&
      has_digit(value))
    findings.push_back({range_of(text, value), "credentials"});
}

// The word behind a scheme.
void take_scheme_credentials(std::string_view text, std::string_view scheme, std::string_view word,
                             std::vector<Finding>& findings) {
  if (word.empty() || !is_plausible_value("credentials", word) || word.find("realm=") != word.npos)
    return;
  findings.push_back(
      {range_of(text, word), equals_ignoring_case(scheme, "basic") ? "basic-auth" : "bearer"});
}

void take_cookie(std::string_view text, TextRange pair, const NameTable& names,
                 std::vector<Finding>& findings) {
  const std::string_view written = text.substr(pair.begin, pair.end - pair.begin);
  const auto equals = written.find('=');
  if (equals == written.npos) return;
  const std::string_view name = trim(written.substr(0, equals));
  std::string_view value = trim(written.substr(equals + 1));
  if (value.size() > 1 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (names.is_public_cookie(name)) return;
  const bool is_session = names.class_of(name).has_value();
  if (value.size() < (is_session ? kMinSessionCookie : kMinCookie)) return;
  if (!(has_digit(value) || is_session) || !is_plausible_value("cookie", value)) return;
  findings.push_back({range_of(text, value), "cookie"});
}

}  // namespace

bool is_cookie_name(std::string_view name) {
  name = name.substr(name.rfind('.') + 1);  // document.cookie
  return is_one_of(std::array<std::string_view, 4>{"cookie", "set-cookie", "cookies", "cookie2"},
                   name);
}

bool is_authorization(std::string_view name) {
  return is_one_of(
      std::array<std::string_view, 3>{"authorization", "proxy-authorization", "x-authorization"},
      name);
}

std::size_t field_end(std::string_view text, const Assignment& found) {
  if (found.is_quoted) return found.value.end;
  std::size_t end = found.value.begin;
  while (end < text.size() && !is_line_end(text[end]) && text[end] != '"' && text[end] != '\'' &&
         text[end] != '\0') {
    const bool is_escape =
        text[end] == '\\' && end + 1 < text.size() && is_in(text[end + 1], "rn\"'");
    if (is_escape) break;
    ++end;
  }
  return end;
}

std::size_t parameters_end(std::string_view text, std::size_t end) {
  constexpr std::size_t kMaxParameters = 2048;
  const bool goes_on = end < text.size() && (text[end] == '"' || text[end] == '\\') && end > 0 &&
                       text[end - 1] == '=';
  if (!goes_on) return end;
  const std::string_view ahead = text.substr(0, std::min(text.size(), end + kMaxParameters));
  return std::min(ahead.find_first_of("\r\n'", end), ahead.size());
}

void take_credentials(std::string_view text, const Assignment& found, std::size_t end,
                      std::vector<Finding>& findings) {
  const std::string_view whole = trim(text.substr(found.value.begin, end - found.value.begin));
  const auto blank = whole.find_first_of(" +");
  const std::string_view scheme = whole.substr(0, blank);
  if (has_parameters(scheme)) return;
  const bool is_known = is_known_scheme(scheme);
  if (blank == whole.npos || !(is_known || whole[blank] == ' ')) {
    if (!is_known) take_bare_credentials(text, whole, findings);
    return;
  }
  const std::string_view bare = text.substr(found.value.begin, found.value.end - found.value.begin);
  if (!is_known && is_random_token(bare)) {
    findings.push_back({found.value, "credentials"});
    return;
  }
  const std::string_view rest = trim(whole.substr(blank + 1));
  const std::string_view word = rest.substr(0, rest.find_first_of(" ,"));
  const std::size_t first = range_of(text, rest).begin;
  const std::size_t last = parameters_end(text, end);
  const bool is_cut_parameter = last > end && range_of(text, word).end == end;
  if (is_parameter(word) || is_cut_parameter) return take_parameters(text, first, last, findings);
  // Prose ("Authorization header missing"), or an unknown scheme with a token behind it.
  const bool is_whole = word.size() == rest.size() && is_scheme(scheme) && is_credential(word);
  if (!is_known && !is_whole && !is_random_token(word)) return;
  take_scheme_credentials(text, scheme, word, findings);
}

void take_cookies(std::string_view text, TextRange field, bool is_set, const NameTable& names,
                  std::vector<Finding>& findings) {
  for (std::size_t begin = field.begin; begin < field.end;) {
    const std::size_t stop = std::min(text.find(';', begin), field.end);
    take_cookie(text, {begin, stop}, names, findings);
    if (is_set) break;
    begin = stop + 1;
  }
}

bool take_signatures(ScanText& scan, TextRange name, const Assignment& found,
                     std::vector<Finding>& findings) {
  constexpr std::size_t kMaxField = 512;
  constexpr std::size_t kMinSignature = 32;
  const std::string_view text =
      scan.text.substr(0, std::min(scan.text.size(), found.value.begin + kMaxField));
  if (found.tie != Tie::kColon && !found.is_quoted) return false;
  const std::size_t end = std::min(field_end(text, found), text.size());
  if (end == scan.text.size()) scan.wants_more(name.begin);
  bool is_first = true, has_any = false;
  for (std::size_t begin = found.value.begin; begin < end; is_first = false) {
    const std::size_t stop = std::min(text.find_first_of(" ,;", begin), end);
    const auto equals = std::min(text.find('=', begin), stop);
    const bool has_name = equals - begin <= 4 && equals + kMinSignature <= stop;
    const TextRange value{has_name ? equals + 1 : begin, stop};
    const bool is_signature = stop - value.begin >= kMinSignature &&
                              is_random_token(text.substr(value.begin, stop - value.begin));
    if (is_signature && is_first) return false;
    if (is_signature) findings.push_back({value, "signature"}), has_any = true;
    begin = stop + 1;
  }
  return has_any;
}

}  // namespace scopetrace
