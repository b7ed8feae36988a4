// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/command_lines.h"

#include <algorithm>
#include <string>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

// Splits at the first blank.
std::pair<std::string_view, std::string_view> split_word(std::string_view line) {
  const auto blank = line.find(' ');
  if (blank == line.npos) return {line, {}};
  return {line.substr(0, blank), trim(line.substr(blank))};
}

class CommandLines final : public WireProtocol {
 public:
  explicit CommandLines(std::span<const Verb> verbs) : verbs_(verbs) {}

  Extent extent(std::string_view begin) const override { return line_extent(begin, begin.npos); }
  void tell(std::string_view message, WireText& out) override;
  bool resume() override;

 private:
  const Verb* find_verb(std::string_view word) const;
  static bool leaves_data(const Verb* verb, std::string_view argument);
  void tell_data(std::string_view line, WireText& out);
  void tell_argument(Argument argument, std::string_view text, WireText& out);

  std::span<const Verb> verbs_;
  SaslLines sasl_;
  bool is_data_ = false;
};

const Verb* CommandLines::find_verb(std::string_view word) const {
  const auto found = std::find_if(verbs_.begin(), verbs_.end(), [&](const Verb& verb) {
    return equals_ignoring_case(verb.word, word);
  });
  return found == verbs_.end() ? nullptr : &*found;
}

void CommandLines::tell(std::string_view message, WireText& out) {
  const std::string_view line = without_line_end(message);
  const auto [word, argument] = split_word(line);
  const Verb* verb = find_verb(word);
  if (is_data_ && !leaves_data(verb, argument)) return tell_data(line, out);
  is_data_ = false;
  if (verb == nullptr && sasl_.is_active()) return sasl_.tell(line, out);
  sasl_.end();
  if (verb == nullptr) return tell_data(line, out);
  out.begin(verb->word);
  tell_argument(verb->argument, argument, out);
  out.end();
}

// A server may refuse DATA, and the client goes on with commands. An exchange of credentials is
// then worth more than a line of mail that looks like one.
bool CommandLines::leaves_data(const Verb* verb, std::string_view argument) {
  return verb != nullptr && verb->argument == Argument::kSasl &&
         !sasl_class(split_word(argument).first).empty();
}

void CommandLines::tell_data(std::string_view line, WireText& out) {
  if (line == ".") is_data_ = false;
  out.line(line);
}

void CommandLines::tell_argument(Argument argument, std::string_view text, WireText& out) {
  const auto blank = text.rfind(' ');
  switch (argument) {
    case Argument::kText:
      if (!text.empty()) out.value(text);
      return;
    case Argument::kSecret:
      return out.secret({}, text);
    case Argument::kLastSecret:
      if (blank != text.npos) out.value(text.substr(0, blank));
      return out.secret({}, blank == text.npos ? text : text.substr(blank + 1));
    case Argument::kSasl: {
      const auto [mechanism, initial] = split_word(text);
      return sasl_.begin(mechanism, initial, out);
    }
    case Argument::kData:
      is_data_ = true;
  }
}

bool CommandLines::resume() {
  if (!is_data_) sasl_.expect_answers();
  return true;
}

bool is_challenge(std::string_view line) {
  return line.starts_with("334 ") || line.starts_with("+ ");
}

class ReplyLines final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override { return line_extent(begin, begin.npos); }
  void tell(std::string_view message, WireText& out) override {
    const std::string_view line = without_line_end(message);
    // Its answer comes from the other side: the scan of text would look for it in the next line.
    out.line(is_challenge(line) ? line.substr(0, line.find(' ')) : line);
  }
  bool resume() override { return true; }
};

}  // namespace

std::unique_ptr<WireProtocol> make_command_lines(std::span<const Verb> verbs) {
  return std::make_unique<CommandLines>(verbs);
}

std::unique_ptr<WireProtocol> make_reply_lines() { return std::make_unique<ReplyLines>(); }

namespace {

constexpr std::ptrdiff_t kMaxOpeningBlanks = 2;

// What a conversation begins with ends as lines of such protocols do and has few words: prose may
// begin with the same one.
Match match_opening_line(std::string_view begin) {
  const auto end = begin.find('\n');
  const std::string_view line = begin.substr(0, end);
  if (std::count(line.begin(), line.end(), ' ') > kMaxOpeningBlanks) return Match::kNo;
  if (end == begin.npos) return Match::kMaybe;
  return line.ends_with('\r') ? Match::kYes : Match::kNo;
}

}  // namespace

Match match_verbs(std::span<const Verb> verbs, std::string_view begin) {
  const std::string_view word = begin.substr(0, begin.find_first_of(" \r\n"));
  for (const Verb& verb : verbs) {
    const std::string_view head = verb.word.substr(0, word.size());
    if (!verb.opens || !equals_ignoring_case(head, word)) continue;
    if (word.size() == begin.size()) return Match::kMaybe;
    if (word.size() == verb.word.size()) return match_opening_line(begin);
  }
  return Match::kNo;
}

}  // namespace scopetrace
