// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/tokens/email.h"

#include <algorithm>
#include <array>
#include <string>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxLocal = 64;     // RFC 5321 section 4.5.3.1
constexpr std::size_t kMaxAddress = 254;  // RFC 5321 section 4.5.3.1
constexpr std::size_t kMaxUserinfo = 256;

// Last labels that are file types, units of systemd or names of private networks, not domains.
constexpr std::array<std::string_view, 38> kNoDomains = {
    "png",    "jpg",   "jpeg",  "gif",   "svg", "webp", "js",          "css",     "map",    "html",
    "json",   "txt",   "local", "log",   "cc",  "py",   "so",          "go",      "java",   "ts",
    "xml",    "yaml",  "yml",   "conf",  "lan", "svc",  "internal",    "service", "socket", "timer",
    "target", "mount", "slice", "scope", "cpp", "rb",   "localdomain", "invalid"};
constexpr std::array<std::string_view, 4> kServiceUsers = {"git", "hg", "svn", "npm"};

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_local_char(char c) {
  return is_alnum(c) || is_high(c) || c == '.' || c == '_' || c == '+' || c == '-' || c == '\'';
}
bool is_domain_char(char c) { return is_alnum(c) || is_high(c) || c == '.' || c == '-'; }

// UTF-8 of punctuation (U+00xx, U+20xx, U+30xx): a quotation mark around an address, not a letter.
bool is_foreign_mark(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead == 0xC2) return true;
  if (at + 1 >= text.size()) return false;
  const auto next = static_cast<unsigned char>(text[at + 1]);
  return (lead == 0xE2 && (next == 0x80 || next == 0x81)) || (lead == 0xE3 && next == 0x80);
}

// The first byte of a letter of Chinese, Japanese or Korean (U+3000 and up): where no blank divides
// words, an address in ASCII stands between them.
bool is_undivided(char c) { return static_cast<unsigned char>(c) >= 0xE3; }

// Behind the byte at `i`, before the @ at `at`, when it is of what stands in front of an address
// that would begin at `begin`; else `begin`.
std::size_t begin_behind(std::string_view text, std::size_t begin, std::size_t i, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[i]);
  if (is_foreign_mark(text, i)) return i + (byte == 0xC2 ? 2 : 3);
  if (is_undivided(text[i]) && i + 3 < at && is_alnum(text[i + 3])) return i + 3;
  const bool is_rest = (byte & 0xC0) == 0x80 && i == begin;  // of a letter that is cut
  return is_rest ? i + 1 : begin;
}

std::size_t local_begin(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < kMaxLocal && is_local_char(text[begin - 1])) --begin;
  for (std::size_t i = begin; i < at; ++i) {
    if (is_high(text[i])) begin = begin_behind(text, begin, i, at);
  }
  return std::min(begin, at);
}

std::size_t domain_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  const std::size_t limit = std::min(text.size(), begin + kMaxAddress);
  while (end < limit && is_domain_char(text[end])) {
    if (is_high(text[end]) && is_foreign_mark(text, end)) break;
    if (is_undivided(text[end]) && is_alnum(text[end - 1])) break;
    ++end;
  }
  while (end > begin && !is_alnum(text[end - 1]) && !is_high(text[end - 1])) --end;
  return end;
}

// An escape before an address (%20, \n, \u0026) is not part of it: where the address begins.
std::size_t skip_escape(std::string_view text, std::size_t begin, std::size_t at) {
  if (begin >= 1 && begin + 2 < at && text[begin - 1] == '%') begin += 2;
  if (begin >= 1 && begin + 1 < at && text[begin - 1] == '\\') {
    begin += text[begin] == 'u' && begin + 5 < at ? 5 : 1;
  }
  return begin;
}

// Whether `text` ends in a scheme's "://", plain or escaped.
bool ends_in_scheme(std::string_view text) {
  return text.ends_with("://") || text.ends_with(":\\/\\/") || text.ends_with("%3A%2F%2F") ||
         text.ends_with("%3a%2f%2f");
}

// Whether `text`, what stands between "://" and an @, is a user and a password that was decoded and
// so may hold any character: user:pass word. Not a port and further words.
bool is_decoded_login(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos || colon + 1 == text.size()) return false;
  const auto is_user_char = [](char c) { return is_alnum(c) || is_in(c, "-_.%@"); };
  if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_user_char))
    return false;
  const std::string_view password = text.substr(colon + 1);
  const std::string_view head = password.substr(0, password.find_first_of(" \t#?"));
  return head.empty() ? password[0] != ' ' : !std::all_of(head.begin(), head.end(), is_digit);
}

// What no user information of a URL holds, not even when it was decoded.
bool is_no_userinfo(char c) { return c == '/' || c == '\n' || is_in(c, "\"'<"); }

// What the user information of a URL holds only when it was decoded.
bool is_decoded_char(char c) { return is_space(c) || c == '?' || c == '#'; }

// Whether what begins at `begin` is user information of a URL, or its end: a "://" leads to it, and
// nothing between is a path.
bool is_userinfo(std::string_view text, std::size_t begin) {
  const std::size_t from = begin > kMaxUserinfo ? begin - kMaxUserinfo : 0;
  bool is_plain = true;
  for (std::size_t i = begin; i > from; --i) {
    const char c = text[i - 1];
    const bool may_end_scheme = c == '/' || c == 'F' || c == 'f';
    if (may_end_scheme && ends_in_scheme(text.substr(from, i - from)))
      return is_plain || is_decoded_login(text.substr(i, begin - i));
    if (is_no_userinfo(c)) return false;
    if (is_decoded_char(c)) is_plain = false;
  }
  return false;
}

// user:password@host:port without a scheme, or user/password@host:port.
bool is_login(std::string_view text, std::size_t begin, std::size_t end) {
  return begin > 1 && (text[begin - 1] == ':' || text[begin - 1] == '/') &&
         is_alnum(text[begin - 2]) && end + 1 < text.size() && text[end] == ':' &&
         is_digit(text[end + 1]);
}

bool is_label(std::string_view label) {
  const auto is_edge = [](char c) { return is_alnum(c) || is_high(c); };
  return !label.empty() && label.size() <= 63 && is_edge(label.front()) && is_edge(label.back());
}

bool is_top_level(std::string_view label) {
  if (label.starts_with("xn--") || std::any_of(label.begin(), label.end(), is_high)) return true;
  const std::string lower = to_lower(label);
  if (lower.size() < 2 || !std::all_of(lower.begin(), lower.end(), is_lower)) return false;
  return std::find(kNoDomains.begin(), kNoDomains.end(), lower) == kNoDomains.end();
}

// "jo doe"@host: where the quoted local part that ends before `at` begins.
std::optional<std::size_t> quoted_begin(std::string_view text, std::size_t at) {
  if (at < 3 || text[at - 1] != '"') return std::nullopt;
  const std::size_t from = at > kMaxLocal ? at - kMaxLocal : 0;
  const auto open = text.substr(from, at - 1 - from).rfind('"');
  if (open == text.npos || from + open + 2 > at) return std::nullopt;
  const std::string_view inside = text.substr(from + open + 1, at - from - open - 2);
  const bool is_plain = !inside.empty() && inside.find_first_of("\n:,{}$=\\<>") == inside.npos;
  return is_plain ? std::optional(from + open) : std::nullopt;
}

}  // namespace

bool is_email(std::string_view local, std::string_view domain) {
  const auto dot = domain.rfind('.');
  if (local.empty() || local.size() > kMaxLocal || dot == std::string_view::npos) return false;
  if (std::find(kServiceUsers.begin(), kServiceUsers.end(), local) != kServiceUsers.end())
    return false;
  if (!is_top_level(domain.substr(dot + 1))) return false;
  for (std::size_t at = 0; at <= domain.size();) {
    const auto end = std::min(domain.find('.', at), domain.size());
    if (!is_label(domain.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

// ssh user@host
static bool is_shell_host(std::string_view text, std::size_t begin) {
  const std::string_view before = text.substr(0, begin);
  return before.ends_with("ssh ") || before.ends_with("sftp ") || before.ends_with("mosh ");
}

std::optional<TextRange> email_around(std::string_view text, std::size_t at) {
  return email_around(text, at, text[at] == '@' ? 1 : 3);
}

std::optional<TextRange> email_around(std::string_view text, std::size_t at, std::size_t sign) {
  const auto quoted = quoted_begin(text, at);
  const std::size_t begin = quoted ? *quoted : skip_escape(text, local_begin(text, at), at);
  if (begin == at) return std::nullopt;
  const std::size_t end = domain_end(text, at + sign);
  const std::string_view domain = text.substr(at + sign, end - at - sign);
  if (!is_email(text.substr(begin, at - begin), domain)) return std::nullopt;
  if (is_userinfo(text, begin) || is_login(text, begin, end) || is_shell_host(text, begin))
    return std::nullopt;
  return TextRange{begin, end};
}

}  // namespace scopetrace
