// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/value_scan.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/verify.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxUserinfo = 512;   // bytes looked at behind "://"
constexpr std::size_t kMaxAddress = 254;    // RFC 5321 section 4.5.3.1
constexpr std::size_t kMaxKeyLine = 16384;  // a key in one line, its line ends escaped
constexpr std::size_t kMaxJose = 65536;     // bytes of one token
constexpr std::size_t kMinBearer = 16;      // shorter words are prose
constexpr std::size_t kMaxHeaderSegment = 2048;

bool is_base64url(char c) { return is_alnum(c) || c == '-' || c == '_'; }
bool is_local_char(char c) {
  return is_alnum(c) || c == '.' || c == '_' || c == '+' || c == '-' || c == '\'';
}
bool is_domain_char(char c) { return is_alnum(c) || c == '.' || c == '-'; }

template <class Predicate>
std::size_t run_end(std::string_view text, std::size_t at, Predicate is_member, std::size_t limit) {
  const std::size_t end = std::min(text.size(), at + limit);
  while (at < end && is_member(text[at])) ++at;
  return at;
}

// Digits with single blanks or dashes between groups: the number and where it ends.
struct NumberRun {
  static constexpr std::size_t kMaxDigits = 24;

  std::array<char, kMaxDigits> buffer;
  std::size_t size = 0;
  TextRange range;
  char separator = '\0';
  std::size_t groups = 1;

  std::string_view digits() const { return {buffer.data(), size}; }
};

NumberRun read_number(std::string_view text, std::size_t at) {
  NumberRun run;
  run.range = {at, at};
  while (at < text.size() && run.size < NumberRun::kMaxDigits) {
    if (is_digit(text[at])) {
      run.buffer[run.size++] = text[at++];
      run.range.end = at;
      continue;
    }
    const bool joins = (text[at] == ' ' || text[at] == '-') && at + 1 < text.size() &&
                       is_digit(text[at + 1]) && (run.groups == 1 || text[at] == run.separator);
    if (!joins) break;
    run.separator = text[at++];
    ++run.groups;
  }
  return run;
}

bool stands_alone(std::string_view text, TextRange range) {
  const char before = range.begin > 0 ? text[range.begin - 1] : ' ';
  const char after = range.end < text.size() ? text[range.end] : ' ';
  if (!is_token_start(text, range.begin) || is_alnum(after)) return false;
  const bool joins_before = before == '.' || before == '_' || before == '-' || before == '+';
  const bool joins_after =
      after == '_' || after == '-' ||
      (after == '.' && range.end + 1 < text.size() && is_alnum(text[range.end + 1]));
  return !joins_before && !joins_after;
}

// Card groups as printed: 4-4-4-4(-3), 4-6-5, 4-6-4.
bool has_card_groups(std::string_view text) {
  std::size_t first = 0;
  while (first < text.size() && is_digit(text[first])) ++first;
  return first == 4 || first == text.size();
}

std::optional<Finding> card_at(std::string_view text, const NumberRun& run) {
  if (run.size < 13 || run.size > 19) return std::nullopt;
  const std::string_view written = text.substr(run.range.begin, run.range.end - run.range.begin);
  if (!has_card_groups(written) || !is_card_number(run.digits())) return std::nullopt;
  const std::size_t end = run.range.end;
  if (end < text.size() && (text[end] == '=' || text[end] == 'D')) {  // track 2: PAN = YYMM…
    const std::size_t track_end = run_end(text, end + 1, is_digit, 24);
    if (track_end - end > 7 && is_token_start(text, run.range.begin)) {
      return Finding{{run.range.begin, track_end}, "track2"};
    }
  }
  if (!stands_alone(text, run.range)) return std::nullopt;
  return Finding{run.range, "pan"};
}

// +CC followed by a plausible count of digits (ITU-T E.164), or NXX-NXX-XXXX as written in the US.
std::optional<Finding> phone_at(std::string_view text, std::size_t at, const NumberRun& run) {
  if (at > 0 && text[at - 1] == '+' && is_token_start(text, at - 1)) {
    const bool is_length = run.size >= 8 && run.size <= 15;
    const char after = run.range.end < text.size() ? text[run.range.end] : ' ';
    if (!is_length || run.buffer[0] == '0' || is_alnum(after) || after == '.') return std::nullopt;
    return Finding{{at - 1, run.range.end}, "phone"};
  }
  return std::nullopt;
}

std::optional<Finding> number_at(std::string_view text, std::size_t at) {
  const NumberRun run = read_number(text, at);
  if (auto card = card_at(text, run)) return card;
  if (auto phone = phone_at(text, at, run)) return phone;
  const std::string_view written = text.substr(at, run.range.end - at);
  if (run.groups == 3 && run.separator == '-' && is_ssn(written) && stands_alone(text, run.range)) {
    return Finding{run.range, "ssn"};
  }
  return std::nullopt;
}

bool may_begin_iban(std::string_view text, std::size_t at) {
  return is_digit(text[at + 2]) && is_digit(text[at + 3]) && is_upper(text[at]) &&
         is_upper(text[at + 1]) && is_token_start(text, at);
}

// Behind the last character of the IBAN at `at`, written with or without gaps.
std::optional<std::size_t> iban_end(std::string_view text, std::size_t at) {
  std::array<char, 34> compact;
  std::size_t size = 0;
  for (std::size_t end = at; end < text.size() && size < compact.size(); ++end) {
    const bool is_last = end + 1 == text.size();
    if (text[end] == ' ' && !is_last && is_alnum(text[end + 1])) continue;
    if (!is_upper(text[end]) && !is_digit(text[end])) break;
    compact[size++] = text[end];
    if ((is_last || !is_alnum(text[end + 1])) && is_iban({compact.data(), size})) return end + 1;
  }
  return std::nullopt;
}

// The IBAN whose run of digits begins at `at`: behind its country, its check digits or its bank.
std::optional<TextRange> iban_around(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxHead = 12;  // "GB82 WEST "
  for (std::size_t back = 2; back <= std::min(at, kMaxHead); ++back) {
    const char c = text[at - back];
    if (!is_alnum(c) && c != ' ') return std::nullopt;
    if (at - back + 15 > text.size() || !may_begin_iban(text, at - back)) continue;
    if (const auto end = iban_end(text, at - back)) return TextRange{at - back, *end};
  }
  return std::nullopt;
}

// An escape before an address (%20, \n, \u0026) is not part of it: where the address begins.
std::size_t skip_escape(std::string_view text, std::size_t begin, std::size_t at) {
  if (begin >= 1 && begin + 2 < at && text[begin - 1] == '%') begin += 2;
  if (begin >= 1 && begin + 1 < at && text[begin - 1] == '\\') {
    begin += text[begin] == 'u' && begin + 5 < at ? 5 : 1;
  }
  return begin;
}

// user:password@host, or user@host:port behind a scheme: no address of a person.
bool is_userinfo(std::string_view text, TextRange range) {
  if (range.begin > 0 && text[range.begin - 1] == ':') return true;
  const bool has_port =
      range.end + 1 < text.size() && text[range.end] == ':' && !is_space(text[range.end + 1]);
  return has_port && range.begin >= 3 && text.substr(range.begin - 3, 3) == "://";
}

bool ends_userinfo(char c) {
  return is_space(c) || std::string_view("\"'<>\\").find(c) != std::string_view::npos;
}

}  // namespace

void find_numbers_at(std::string_view text, std::size_t at, std::vector<Finding>& findings) {
  if (const auto iban = iban_around(text, at)) findings.push_back({*iban, "iban"});
  // The groups of one run: a number may begin at each.
  for (;;) {
    if (const auto found = number_at(text, at)) {
      findings.push_back(*found);
      at = found->range.end;
    } else {
      at = run_end(text, at, is_digit, text.size());
    }
    const bool goes_on =
        at + 1 < text.size() && (text[at] == ' ' || text[at] == '-') && is_digit(text[at + 1]);
    if (!goes_on) return;
    ++at;
  }
}

std::optional<TextRange> email_around(std::string_view text, std::size_t at) {
  const std::size_t sign = text[at] == '@' ? 1 : 3;
  std::size_t begin = at;
  while (begin > 0 && at - begin < 64 && is_local_char(text[begin - 1])) --begin;
  begin = skip_escape(text, begin, at);
  std::size_t end = run_end(text, at + sign, is_domain_char, kMaxAddress);
  while (end > at + sign && !is_alnum(text[end - 1])) --end;
  const std::string_view domain = text.substr(at + sign, end - at - sign);
  if (is_userinfo(text, {begin, end})) return std::nullopt;
  if (!is_email(text.substr(begin, at - begin), domain)) return std::nullopt;
  return TextRange{begin, end};
}

std::optional<TextRange> url_password_behind(std::string_view text, std::size_t at) {
  const std::size_t begin = at + 3;
  const std::size_t limit = std::min(text.size(), begin + kMaxUserinfo);
  std::optional<std::size_t> colon;
  std::optional<std::size_t> sign;
  for (std::size_t i = begin; i < limit; ++i) {
    const char c = text[i];
    if (c == ':' && !colon) colon = i;
    if (c == '@') sign = i;  // the last one: passwords may hold @
    if (ends_userinfo(c)) break;
    if ((c == '/' || c == '?' || c == '#') && (sign || !colon)) break;
  }
  if (!colon || !sign || *sign <= *colon + 1) return std::nullopt;
  return TextRange{*colon + 1, *sign};
}

std::optional<TextRange> jose_at(std::string_view text, std::size_t at) {
  if (!is_token_start(text, at)) return std::nullopt;
  const std::size_t header_end = run_end(text, at, is_base64url, kMaxHeaderSegment);
  if (header_end >= text.size() || text[header_end] != '.') return std::nullopt;
  if (!is_jose_header(text.substr(at, header_end - at))) return std::nullopt;
  std::size_t end = header_end;
  std::size_t segments = 1;
  while (segments < 5 && end < text.size() && text[end] == '.') {
    end = run_end(text, end + 1, is_base64url, kMaxJose);
    ++segments;
  }
  return segments >= 2 ? std::optional(TextRange{at, end}) : std::nullopt;
}

namespace {

bool is_key_char(char c) {
  return is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '\\' || c == '\r';
}

// Whether a line can stand inside a private key: base64, nothing, or one of its header fields.
bool is_key_line(std::string_view line) {
  line = trim(line);
  for (const std::string_view field :
       {"Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Charset:", "Hash:"}) {
    if (line.starts_with(field)) return true;
  }
  return std::all_of(line.begin(), line.end(), is_key_char);
}

}  // namespace

std::size_t key_end(std::string_view text, std::size_t at) {
  constexpr std::string_view kEnd = "-----END";
  for (bool is_first = true; at < text.size(); is_first = false) {
    const std::string_view ahead = text.substr(at, kMaxKeyLine);
    const std::string_view line = ahead.substr(0, ahead.find('\n'));
    const std::size_t line_end = at + line.size();
    if (const auto end = line.find(kEnd); end != line.npos) return at + end;
    if (!is_key_line(line)) return is_first ? run_end(text, at, is_key_char, line.size()) : at;
    at = line_end + 1;
  }
  return text.size();
}

std::optional<TextRange> private_key_at(std::string_view text, std::size_t at) {
  const std::string_view head = text.substr(at, 64);
  const auto label_end = head.find("-----", 10);
  if (label_end == std::string_view::npos) return std::nullopt;
  if (head.substr(0, label_end).find("PRIVATE KEY") == std::string_view::npos) return std::nullopt;
  const std::size_t begin = at + label_end + 5;
  const std::size_t end = key_end(text, begin);
  return end > begin ? std::optional(TextRange{begin, end}) : std::nullopt;
}

std::optional<TextRange> scheme_value_behind(std::string_view text, std::size_t at, bool is_basic) {
  std::size_t begin = at;
  while (begin < text.size() && (is_blank(text[begin]) || text[begin] == '+')) ++begin;
  if (begin == at || begin - at > 4) return std::nullopt;
  const auto is_member = [](char c) {
    return is_base64url(c) || c == '.' || c == '+' || c == '/' || c == '~' || c == '=';
  };
  const std::size_t end = run_end(text, begin, is_member, kMaxJose);
  const std::string_view value = text.substr(begin, end - begin);
  if (is_basic) {
    return is_basic_credentials(value) ? std::optional(TextRange{begin, end}) : std::nullopt;
  }
  const auto equals = value.find('=');
  const bool is_parameter =
      equals != value.npos && value.find_first_not_of('=', equals) != value.npos;
  if (value.size() < kMinBearer || !has_digit(value) || is_parameter) return std::nullopt;
  return TextRange{begin, end};
}

}  // namespace scopetrace
