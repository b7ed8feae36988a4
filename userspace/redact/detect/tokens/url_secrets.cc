// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/tokens/url_secrets.h"

#include <algorithm>
#include <array>

#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxUserinfo = 512;  // bytes looked at behind "://"
constexpr std::size_t kMaxLogin = 160;     // of user:password in front of an @
constexpr std::size_t kMinToken = 16;      // of a user that is a token

bool ends_userinfo(char c) { return is_space(c) || c == '\0' || is_in(c, "\"'<>\\`"); }

struct Userinfo {
  std::optional<std::size_t> colon;
  std::optional<std::size_t> sign;  // of the last @: passwords may hold one
};

// A comma behind the @ begins the next host of a list; a path ends what has no password.
bool ends_after(const Userinfo& info, char c) {
  if (ends_userinfo(c) || (c == ',' && info.sign)) return true;
  return is_in(c, "/?#") && (info.sign || !info.colon);
}

// Without `sign` there is none.
Userinfo read_userinfo(std::string_view text, std::size_t begin) {
  Userinfo info;
  const std::size_t limit = std::min(text.size(), begin + kMaxUserinfo);
  for (std::size_t i = begin; i < limit && !ends_after(info, text[i]); ++i) {
    if (text[i] == ':' && !info.colon && !info.sign) info.colon = i;
    if (text[i] == '@') info.sign = i;
  }
  return info;
}

// Letters and digits, long enough to be no name; a public key of Sentry is none.
bool is_token_user(std::string_view text, TextRange user) {
  const std::string_view written = text.substr(user.begin, user.end - user.begin);
  if (written.size() < kMinToken || !has_digit(written) || !has_letter(written)) return false;
  const auto is_token_char = [](char c) { return is_alnum(c) || c == '-' || c == '_'; };
  if (!std::all_of(written.begin(), written.end(), is_token_char)) return false;
  return text.substr(user.end, 64).find("sentry") == std::string_view::npos;
}

bool is_filler(std::string_view password) {
  return password.empty() || password == "x-oauth-basic" || password == "x" || password == "X";
}

bool is_login_char(char c) { return !ends_userinfo(c) && !is_in(c, "()[]{},;="); }

// host:port, or (host:port) of Go's driver of MySQL.
bool is_host_and_port(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '(') ++at;
  std::size_t end = at;
  while (end < text.size() && end - at < 253 &&
         (is_alnum(text[end]) || text[end] == '.' || text[end] == '-'))
    ++end;
  if (end == at || end >= text.size() || text[end] != ':') return false;
  const std::size_t port = end + 1;
  std::size_t port_end = port;
  while (port_end < text.size() && port_end - port < 6 && is_digit(text[port_end])) ++port_end;
  const bool is_whole = port_end >= text.size() || !is_alnum(text[port_end]);
  return port_end - port >= 2 && port_end - port <= 5 && is_whole;
}

// /name?option=, behind the @ of a login to the server at hand.
bool is_database(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '/') return false;
  std::size_t end = at + 1;
  while (end < text.size() && end - at < 64 && (is_alnum(text[end]) || text[end] == '_')) ++end;
  return end > at + 1 && end < text.size() && (text[end] == '?' || text[end] == '"');
}

// host:8443/a@b: a port and a path, a query or what else `behind` begins.
bool begins_with_port(std::string_view password, AsciiSet behind) {
  const auto end = password.find_first_not_of("0123456789");
  return end != password.npos && end > 0 && end <= 5 && is_in(password[end], behind);
}

// Of the user information that begins at `at`.
std::optional<TextRange> userinfo_secret_at(std::string_view text, std::size_t at) {
  const Userinfo info = read_userinfo(text, at);
  if (!info.sign) return std::nullopt;
  const TextRange user{at, info.colon.value_or(*info.sign)};
  if (!info.colon) return is_token_user(text, user) ? std::optional(user) : std::nullopt;
  const TextRange password{*info.colon + 1, *info.sign};
  const std::string_view written = text.substr(password.begin, password.end - password.begin);
  if (begins_with_port(written, "/?#")) return std::nullopt;
  if (is_filler(written)) return is_token_user(text, user) ? std::optional(user) : std::nullopt;
  return is_plausible_value("url-password", written) ? std::optional(password) : std::nullopt;
}

// scheme://user:pass://word@host: the password that holds the "://" which ends at `inner`, up to
// the
// @ at `at`.
std::optional<TextRange> outer_secret_before(std::string_view text, std::size_t inner,
                                             std::size_t at) {
  constexpr std::size_t kScheme = 3;
  const std::size_t from = at > kMaxUserinfo ? at - kMaxUserinfo : 0;
  const auto is_user_char = [](char c) { return is_alnum(c) || is_in(c, "-_.%+"); };
  for (std::size_t begin = inner - kScheme; begin > from + 2; --begin) {
    const std::string_view before = text.substr(0, begin);
    if (ends_userinfo(before.back())) return std::nullopt;
    if (!before.ends_with("://")) continue;
    std::size_t user = begin;
    while (user < inner && is_user_char(text[user])) ++user;
    const TextRange password{user + 1, at};
    const bool has_password = text[user] == ':' && user > begin && password.begin < inner - kScheme;
    if (!has_password) return std::nullopt;
    const std::string_view written = text.substr(password.begin, at - password.begin);
    return begins_with_port(written, "/?#,;&)") ? std::nullopt : std::optional(password);
  }
  return std::nullopt;
}

}  // namespace

std::optional<TextRange> url_secret_before(std::string_view text, std::size_t at) {
  const std::size_t from = at > kMaxUserinfo ? at - kMaxUserinfo : 0;
  for (std::size_t begin = at; begin > from + 2; --begin) {
    const std::string_view before = text.substr(0, begin);
    if (before.ends_with("://") || before.ends_with(":\\/\\/")) {
      const auto found = userinfo_secret_at(text, begin);
      return found ? found : outer_secret_before(text, begin, at);
    }
    if (ends_userinfo(before.back())) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<TextRange> login_password_before(std::string_view text, std::size_t at,
                                               bool is_call) {
  if (!is_call && !is_host_and_port(text, at + 1) && !is_database(text, at + 1))
    return std::nullopt;
  const std::size_t from = at > kMaxLogin ? at - kMaxLogin : 0;
  std::size_t begin = at;
  std::size_t colon = at;
  while (begin > from && is_login_char(text[begin - 1])) {
    --begin;
    if (text[begin] != ':') continue;
    if (colon != at) return std::nullopt;  // a time, or a name of several parts
    colon = begin;
  }
  const std::string_view user = text.substr(begin, colon - begin);
  if (colon == at || user.empty() || at - colon < 4 || user.find('/') != user.npos)
    return std::nullopt;
  const std::string_view password = text.substr(colon + 1, at - colon - 1);
  if (password.find("//") != password.npos || !is_plausible_value("url-password", password))
    return std::nullopt;
  return TextRange{colon + 1, at};
}

std::optional<TextRange> slash_password_at(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kMaxLogin);
  std::size_t slash = at;
  while (slash < limit &&
         (is_alnum(text[slash]) || text[slash] == '_' || text[slash] == '#' || text[slash] == '$'))
    ++slash;
  if (slash == at || slash >= limit || text[slash] != '/') return std::nullopt;
  std::size_t end = slash + 1;
  while (end < limit && text[end] != '@' && !ends_userinfo(text[end])) ++end;
  const bool has_service = end < text.size() && text[end] == '@';
  if (!has_service || end == slash + 1) return std::nullopt;
  const std::string_view password = text.substr(slash + 1, end - slash - 1);
  if (!is_plausible_value("url-password", password)) return std::nullopt;
  return TextRange{slash + 1, end};
}

}  // namespace scopetrace
