// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/imap.h"

#include <algorithm>
#include <optional>
#include <string>

#include "userspace/base/bytes.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/sasl.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxTag = 32;
constexpr std::string_view kCommands[] = {
    "LOGIN",     "AUTHENTICATE", "CAPABILITY", "ID",     "STARTTLS", "NOOP",        "LOGOUT",
    "ENABLE",    "SELECT",       "EXAMINE",    "CREATE", "DELETE",   "RENAME",      "SUBSCRIBE",
    "NAMESPACE", "LIST",         "LSUB",       "STATUS", "APPEND",   "UNSUBSCRIBE", "IDLE",
    "CLOSE",     "UNSELECT",     "EXPUNGE",    "SEARCH", "FETCH",    "STORE",       "COPY",
    "MOVE",      "UID",          "CHECK",      "SETACL", "GETQUOTA", "GETQUOTAROOT"};

// The command's word as it stands in the table; empty for none.
std::string_view command_of(std::string_view word) {
  const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [&](auto known) { return equals_ignoring_case(known, word); });
  return found == std::end(kCommands) ? std::string_view() : *found;
}

bool is_tag_character(char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; }

// The length of a literal that the line announces at its end: {12} or {12+}.
std::optional<std::uint64_t> literal_behind(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  const auto open = line.rfind('{');
  if (open == line.npos) return std::nullopt;
  std::string_view digits = line.substr(open + 1, line.size() - open - 2);
  if (digits.ends_with('+') || digits.ends_with('-')) digits.remove_suffix(1);
  return parse_decimal(digits);
}

// Takes the next word off the line: an atom, or a quoted string without its quotes.
std::string_view take_word(std::string_view& line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  const bool is_quoted = line.starts_with('"');
  std::size_t end = is_quoted ? 1 : 0;
  while (end < line.size() && line[end] != (is_quoted ? '"' : ' ')) {
    end += is_quoted && line[end] == '\\' ? 2U : 1U;
  }
  end = std::min(end, line.size());
  const std::string_view word = line.substr(is_quoted ? 1 : 0, end - (is_quoted ? 1 : 0));
  line.remove_prefix(std::min(line.size(), end + (is_quoted ? 1 : 0)));
  return word;
}

class Imap final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (literal_bytes_) return Extent::of(static_cast<std::size_t>(*literal_bytes_));
    return line_extent(begin, begin.npos);
  }
  void tell(std::string_view message, WireText& out) override;
  void skip(std::size_t size_bytes, WireText& out) override;
  bool resume() override;

 private:
  bool is_login() const { return command_ == "LOGIN"; }
  void tell_line(std::string_view line, WireText& out);
  void tell_rest(std::string_view line, WireText& out);
  void tell_login_word(std::string_view word, WireText& out);
  void tell_literal(std::string_view literal, WireText& out);

  SaslLines sasl_;
  std::string_view command_;  // under way; empty between commands
  unsigned words_ = 0;        // of its arguments, so far
  std::optional<std::uint64_t> literal_bytes_;
};

void Imap::tell(std::string_view message, WireText& out) {
  if (literal_bytes_) {
    literal_bytes_.reset();
    return tell_literal(message, out);
  }
  const std::string_view line = without_line_end(message);
  literal_bytes_ = literal_behind(line);
  if (command_.empty()) {
    tell_line(line, out);
  } else {
    tell_rest(line, out);
  }
  if (!literal_bytes_) {
    command_ = {};
    out.end();
  } else if (*literal_bytes_ == 0) {
    tell("", out);  // an empty message would never come
  }
}

void Imap::tell_line(std::string_view line, WireText& out) {
  std::string_view rest = line;
  take_word(rest);  // the tag
  const std::string_view command = command_of(take_word(rest));
  if (command.empty() && sasl_.is_active()) return sasl_.tell(line, out);
  sasl_.end();
  command_ = command;
  words_ = 0;
  if (command.empty()) {
    out.begin("(line)");
    return out.value(line);
  }
  out.begin(command);
  if (command != "AUTHENTICATE") return tell_rest(rest, out);
  const std::string_view mechanism = take_word(rest);
  sasl_.begin(mechanism, take_word(rest), out);
}

// Arguments, after which a literal may follow.
void Imap::tell_rest(std::string_view line, WireText& out) {
  if (literal_bytes_) line = line.substr(0, line.rfind('{'));
  if (!is_login()) {
    if (!trim(line).empty()) out.value(trim(line));
    return;
  }
  while (!trim(line).empty()) tell_login_word(take_word(line), out);
}

void Imap::tell_login_word(std::string_view word, WireText& out) {
  if (words_++ == 0) {
    out.field("user", word);
  } else {
    out.secret("password", word);
  }
}

void Imap::tell_literal(std::string_view literal, WireText& out) {
  if (is_login()) return tell_login_word(literal, out);
  if (sasl_.is_active()) return out.secret({}, literal);
  out.value(literal);
}

// What was a line may have announced a literal: what is no command is taken for a secret then.
void Imap::skip(std::size_t size_bytes, WireText& out) {
  if (!literal_bytes_) {
    command_ = {};
    sasl_.expect_answers();
    return out.withhold(size_bytes);
  }
  ++words_;
  literal_bytes_.reset();
  out.binary(size_bytes);
}

bool Imap::resume() {
  sasl_.expect_answers();
  command_ = {};
  literal_bytes_.reset();
  return true;
}

}  // namespace

// A tag and a command. Prose may begin like that too: in commands the tag holds a digit.
Match match_imap(std::string_view begin) {
  std::size_t end = 0;
  while (end < begin.size() && end < kMaxTag && is_tag_character(begin[end])) ++end;
  if (end == begin.size()) return Match::kMaybe;
  const std::string_view tag = begin.substr(0, end);
  if (end == 0 || begin[end] != ' ' || !has_digit(tag)) return Match::kNo;
  const std::string_view rest = begin.substr(end + 1, kMaxTag);
  const auto word_end = rest.find_first_of(" \r\n");
  if (word_end == rest.npos) return rest.size() < kMaxTag ? Match::kMaybe : Match::kNo;
  return command_of(rest.substr(0, word_end)).empty() ? Match::kNo : Match::kYes;
}

std::unique_ptr<WireProtocol> make_imap() { return std::make_unique<Imap>(); }

Match match_imap_server(std::string_view begin) {
  return match_any(begin, {"* OK ", "* PREAUTH ", "* BYE "});
}

}  // namespace scopetrace
