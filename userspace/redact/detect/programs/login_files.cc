// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/login_files.h"

#include <algorithm>
#include <optional>

#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxEntry = 512;  // bytes of one machine
constexpr std::size_t kMaxField = 128;

void add(std::string_view text, TextRange range, std::vector<Finding>& findings) {
  const std::string_view written = text.substr(range.begin, range.end - range.begin);
  if (!written.empty() && is_plausible_value("generic-password", written))
    findings.push_back({range, "generic-password"});
}

// The next word, behind blanks and line ends, those written as \n included.
TextRange next_word(std::string_view text, std::size_t at) {
  const auto is_escape = [&](std::size_t i) {
    const std::string_view pair = text.substr(i, 2);
    return pair == "\\n" || pair == "\\t" || pair == "\\r";
  };
  while (at < text.size() && (is_space(text[at]) || is_escape(at))) at += is_escape(at) ? 2 : 1;
  std::size_t end = at;
  while (end < text.size() && !is_space(text[end]) && !is_escape(end) && text[end] != '"') ++end;
  return {at, end};
}

bool is_field(char c) { return !is_space(c) && c != ':' && c != '"' && c != '\\'; }

bool is_host_char(char c) { return is_alnum(c) || is_in(c, ".-_*"); }

// Behind `count` fields and their colons, or nothing.
std::optional<std::size_t> skip_fields(std::string_view text, std::size_t at, int count) {
  for (int field = 0; field < count; ++field) {
    const std::size_t from = at;
    while (at < text.size() && at - from < kMaxField && is_field(text[at])) ++at;
    if (at == from || at >= text.size() || text[at] != ':') return std::nullopt;
    ++at;
  }
  return at;
}

}  // namespace

void take_netrc(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const std::string_view text = scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxEntry));
  const bool is_default = scan.text[at.end - 1] != ' ';
  std::size_t end = is_default ? at.end - 5 : next_word(text, at.end).end;
  for (;;) {
    const TextRange name = next_word(text, end);
    const TextRange value = next_word(text, name.end);
    const std::string_view written = text.substr(name.begin, name.end - name.begin);
    const bool is_known = written == "login" || written == "account" || written == "user" ||
                          written == "password" || written == "passwd";
    const bool is_cut = value.end == text.size() && text.size() == scan.text.size();
    if (is_cut && (is_known || std::string_view("password").starts_with(written)))
      wants_line(scan, at.begin);
    if (!is_known || value.end == value.begin) return;
    if (written[0] == 'p') add(text, value, findings);
    end = value.end;
  }
}

void take_pgpass(std::string_view text, TextRange at, std::vector<Finding>& findings) {
  std::size_t begin = at.begin;
  while (begin > 0 && at.begin - begin < kMaxField && is_host_char(text[begin - 1])) --begin;
  const bool begins_line =
      begin == 0 || is_space(text[begin - 1]) || text[begin - 1] == '"' || text[begin - 1] == '\'';
  if (!begins_line || begin == at.begin) return;
  const auto password = skip_fields(text, at.end, 2);
  if (!password) return;
  std::size_t end = *password;
  while (end < text.size() && end - *password < kMaxField && is_field(text[end])) ++end;
  const bool goes_on = end < text.size() && (text[end] == ':' || text[end] == ' ');
  if (!goes_on) add(text, {*password, end}, findings);
}

void take_mail_login(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const std::string_view text = scan.text;
  const std::size_t begin = line_begin(text, at.begin);
  const std::string_view host = text.substr(begin, at.begin - begin);
  const bool is_host = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_host_char(c) || c == '[' || c == ']';
  });
  if (!is_host) return;
  const std::size_t stop = near_line_end(text, at.end);
  if (stop == text.size()) wants_line(scan, at.begin);
  const std::string_view login = trim(text.substr(at.end, stop - at.end));
  const auto colon = login.find(':');
  const std::string_view password = login.substr(std::min(colon, login.size() - 1) + 1);
  if (colon == login.npos || colon == 0 || login.find_first_of(" \t") != login.npos) return;
  const auto first = static_cast<std::size_t>(password.data() - text.data());
  if (is_secret_word(password)) add(text, {first, first + password.size()}, findings);
}

void take_account_hashes(std::string_view text, std::size_t at, std::vector<Finding>& findings) {
  constexpr std::size_t kHash = 32;
  std::size_t end = at + kHash;
  if (end > text.size() || text.substr(end, 3) != ":::") return;
  for (int i = 0; i < 2; ++i) {
    if (end < kHash + 1 || text[end - kHash - 1] != ':') return;
    const TextRange hash{end - kHash, end};
    const std::string_view written = text.substr(hash.begin, kHash);
    if (!std::all_of(written.begin(), written.end(), [](char c) { return hex_value(c) >= 0; }))
      return;
    findings.push_back({hash, "generic-password"});
    end = hash.begin - 1;
  }
}

void take_wifi_code(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  constexpr std::string_view kPassword = ";P:";
  const std::string_view ahead =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxEntry));
  const std::size_t stop = std::min(ahead.find_first_of("\r\n\"", at.end), ahead.size());
  if (stop == scan.text.size()) wants_line(scan, at.begin);
  const auto begin = ahead.find(kPassword, at.end - 1);
  if (begin >= stop) return;
  std::size_t end = begin + kPassword.size();
  while (end < stop && !(ahead[end] == ';' && ahead[end - 1] != '\\')) ++end;
  add(scan.text, {begin + kPassword.size(), end}, findings);
}

void take_plain_response(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const std::string_view ahead =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxEntry));
  const std::size_t stop = std::min(ahead.find_first_of("\r\n", at.end), ahead.size());
  if (stop == scan.text.size()) wants_line(scan, at.begin);
  for (std::size_t begin = at.end; begin < stop;) {
    std::size_t end = begin;
    while (end < stop && (ahead[end] == '=' || base64_value(ahead[end]) < 64)) ++end;
    const auto decoded =
        end - begin >= 8 ? decode_base64(ahead.substr(begin, end - begin)) : std::nullopt;
    if (decoded && std::count(decoded->begin(), decoded->end(), '\0') == 2)
      findings.push_back({{begin, end}, "basic-auth"});
    begin = end + 1;
  }
}

void take_module_users(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  constexpr std::size_t kMaxModule = 2048;
  constexpr std::string_view kUser = "user_";
  const std::string_view ahead =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxModule));
  const std::size_t stop =
      std::min({ahead.find(';', at.end), ahead.find("LoginModule ", at.end), ahead.size()});
  if (stop == scan.text.size()) wants_line(scan, at.begin);
  for (std::size_t user = ahead.find(kUser, at.end); user < stop;
       user = ahead.find(kUser, user + kUser.size())) {
    const std::size_t equals = std::min(ahead.find_first_of("= \r\n", user), stop);
    if (equals + 1 >= stop || ahead[equals] != '=') continue;
    const std::size_t begin = equals + (ahead[equals + 1] == '\\' ? 3 : 2);
    const std::size_t end = std::min(ahead.find_first_of("\"\\\r\n", begin), stop);
    if (ahead[begin - 1] == '"' && end > begin) add(scan.text, {begin, end}, findings);
  }
}

}  // namespace scopetrace
