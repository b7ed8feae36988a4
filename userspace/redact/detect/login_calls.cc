// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/login_calls.h"

#include <algorithm>
#include <array>
#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/value_end.h"
#include "userspace/redact/rules/plausible.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCall = 1024;  // bytes of the arguments that are looked at

struct LoginCall {
  std::string_view begin;
  int index;  // of the argument that is the password
};
constexpr LoginCall kCalls[] = {{".auth(", 1},
                                {".login(", 1},
                                {".authenticate(", 1},
                                {".basic_auth(", 1},
                                {"basicAuth(", 1},
                                {".credentials(", 1},
                                {"setCredentials(", 1},
                                {"NetworkCredential(", 1},
                                {"PasswordAuthentication(", 1},
                                {"PasswordCredentials(", 1},
                                {"UsernamePasswordToken(", 1},
                                {"simple_bind(", 1},
                                {"simple_bind_s(", 1},
                                {"auth=(", 1},
                                {"'auth' => [", 1},
                                {"UserPassword(", 1},
                                {"changePassword(", 1},
                                {"ldap_bind(", 2},
                                {"ftp_login(", 2},
                                {"ssh2_auth_password(", 2},
                                {"mysqli_connect(", 2},
                                {"new mysqli(", 2},
                                {"new PDO(", 2},
                                {"getConnection(", 2}};

// Over an argument that is no string, up to the comma or bracket behind it. False at its end.
bool skip_argument(Cursor& cursor) {
  constexpr int kMaxDepth = 4;
  int depth = 0;
  while (!cursor.is_over() && !is_line_end(cursor.peek())) {
    const char c = cursor.peek();
    if (depth == 0 && c == ',') return true;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (depth > kMaxDepth) return false;
    if ((c == ')' || c == ']' || c == '}') && --depth < 0) return false;
    ++cursor.at;
  }
  return false;
}

// b"…", N'…'
void skip_prefix(Cursor& cursor) {
  if (is_letter(cursor.peek()) && quote_at(cursor.text, cursor.at + 1)) ++cursor.at;
}

// The string that is the argument `index`, or nothing.
std::optional<TextRange> string_argument(Cursor& cursor, int index) {
  for (int i = 0;; ++i) {
    cursor.skip_spaces();
    skip_prefix(cursor);
    const auto quote = quote_at(cursor.text, cursor.at);
    if (quote) {
      const std::size_t begin = cursor.at + quote->size;
      const StringEnd end = string_end(cursor.text, begin, *quote);
      if (!end.is_closed) return std::nullopt;
      cursor.at = end.end + quote->size;
      if (i == index) return TextRange{begin, end.end};
    }
    if (i == index || !skip_argument(cursor)) return std::nullopt;
    ++cursor.at;
  }
}

}  // namespace

std::vector<std::string_view> login_calls() {
  std::vector<std::string_view> begins;
  for (const LoginCall& call : kCalls) begins.push_back(call.begin);
  return begins;
}

void take_login_call(ScanText& scan, std::size_t index, TextRange at,
                     std::vector<Finding>& findings) {
  const std::size_t limit = std::min(scan.text.size(), at.end + kMaxCall);
  Cursor cursor{scan.text.substr(0, limit), at.end};
  const auto password = string_argument(cursor, kCalls[index].index);
  if (limit == scan.text.size() && (!password || cursor.is_over())) wants_line(scan, at.begin);
  if (!password) return;
  const std::string_view value = scan.text.substr(password->begin, password->end - password->begin);
  if (is_secret_word(value) && is_plausible_value("generic-password", value))
    findings.push_back({*password, "generic-password"});
}

}  // namespace scopetrace
