// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/named_values.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/auth_scheme.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinCookie = 12;        // shorter cookies in prose are settings
constexpr std::size_t kMinSessionCookie = 8;  // of cookies whose name says what they are
constexpr std::size_t kMinFreeValue = 6;      // of a bare word behind a name in prose
constexpr std::size_t kMinToken = 16;         // of a word that looks like nothing but a token
constexpr std::size_t kMaxLineBack = 4096;    // of a line before a name
constexpr std::size_t kMaxLookahead = 8192;   // of values on later lines

bool is_long_and_mixed(std::string_view value) {
  return value.size() >= kMinToken && has_digit(value) && has_letter(value) &&
         value.find_first_of(" /:") == value.npos;
}

// Values that may hold blanks although nothing quotes them.
bool takes_words(std::string_view class_name) {
  constexpr std::string_view kClasses[] = {"passphrase", "recovery-phrase", "bip39-mnemonic",
                                           "person-name", "postal-address"};
  return std::find(std::begin(kClasses), std::end(kClasses), class_name) != std::end(kClasses);
}

bool is_cookie_name(std::string_view name) {
  return equals_ignoring_case(name, "cookie") || equals_ignoring_case(name, "set-cookie") ||
         equals_ignoring_case(name, "cookies");
}

bool is_authorization(std::string_view name) {
  return equals_ignoring_case(name, "authorization") ||
         equals_ignoring_case(name, "proxy-authorization");
}

// The begin of the line, or kMaxLineBack bytes before `at` when it is further away.
std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t from = at > kMaxLineBack ? at - kMaxLineBack : 0;
  const auto end = text.substr(from, at - from).rfind('\n');
  return end == text.npos ? from : from + end + 1;
}
std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

// Words in front of `NAME value` that say it is a setting.
bool declares(std::string_view before) {
  constexpr std::array kWords = {
      "env",           "setenv",           "set",        "arg",           "export",
      "fastcgi_param", "proxy_set_header", "add_header", "requestheader", "header",
      "passenv",       "sethandler",       "define"};
  const auto blank = before.find_last_of(" \t", before.empty() ? 0 : before.size() - 1);
  const std::string_view word = trim(blank == before.npos ? before : before.substr(blank));
  const bool has_word = std::any_of(kWords.begin(), kWords.end(), [&](std::string_view known) {
    return equals_ignoring_case(known, word) ||
           equals_ignoring_case(known, trim(before).substr(0, known.size()));
  });
  return has_word && !word.empty();
}

}  // namespace

std::optional<std::string_view> contextual_class(std::string_view name, std::string_view value) {
  const auto is_name = [&](std::string_view word) { return equals_ignoring_case(name, word); };
  if ((is_name("code") || is_name("state") || is_name("nonce")) && is_long_and_mixed(value)) {
    return "oauth-code";
  }
  if (is_name("auth") && value.size() >= 8 && is_basic_credentials(value)) return "basic-auth";
  if (is_name("response") && value.size() >= 32 && is_long_and_mixed(value)) return "digest-auth";
  return std::nullopt;
}

void NamedValueFinder::add(TextRange range, std::string_view class_name) {
  if (range.end > range.begin) findings_.push_back({range, class_name});
}

void NamedValueFinder::begin() {
  if (scan_.columns != nullptr && scan_.columns->is_active()) take_rows(0);
}

// The rows from `at` on, until a line is none.
void NamedValueFinder::take_rows(std::size_t at) {
  while (at < text_.size() && scan_.columns->is_active()) {
    const std::size_t end = line_end(text_, at);
    scan_.columns->take_row(slice({at, end}), at, findings_);
    at = end + 1;
  }
  table_until_ = at;
}

// Whether `name` is a column of a table's header row; then its rows are taken.
bool NamedValueFinder::take_table(TextRange name) {
  if (scan_.columns == nullptr || name.begin < table_until_) return false;
  const auto is_border = [&](std::size_t at) {
    return at >= text_.size() ||
           std::string_view(",;|\t\r\n").find(text_[at]) != std::string_view::npos;
  };
  const bool is_quoted = name.end < text_.size() && text_[name.end] == '"';
  if (!is_border(name.end + (is_quoted ? 1 : 0))) return false;
  const std::size_t before = name.begin - (is_quoted && name.begin > 0 ? 1 : 0);
  if (before > 0 && !is_border(before - 1)) return false;
  const std::size_t begin = line_begin(text_, name.begin);
  const std::size_t end = line_end(text_, name.end);
  table_until_ = end;  // a line is looked at once
  if (end - begin > 4096 || !scan_.columns->begin(slice({begin, end}), names_)) return false;
  take_rows(end + 1);
  return true;
}

void NamedValueFinder::take_keyword(std::size_t begin, std::size_t end) {
  if (begin < taken_until_) return;
  const TextRange name = name_around(text_, begin, end);
  taken_until_ = std::max(end, name.end);
  take_name(name);
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
void NamedValueFinder::take_name(TextRange name) {
  const std::string_view written = slice(name);
  const bool is_cookie = is_cookie_name(written);
  auto class_name = names_.class_of(written);
  const bool is_contextual = !class_name && written.size() <= 8;
  if (!class_name && !is_contextual && !is_cookie) return;
  if (name.end == text_.size()) return scan_.wants_more(name.begin);
  if (class_name && take_table(name)) return;
  const auto found = assignment_behind(text_, name);
  if (!found) {
    if (class_name) take_part(name, *class_name);
    const bool is_last_line = line_end(text_, name.end) + 64 >= text_.size();
    if (is_last_line && is_said_name(text_, name)) scan_.wants_more(line_begin(text_, name.begin));
    return;
  }
  const bool is_open =
      found->value.end >= text_.size() ||
      (found->value.begin == found->value.end && found->value.begin + 64 >= text_.size());
  if (is_open) scan_.wants_more(name.begin);
  if (is_cookie) return take_cookies(name, *found);
  if (!class_name) class_name = contextual_class(written, slice(found->value));
  if (class_name) take_assignment(name, *class_name, *found);
}

void NamedValueFinder::take_assignment(TextRange name, std::string_view class_name,
                                       const Assignment& found) {
  if (found.opens_block) return take_block(name, class_name);
  if (is_authorization(slice(name))) return take_credentials(name, found);
  TextRange range = found.value;
  if (!found.is_quoted && takes_words(class_name)) range = whole_line(found);
  while (!found.is_quoted && range.end > range.begin &&
         std::string_view(".,;:").find(text_[range.end - 1]) != std::string_view::npos) {
    --range.end;
  }
  constexpr std::string_view kScope = "/aws4_request";  // <key id>/<date>/<region>/<service>/…
  if (const auto scope = slice(range).find(kScope); scope != std::string_view::npos)
    range.end = range.begin + slice(range).find('/');
  const std::string_view written = slice(range);
  if (!is_plausible_value(class_name, written) || !is_credible(name, class_name, found)) return;
  add(range, class_name);
  taken_until_ = std::max(taken_until_, range.end);
}

// Whether the value can be one, by how it is tied to its name.
bool NamedValueFinder::is_credible(TextRange name, std::string_view class_name,
                                   const Assignment& found) const {
  const std::string_view written = slice(found.value);
  if (found.tie == Tie::kBlank) return is_credible_after_blank(name, found);
  if (found.tie == Tie::kArgument && written.starts_with('-')) return false;  // "sshpass", "-p"
  if (found.is_quoted) return true;
  if (found.tie == Tie::kOption) return written[0] != '-';
  const bool is_number_class = !is_plausible_value(class_name, "word");
  if (is_number_class) return true;
  if (found.tie == Tie::kArgument || written.size() < kMinFreeValue)
    return found.fills_line && written.size() > 2 && line_begin(text_, name.begin) == name.begin;
  if (found.tie != Tie::kColon || has_digit(written)) return true;
  // A bare word behind "name:" in prose is a secret only when no further words follow.
  return found.value.end >= text_.size() || text_[found.value.end] != ' ';
}

bool NamedValueFinder::is_credible_after_blank(TextRange name, const Assignment& found) const {
  const std::string_view written = slice(found.value);
  const std::size_t begin = line_begin(text_, name.begin);
  const std::string_view before = text_.substr(begin, name.begin - begin);
  if (declares(before)) return written.size() >= 2;
  if (found.is_quoted) return written.find(' ') == written.npos && written.size() >= 4;
  const bool follows_login =
      before.find("login ") != before.npos || before.find("machine ") != before.npos;
  if (follows_login) return written.find('=') == written.npos;
  const bool is_uuid = written.size() == 36 && written[8] == '-' && written[13] == '-';
  return is_long_and_mixed(written) && !is_uuid && written.find('=') == written.npos &&
         written.find('.') == written.npos;
}

// The rest of the line, up to what begins a further field.
TextRange NamedValueFinder::whole_line(const Assignment& found) const {
  std::size_t end = found.value.end;
  while (end < text_.size() && end - found.value.begin < 512) {
    if (text_[end] != ' ' || end + 1 >= text_.size() || !is_letter(text_[end + 1])) break;
    std::size_t next = end + 1;
    while (next < text_.size() && (is_alnum(text_[next]) || text_[next] == '\'' ||
                                   text_[next] == '-' || text_[next] == '_'))
      ++next;
    const char stop = next < text_.size() ? text_[next] : '\n';
    if (stop == '=' || stop == ':' || stop == '(') break;
    end = next;
  }
  return {found.value.begin, end};
}

// Authorization: SCHEME credentials. The scheme stays where it is known.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
void NamedValueFinder::take_credentials(TextRange name, const Assignment& found) {
  constexpr std::array kSchemes = {"basic", "bearer", "token",     "apikey", "api-key", "negotiate",
                                   "ntlm",  "key",    "signature", "oauth",  "hmac",    "splunk"};
  constexpr std::array kParameters = {"digest", "aws4-hmac-sha256"};  // found by their own names
  const char quote = found.value.begin > 0 ? text_[found.value.begin - 1] : ' ';
  std::size_t end = found.value.begin;
  while (end < text_.size() && text_[end] != '\n' && text_[end] != '\r') {
    if (text_[end] == quote && found.is_quoted) break;
    if (text_[end] == '\\' && end + 1 < text_.size() &&
        std::string_view("rn\"'").find(text_[end + 1]) != std::string_view::npos)
      break;
    if (!found.is_quoted && (text_[end] == '"' || text_[end] == '\'' || text_[end] == ',')) break;
    ++end;
  }
  if (end == text_.size()) scan_.wants_more(name.begin);
  const std::string_view whole = trim(slice({found.value.begin, end}));
  const auto blank = whole.find(' ');
  const std::string_view scheme = whole.substr(0, blank);
  const auto is_scheme = [&](std::string_view known) {
    return equals_ignoring_case(known, scheme);
  };
  if (std::any_of(kParameters.begin(), kParameters.end(), is_scheme)) return;
  const bool is_known = std::any_of(kSchemes.begin(), kSchemes.end(), is_scheme);
  if (blank == whole.npos) {
    if (!is_known && is_plausible_value("credentials", whole) && whole.size() >= 8 &&
        has_digit(whole))
      add(found.value, "credentials");
    return;
  }
  if (!is_known) {
    // Prose ("Authorization header missing"), or an unknown scheme with a token behind it.
    if (!is_long_and_mixed(whole.substr(blank + 1, whole.find(' ', blank + 1) - blank - 1))) return;
  }
  const std::string_view rest = trim(whole.substr(blank));
  if (!is_plausible_value("credentials", rest) || rest.find("realm=") != rest.npos) return;
  const auto begin = static_cast<std::size_t>(rest.data() - text_.data());
  std::size_t stop = begin;
  while (stop < begin + rest.size() && !is_space(text_[stop])) ++stop;
  add({begin, stop}, is_scheme("basic") ? "basic-auth" : "bearer");
}

void NamedValueFinder::take_cookie(TextRange pair) {
  const std::string_view written = slice(pair);
  const auto equals = written.find('=');
  if (equals == written.npos) return;
  const std::string_view name = trim(written.substr(0, equals));
  const std::string_view value = trim(written.substr(equals + 1));
  const bool is_session = names_.class_of(name).has_value();
  if (names_.is_public_cookie(name) || value.size() < (is_session ? kMinSessionCookie : kMinCookie))
    return;
  if (!(has_digit(value) || is_session) || !is_plausible_value("cookie", value)) return;
  const auto begin = static_cast<std::size_t>(value.data() - text_.data());
  add({begin, begin + value.size()}, "cookie");
}

// Cookie: a=b; c=d and Set-Cookie: a=b; Path=/ with their attributes.
void NamedValueFinder::take_cookies(TextRange name, const Assignment& found) {
  const bool is_set = to_lower(text_[name.begin]) == 's';
  const char quote = found.is_quoted ? text_[found.value.begin - 1] : '\n';
  std::size_t end = found.value.begin;
  while (end < text_.size() && text_[end] != quote && text_[end] != '\n' && text_[end] != '\r' &&
         text_[end] != '\\' && !(!found.is_quoted && (text_[end] == '"' || text_[end] == '\'')))
    ++end;
  if (end == text_.size()) scan_.wants_more(name.begin);
  for (std::size_t begin = found.value.begin; begin < end;) {
    const std::size_t stop = std::min(text_.find(';', begin), end);
    take_cookie({begin, stop});
    if (is_set) break;
    begin = stop + 1;
  }
  taken_until_ = std::max(taken_until_, end);
}

// YAML: the lines below that are further indented.
void NamedValueFinder::take_block(TextRange name, std::string_view class_name) {
  const std::size_t begin = line_begin(text_, name.begin);
  const std::size_t indent = std::min(text_.find_first_not_of(" \t-", begin), name.begin) - begin;
  std::size_t at = line_end(text_, name.end) + 1;
  while (at < text_.size() && at - name.begin < kMaxLookahead) {
    const std::size_t end = line_end(text_, at);
    const std::size_t first = std::min(text_.find_first_not_of(" \t\r", at), end);
    if (first < end && first - at <= indent) return;
    if (first < end) add({first, end}, class_name);
    at = end + 1;
  }
  if (at >= text_.size()) scan_.wants_more(begin);
}

// A part of a form: name="password", then an empty line, then the value up to the boundary.
void NamedValueFinder::take_part(TextRange name, std::string_view class_name) {
  const std::size_t begin = line_begin(text_, name.begin);
  const std::string_view before = text_.substr(begin, name.begin - begin);
  if (before.size() < 12 || before.find("form-data") == before.npos) return;
  constexpr std::string_view kEmptyLine = "\r\n\r\n";
  const bool is_escaped = text_.substr(name.end, 256).find("\\r\\n\\r\\n") != text_.npos;
  const std::string_view mark = is_escaped ? "\\r\\n\\r\\n" : kEmptyLine;
  const auto empty = text_.substr(0, std::min(text_.size(), name.end + 1024)).find(mark, name.end);
  if (empty == text_.npos) {
    if (name.end + 1024 >= text_.size()) scan_.wants_more(begin);
    return;
  }
  const std::size_t from = empty + mark.size();
  const std::string_view ahead = text_.substr(0, std::min(text_.size(), from + kMaxLookahead));
  const auto end = ahead.find(is_escaped ? "\\r\\n--" : "\r\n--", from);
  if (end == ahead.npos && ahead.size() == text_.size()) scan_.wants_more(begin);
  add({from, std::min(end, ahead.size())}, class_name);
}

}  // namespace scopetrace
