// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/headers/auth_lines.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/tokens/key_blocks.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxExchange = 4096;
constexpr std::size_t kMaxUser = 64;  // of Redis, with the word in front
constexpr std::size_t kMaxTag = 16;   // of an IMAP command

// A line's end: where it begins and where the next line does.
struct LineEnd {
  std::size_t begin;
  std::size_t end;
};

// The line end at `at`, real or written as an escape; nothing when none stands there.
std::optional<LineEnd> line_end_at(std::string_view text, std::size_t at) {
  const std::string_view ahead = text.substr(at, 4);
  if (ahead.starts_with("\r\n")) return LineEnd{at, at + 2};
  if (ahead.starts_with('\n') || ahead.starts_with('\r')) return LineEnd{at, at + 1};
  if (ahead.starts_with("\\r\\n")) return LineEnd{at, at + 4};
  if (ahead.starts_with("\\n") || ahead.starts_with("\\r")) return LineEnd{at, at + 2};
  return std::nullopt;
}

// The end of the line that `at` is in; at most kMaxExchange bytes ahead.
LineEnd next_line_end(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kMaxExchange);
  for (; at < limit; ++at) {
    const char c = text[at];
    if (c != '\n' && c != '\r' && c != '\\') continue;
    if (const auto end = line_end_at(text, at)) return *end;
  }
  return {at, at};
}

bool is_line_begin(std::string_view text, std::size_t at) {
  if (at == 0 || is_in(text[at - 1], "\n\r\"'`")) return true;
  if (at < 2) return false;
  if (text[at - 1] == ' ') return text[at - 2] == ':' || text[at - 2] == '>';
  return text[at - 2] == '\\' && (text[at - 1] == 'n' || text[at - 1] == 'r');
}

// One word from `at` on, without quotes; ends at a blank, a quote or a line's end.
TextRange word_at(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_blank(text[at]) || text[at] == '"' || text[at] == '\'')) ++at;
  std::size_t end = at;
  while (end < text.size() && !is_space(text[end]) && text[end] != '"' && text[end] != '\'') {
    const bool is_escape =
        text[end] == '\\' && end + 1 < text.size() && is_in(text[end + 1], "\"'nr");
    if (is_escape) break;
    ++end;
  }
  return {at, end};
}

// Whether the word says who sent the line: "C:", "SERVER:", ">", "<-".
bool is_sender(std::string_view word) {
  constexpr std::size_t kMaxSender = 8;
  if (word.empty() || word.size() > kMaxSender) return false;
  if (word.ends_with(':'))
    return std::all_of(word.begin(), word.end() - 1, [](char c) { return is_letter(c); });
  return word.find_first_not_of("<>-=") == word.npos;
}

// "334 VXNlcm5hbWU6", "+ ", "S: 334 …".
bool is_server_line(std::string_view line) {
  line = trim(line);
  const std::string_view first = line.substr(0, line.find(' '));
  if (is_sender(first)) line = trim(line.substr(first.size()));
  return line.starts_with("334") || line.starts_with('+');
}

// The name of a way to log in, as a server lists them.
bool is_mechanism(std::string_view word) {
  constexpr std::array<std::string_view, 12> kBegins = {
      "PLAIN",  "LOGIN",  "NTLM",      "SCRAM-",   "CRAM-",       "DIGEST-",
      "XOAUTH", "GSSAPI", "ANONYMOUS", "EXTERNAL", "OAUTHBEARER", "GS2-"};
  return std::any_of(kBegins.begin(), kBegins.end(), [&](std::string_view known) {
    return word.starts_with(known) && (known.ends_with('-') || word.size() <= known.size() + 12);
  });
}

class Exchange {
 public:
  Exchange(ScanText& scan, std::vector<Finding>& findings)
      : scan_(scan), text_(scan.text), findings_(findings) {}

  void take_pass(std::size_t begin, std::size_t end);
  void take_auth(std::size_t begin, std::size_t end);
  void take_login(std::size_t begin, std::size_t end);
  void take_prompt(std::size_t begin, std::size_t end);
  void take_private_lines(std::size_t begin, std::size_t end);
  void take_bulk(std::size_t begin, std::size_t end) { take_bulk_strings(begin, end - 1); }
  void take_services(std::size_t begin, std::size_t end);
  void take_element(std::size_t begin, std::size_t end);
  void take_payload(std::size_t begin, std::size_t end);
  void take_apop(std::size_t begin, std::size_t end);
  void take_acl_user(std::size_t begin, std::size_t end);

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange range, std::string_view class_name = "generic-password") {
    if (is_plausible_value(class_name, slice(range))) findings_.push_back({range, class_name});
  }
  bool is_word_begin(std::size_t at) const;
  bool take_mechanism(std::size_t begin, TextRange mechanism, const LineEnd& line);
  void take_answer(std::size_t begin, std::size_t at);
  std::optional<TextRange> base64_line(std::size_t at, const LineEnd& line) const;
  void take_redis_line(TextRange first, const LineEnd& line);
  void take_bulk_strings(std::size_t begin, std::size_t at);

  ScanText& scan_;
  std::string_view text_;
  std::vector<Finding>& findings_;
};

// Test runners print PASS too: in front of a path, or of words.
void Exchange::take_pass(std::size_t begin, std::size_t end) {
  const bool begins_line = is_line_begin(text_, begin);
  if (!begins_line && is_alnum(text_[begin - 1])) return;
  const TextRange word = word_at(text_, end);
  const std::string_view written = slice(word);
  const bool is_path = written.find('/') != written.npos && written.find('.') != written.npos;
  if (written.size() < 4 || is_path) return;
  const bool ends_line = word.end >= text_.size() || text_[word.end] == '"' ||
                         line_end_at(text_, word.end).has_value();
  if (has_digit(written) || (ends_line && begins_line)) add(word);
}

// No letter or digit before it, unless that ends an escape.
bool Exchange::is_word_begin(std::size_t at) const {
  if (at == 0) return true;
  const char before = text_[at - 1];
  if (!is_alnum(before) && before != '_' && before != '-') return true;
  return at > 1 && text_[at - 2] == '\\';
}

// AUTH PLAIN x, AUTH LOGIN x, AUTHENTICATE PLAIN x; AUTH x and AUTH name x of Redis; RESP.
void Exchange::take_auth(std::size_t begin, std::size_t end) {
  if (!is_word_begin(begin)) return;
  if (text_.substr(end).starts_with("ENTICATE ")) end += 8;
  if (end >= text_.size()) return wants_line(scan_, begin);
  if (const auto line = line_end_at(text_, end)) return take_bulk_strings(begin, line->end);
  if (text_[end] != ' ' && text_[end] != '"' && text_[end] != '\'') return;
  const LineEnd line = next_line_end(text_, end);
  const TextRange first = word_at(text_, end);
  if (take_mechanism(begin, first, line)) return;
  const bool is_hello = begin >= 8 && text_.substr(begin - 8, 6) == "HELLO ";
  if (is_hello || is_line_begin(text_, begin)) take_redis_line(first, line);
}

bool Exchange::take_mechanism(std::size_t begin, TextRange mechanism, const LineEnd& line) {
  constexpr std::array<std::string_view, 6> kMechanisms = {"PLAIN",   "LOGIN",       "CRAM-MD5",
                                                           "XOAUTH2", "OAUTHBEARER", "NTLM"};
  const std::string_view written = slice(mechanism);
  if (std::none_of(kMechanisms.begin(), kMechanisms.end(),
                   [&](std::string_view known) { return equals_ignoring_case(written, known); }))
    return false;
  const TextRange response = word_at(text_, mechanism.end);
  const bool is_initial = response.end > response.begin && response.end <= line.begin;
  if (is_initial && is_mechanism(slice(response))) return true;      // what a server can do
  if (is_initial && slice(response).starts_with("--")) return true;  // auth login of a program
  if (is_initial && slice(response).size() >= 8) add(response, "basic-auth");
  const bool has_answer = !is_initial || equals_ignoring_case(written, "LOGIN");
  if (has_answer && line.end > line.begin) take_answer(begin, line.end);
  return true;
}

// A line that is one word of base64, without the mark of who sent it ("C: "); else nothing.
std::optional<TextRange> Exchange::base64_line(std::size_t at, const LineEnd& line) const {
  TextRange word = word_at(text_, at);
  if (is_sender(slice(word)) && word.end < line.begin) word = word_at(text_, word.end);
  const std::string_view written = slice(word);
  const bool is_base64 = std::all_of(written.begin(), written.end(),
                                     [](char c) { return c == '=' || base64_value(c) != 255; });
  const bool is_verb = written.size() == 4 && std::all_of(written.begin(), written.end(), is_upper);
  return is_base64 && !is_verb && word.end == line.begin && written.size() >= 4
             ? std::optional(word)
             : std::nullopt;
}

// What the client answers in the next lines, with or without those of the server ("334 …", "+ …")
// between: the last one is the secret, the one before it may be the user.
void Exchange::take_answer(std::size_t begin, std::size_t at) {
  constexpr int kMaxLines = 4;
  std::optional<TextRange> last;
  for (int i = 0; i < kMaxLines; ++i) {
    const LineEnd line = next_line_end(text_, at);
    if (line.end >= text_.size() && line.end == line.begin) {
      wants_line(scan_, begin);
      if (!scan_.is_final) return;
    }
    if (auto answer = base64_line(at, line)) {
      last = answer;
    } else if (!is_server_line(slice({at, line.begin}))) {
      break;
    }
    at = line.end;
    if (at >= text_.size()) break;
  }
  if (last) add(*last, "basic-auth");
}

void Exchange::take_redis_line(TextRange first, const LineEnd& line) {
  const TextRange second = word_at(text_, first.end);
  const TextRange third = word_at(text_, second.end);
  const bool has_name = second.begin < line.begin && second.end > second.begin;
  if (has_name && third.begin < line.begin && third.end > third.begin) {
    const bool goes_on = equals_ignoring_case(slice(third), "SETNAME");
    if (!goes_on) return;  // prose
  }
  add(has_name ? second : first);
}

// *2 $4 AUTH $20 value, or *3 $4 AUTH $3 name $20 value: the last argument behind the command.
void Exchange::take_bulk_strings(std::size_t begin, std::size_t at) {
  const std::size_t limit = std::min(text_.size(), begin + kMaxExchange);
  std::optional<TextRange> last;
  for (int i = 0; i < 2 && at < limit && text_[at] == '$'; ++i) {
    const LineEnd size = next_line_end(text_, at);
    if (size.end >= text_.size()) {
      wants_line(scan_, begin);
      break;
    }
    const LineEnd value = next_line_end(text_, size.end);
    if (value.begin == value.end) wants_line(scan_, begin);
    std::size_t end = value.begin;
    while (end > size.end && (text_[end - 1] == '"' || text_[end - 1] == '\'')) --end;
    last = TextRange{size.end, std::max(end, size.end)};
    at = value.end;
  }
  if (at >= text_.size()) wants_line(scan_, begin);
  if (last) findings_.push_back({*last, "generic-password"});
}

// Where the tag in front of an IMAP command begins: letters and digits, or a single dot. Without a
// tag it is `begin`.
std::size_t tag_begin(std::string_view text, std::size_t begin) {
  std::size_t tag = begin;
  while (tag > 0 && is_alnum(text[tag - 1]) && begin - tag < kMaxTag) --tag;
  if (tag == begin && tag > 0 && text[tag - 1] == '.') --tag;
  return tag;
}

// IMAP: tag LOGIN name password.
void Exchange::take_login(std::size_t begin, std::size_t end) {
  const std::size_t tag = tag_begin(text_, begin);
  if (tag == begin) return;
  const bool is_lower_case = is_lower(text_[begin + 1]);  // prose, but for the tag
  if (is_lower_case && text_[tag] != '.' && !has_digit(slice({tag, begin}))) return;
  if (!is_line_begin(text_, tag) && !(tag > 0 && text_[tag - 1] == '.')) return;
  const TextRange name = word_at(text_, end);
  if (is_mechanism(slice({tag, begin})) || is_mechanism(slice(name))) return;
  const TextRange password = word_at(text_, name.end);
  const LineEnd line = next_line_end(text_, end);
  if (password.begin >= line.begin || password.end <= password.begin) return;
  const TextRange more = word_at(text_, password.end);
  if (more.begin < line.begin && more.end > more.begin) return;
  if (is_lower_case && !is_secret_word(slice(password))) return;
  add(password);
}

void Exchange::take_prompt(std::size_t begin, std::size_t end) {
  const LineEnd line = next_line_end(text_, end);
  if (line.end >= text_.size()) return wants_line(scan_, begin);
  TextRange answer = word_at(text_, line.end);
  const auto mark = slice(answer).rfind(':');  // C: answer
  if (slice(answer).size() <= 2 && mark != std::string_view::npos)
    answer = word_at(text_, answer.end);
  if (answer.end == text_.size()) wants_line(scan_, begin);
  if (answer.end > answer.begin) findings_.push_back({answer, "generic-password"});
}

// PuTTY: lines of base64 follow, then the MAC. The count in front of them may be wrong.
void Exchange::take_private_lines(std::size_t begin, std::size_t end) {
  const std::size_t body = next_line_end(text_, end).end;
  std::size_t stop = key_end(text_, body);
  if (stop == text_.size()) wants_line(scan_, begin);
  while (stop > body && is_space(text_[stop - 1])) --stop;
  if (stop > body) findings_.push_back({{body, stop}, "private-key"});
}

// NickServ :IDENTIFY name password: the last word of the line.
void Exchange::take_services(std::size_t begin, std::size_t end) {
  const LineEnd line = next_line_end(text_, end);
  if (line.begin >= text_.size()) wants_line(scan_, begin);
  TextRange word = word_at(text_, end);
  std::string_view command = slice(word);
  if (command.starts_with(':')) command.remove_prefix(1);
  if (!equals_ignoring_case(command, "identify") && !equals_ignoring_case(command, "register"))
    return;
  const bool is_register = equals_ignoring_case(command, "register");
  const TextRange first = word_at(text_, word.end);
  const TextRange second = word_at(text_, first.end);
  if (first.begin >= line.begin || first.end == first.begin) return;
  const bool has_name = second.begin < line.begin && second.end > second.begin && !is_register;
  add(has_name ? second : first);
}

// The text of the element whose start tag `begin` is in.
void Exchange::take_element(std::size_t begin, std::size_t end) {
  constexpr std::size_t kMaxStartTag = 256;
  const std::string_view tag = text_.substr(end, kMaxStartTag);
  const auto close = tag.find_first_of("<>");
  if (end + kMaxStartTag >= text_.size()) wants_line(scan_, begin);
  if (close == tag.npos || tag[close] != '>') return;
  const std::size_t from = end + close + 1;
  const std::size_t stop = std::min(text_.find('<', from), text_.size());
  if (stop >= text_.size()) wants_line(scan_, begin);
  if (stop - from >= 8 && stop - from < kMaxExchange) add({from, stop}, "basic-auth");
}

// Mongo: mechanism: "PLAIN", payload: BinData(0, "response").
void Exchange::take_payload(std::size_t begin, std::size_t end) {
  constexpr std::size_t kMaxBack = 256;
  const std::size_t from = begin > kMaxBack ? begin - kMaxBack : 0;
  const std::string_view before = text_.substr(from, begin - from);
  if (before.find("PLAIN") == before.npos && before.find("SCRAM") == before.npos) return;
  const TextRange word = word_at(text_, text_[end - 1] == '"' ? end - 1 : end);
  if (word.end >= text_.size()) wants_line(scan_, begin);
  add(word, "basic-auth");
}

// POP3: the digest of a password and the server's greeting.
void Exchange::take_apop(std::size_t begin, std::size_t end) {
  constexpr std::size_t kDigest = 32;
  const TextRange digest = word_at(text_, word_at(text_, end).end);
  if (digest.end >= text_.size()) wants_line(scan_, begin);
  const std::string_view written = slice(digest);
  const bool is_hex =
      std::all_of(written.begin(), written.end(), [](char c) { return hex_value(c) >= 0; });
  if (is_hex && written.size() == kDigest) findings_.push_back({digest, "digest-auth"});
}

bool is_sha256(std::string_view word) {
  constexpr std::size_t kDigest = 64;
  return word.size() == kDigest &&
         std::all_of(word.begin(), word.end(), [](char c) { return hex_value(c) >= 0; });
}

// Redis: >password and #hash among the rules of a user.
void Exchange::take_acl_user(std::size_t begin, std::size_t end) {
  if (text_[end - 1] != ' ') {  // "user name on >password" of a file
    const std::size_t from = begin > kMaxUser ? begin - kMaxUser : 0;
    const std::string_view before = text_.substr(from, begin - from);
    if (before.substr(before.rfind('\n') + 1).find("user ") == before.npos) return;
    end = begin + 1;
  }
  const LineEnd line = next_line_end(text_, end);
  if (line.begin >= text_.size()) wants_line(scan_, begin);
  for (TextRange word = word_at(text_, end); word.begin < line.begin && word.end > word.begin;
       word = word_at(text_, word.end)) {
    const char mark = text_[word.begin];
    const TextRange value{word.begin + 1, word.end};
    if (is_in(mark, "><") || (is_in(mark, "#!") && is_sha256(slice(value)))) add(value);
  }
}

}  // namespace

void take_auth_word(ScanText& scan, AuthWord word, std::size_t begin, std::size_t end,
                    std::vector<Finding>& findings) {
  Exchange exchange(scan, findings);
  switch (word) {
    case AuthWord::kAuth:
      return exchange.take_auth(begin, end);
    case AuthWord::kLogin:
      return exchange.take_login(begin, end);
    case AuthWord::kPass:
      return exchange.take_pass(begin, end);
    case AuthWord::kPasswordPrompt:
      return exchange.take_prompt(begin, end);
    case AuthWord::kPrivateLines:
      return exchange.take_private_lines(begin, end);
    case AuthWord::kBulk:
      return exchange.take_bulk(begin, end);
    case AuthWord::kNickServ:
      return exchange.take_services(begin, end);
    case AuthWord::kXmpp:
      return exchange.take_element(begin, end);
    case AuthWord::kMechanism:
      return exchange.take_auth(begin, begin + 4);
    case AuthWord::kApop:
      return exchange.take_apop(begin, end);
    case AuthWord::kAclUser:
      return exchange.take_acl_user(begin, end);
    case AuthWord::kBinData:
      return exchange.take_payload(begin, end);
  }
}

void take_scram_proof(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  constexpr std::size_t kMaxMessage = 512;
  constexpr std::size_t kMinProof = 20;
  constexpr std::string_view kProof = ",p=";
  const std::string_view ahead =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxMessage));
  const std::string_view message = ahead.substr(0, ahead.find_first_of(" \r\n\"'", at.end));
  if (message.size() == scan.text.size()) wants_line(scan, at.begin);
  const auto proof = message.find(kProof, at.begin);
  if (proof == message.npos) return;
  const std::size_t begin = proof + kProof.size();
  std::size_t end = begin;
  while (end < message.size() && (message[end] == '=' || base64_value(message[end]) < 64)) ++end;
  if (end - begin >= kMinProof) findings.push_back({{begin, end}, "credentials"});
}

void want_bulk_string(ScanText& scan) {
  constexpr std::array<std::string_view, 2> kNames = {"auth", "requirepass"};
  const std::string_view line = scan.text.substr(0, scan.text.find_last_not_of("\r\n") + 1);
  if (line.size() == scan.text.size()) return;
  for (const std::string_view name : kNames) {
    const bool is_last = line.size() >= name.size() &&
                         equals_ignoring_case(line.substr(line.size() - name.size()), name);
    if (is_last) wants_line(scan, scan.text.find_last_not_of("\r\n"));
  }
}

}  // namespace scopetrace
