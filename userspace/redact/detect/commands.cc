// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/commands.h"

#include <algorithm>

#include "userspace/redact/detect/verify.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCommand = 4096;  // bytes of a command line that are looked at
constexpr std::size_t kMaxExchange = 4096;

enum class Form { kAttached, kSeparate, kEither, kUser };  // -pX, -p X, both, -u name:X

// A program's option whose argument is, or ends in, a password.
struct ProgramOption {
  std::string_view program;
  std::string_view option;
  Form form;
};
constexpr ProgramOption kOptions[] = {
    {"mysql", "-p", Form::kAttached},
    {"mariadb", "-p", Form::kAttached},
    {"sshpass", "-p", Form::kEither},
    {"curl", "-u", Form::kUser},
    {"curl", "--user", Form::kUser},
    {"curl", "-U", Form::kUser},
    {"curl", "--proxy-user", Form::kUser},
    {"redis-cli", "-a", Form::kSeparate},
    {"mongo", "-p", Form::kSeparate},
    {"ldapsearch", "-w", Form::kEither},
    {"ldapmodify", "-w", Form::kEither},
    {"ldapadd", "-w", Form::kEither},
    {"ldapwhoami", "-w", Form::kEither},
    {"docker", "-p", Form::kSeparate},
    {"smbclient", "-U", Form::kUser},
    {"htpasswd", "-b", Form::kSeparate},
    {"wget", "-u", Form::kUser},
    {"httpie", "-a", Form::kUser},
    {"influx", "-password", Form::kSeparate},
    {"cqlsh", "-p", Form::kSeparate},
    {"sqlcmd", "-P", Form::kEither},
    {"mosquitto", "-P", Form::kSeparate},
    {"kinit", "--password", Form::kSeparate},
};

enum class Word {
  kProgram,
  kPass,
  kAuth,
  kLogin,
  kIdentified,
  kPasswordPrompt,
  kPpk,
  kSqlPassword
};
struct CommandWord {
  std::string_view text;
  bool ignores_case;
  Word word;
  bool begins_word = true;
};
constexpr CommandWord kWords[] = {
    {"PASS ", false, Word::kPass},
    {"AUTH", false, Word::kAuth},
    {" LOGIN ", false, Word::kLogin},
    {"IDENTIFIED BY", true, Word::kIdentified},
    {"334 UGFzc3dvcmQ6", false, Word::kPasswordPrompt},
    {"Private-Lines:", false, Word::kPpk},
    {"PASSWORD(", true, Word::kSqlPassword, false},
};

std::vector<std::string_view> program_names() {
  std::vector<std::string_view> names;
  for (const ProgramOption& option : kOptions) {
    if (std::find(names.begin(), names.end(), option.program) == names.end()) {
      names.push_back(option.program);
    }
  }
  return names;
}

bool is_separator(char c) {
  return is_space(c) || c == '"' || c == '\'' || c == ',' || c == '\\' || c == '[';
}

// Lines may end for real or be written as \r\n. The begin of the line behind `at`.
struct LineEnd {
  std::size_t begin;
  std::size_t end;
};
// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
LineEnd next_line_end(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '\n') return {at, at + 1};
    if (text[at] == '\r') return {at, at + (text.substr(at, 2) == "\r\n" ? 2U : 1U)};
    if (text[at] != '\\' || at + 1 >= text.size()) continue;
    if (text[at + 1] == 'r') return {at, at + (text.substr(at, 4) == "\\r\\n" ? 4U : 2U)};
    if (text[at + 1] == 'n') return {at, at + 2};
  }
  return {at, at};
}

bool is_line_begin(std::string_view text, std::size_t at) {
  if (at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r') return true;
  if (text[at - 1] == '"' || text[at - 1] == '\'' || text[at - 1] == '`') return true;
  if (text[at - 1] == ' ' && at >= 2 && (text[at - 2] == ':' || text[at - 2] == '>')) return true;
  return at >= 2 && text[at - 2] == '\\' && (text[at - 1] == 'n' || text[at - 1] == 'r');
}

// One word from `at` on, without quotes; ends at a blank, a quote or a line's end.
TextRange word_at(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_blank(text[at]) || text[at] == '"' || text[at] == '\'')) ++at;
  std::size_t end = at;
  while (end < text.size() && !is_space(text[end]) && text[end] != '"' && text[end] != '\'') {
    const bool is_escape = text[end] == '\\' && end + 1 < text.size() &&
                           std::string_view("\"'nr").find(text[end + 1]) != std::string_view::npos;
    if (is_escape) break;
    ++end;
  }
  return {at, end};
}

class CommandReader {
 public:
  CommandReader(ScanText& scan, std::vector<Finding>& findings)
      : scan_(scan), text_(scan.text), findings_(findings) {}

  void take_program(std::string_view program, std::size_t begin, std::size_t end);
  void take_pass(std::size_t begin, std::size_t end);
  void take_auth(std::size_t begin, std::size_t end);
  void take_login(std::size_t begin, std::size_t end);
  void take_identified(std::size_t end);
  void take_prompt(std::size_t begin, std::size_t end);
  void take_ppk(std::size_t begin, std::size_t end);
  void take_call(std::size_t end);

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange range, std::string_view class_name = "generic-password") {
    if (is_plausible_value(class_name, slice(range))) findings_.push_back({range, class_name});
  }
  void take_option(const ProgramOption& option, std::size_t begin, std::size_t end);
  void take_bulk_strings(std::size_t begin, std::size_t at);

  ScanText& scan_;
  std::string_view text_;
  std::vector<Finding>& findings_;
};

void CommandReader::take_program(std::string_view program, std::size_t begin, std::size_t end) {
  if (begin > 0 && is_alnum(text_[begin - 1])) return;
  if (end < text_.size() && text_[end] == '/') return;  // of a user agent: curl/8.5
  const std::size_t limit = std::min({text_.size(), end + kMaxCommand, text_.find('\n', end)});
  for (const ProgramOption& option : kOptions) {
    if (option.program == program) take_option(option, end, limit);
  }
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
void CommandReader::take_option(const ProgramOption& option, std::size_t begin, std::size_t end) {
  const std::string_view line = text_.substr(0, end);
  for (auto at = line.find(option.option, begin); at != line.npos;
       at = line.find(option.option, at + 1)) {
    if (!is_separator(line[at - 1])) continue;
    const std::size_t behind = at + option.option.size();
    if (behind >= line.size()) return;
    const bool is_attached = !is_separator(line[behind]) && line[behind] != '=';
    if (is_attached && (option.form == Form::kSeparate || option.option.starts_with("--")))
      continue;
    if (!is_attached && option.form == Form::kAttached) continue;
    std::size_t from = behind;
    while (!is_attached && from < line.size() && (is_separator(line[from]) || line[from] == '='))
      ++from;
    TextRange value = word_at(line, from);
    if (option.form == Form::kUser) {
      const auto colon = slice(value).find_first_of(":%");
      if (colon == std::string_view::npos) continue;
      value.begin += colon + 1;
    }
    if (value.end > value.begin && text_[value.begin] != '-') add(value);
  }
}

// FTP and POP3. Test runners print PASS too: in front of a path, or of words.
void CommandReader::take_pass(std::size_t begin, std::size_t end) {
  if (!is_line_begin(text_, begin) && begin > 0 && is_alnum(text_[begin - 1])) return;
  const TextRange word = word_at(text_, end);
  const std::string_view written = slice(word);
  const bool is_path = written.find('/') != written.npos && written.find('.') != written.npos;
  const bool ends_line = next_line_end(text_, word.end).begin <= word.end + 1 ||
                         word.end >= text_.size() || text_[word.end] == '"';
  if (written.size() < 4 || is_path || !(ends_line || has_digit(written))) return;
  if (!has_digit(written) && is_line_begin(text_, begin) == false) return;
  add(word);
}

// AUTH PLAIN x, AUTH LOGIN x, AUTHENTICATE PLAIN x; AUTH x and AUTH name x of Redis; RESP.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
void CommandReader::take_auth(std::size_t begin, std::size_t end) {
  if (begin > 0 &&
      (is_alnum(text_[begin - 1]) || text_[begin - 1] == '_' || text_[begin - 1] == '-')) {
    const bool is_escape = begin > 1 && text_[begin - 2] == '\\';
    if (!is_escape) return;
  }
  if (text_.substr(end).starts_with("ENTICATE ")) end += 8;
  if (end >= text_.size()) return scan_.wants_more(begin);
  const LineEnd line = next_line_end(text_, end);
  if (line.begin == end) return take_bulk_strings(begin, line.end);
  if (text_[end] != ' ' && text_[end] != '"' && text_[end] != '\'') return;
  const TextRange first = word_at(text_, end);
  const TextRange second = word_at(text_, first.end);
  for (const std::string_view mechanism :
       {"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"}) {
    if (!equals_ignoring_case(slice(first), mechanism)) continue;
    if (second.end > second.begin && slice(second).size() >= 8 && second.end <= line.begin)
      add(second, "basic-auth");
    return;
  }
  if (!is_line_begin(text_, begin) || slice({begin, begin + 4}) != "AUTH") return;
  const TextRange third = word_at(text_, second.end);
  const bool has_name = second.begin < line.begin && second.end > second.begin;
  if (has_name && third.begin < line.begin && third.end > third.begin) return;  // prose
  add(has_name ? second : first);
}

// *2 $4 AUTH $20 value: all arguments behind the command.
void CommandReader::take_bulk_strings(std::size_t begin, std::size_t at) {
  const std::size_t limit = std::min(text_.size(), begin + kMaxExchange);
  for (int i = 0; i < 2 && at < limit; ++i) {
    if (text_[at] != '$') return;
    const LineEnd size = next_line_end(text_, at);
    if (size.end >= text_.size()) return scan_.wants_more(begin);
    const LineEnd value = next_line_end(text_, size.end);
    if (value.begin == value.end) scan_.wants_more(begin);
    std::size_t end = value.begin;
    while (end > size.end && (text_[end - 1] == '"' || text_[end - 1] == '\'')) --end;
    findings_.push_back({{size.end, std::max(end, size.end)}, "generic-password"});
    at = value.end;
  }
  if (at >= text_.size()) scan_.wants_more(begin);
}

// IMAP: tag LOGIN name password.
void CommandReader::take_login(std::size_t begin, std::size_t end) {
  std::size_t tag = begin;
  while (tag > 0 && is_alnum(text_[tag - 1]) && begin - tag < 16) --tag;
  if (tag == begin || !is_line_begin(text_, tag)) return;
  const TextRange name = word_at(text_, end);
  const TextRange password = word_at(text_, name.end);
  const LineEnd line = next_line_end(text_, end);
  if (password.begin >= line.begin || password.end <= password.begin) return;
  const TextRange more = word_at(text_, password.end);
  if (more.begin < line.begin && more.end > more.begin) return;
  add(password);
}

void CommandReader::take_identified(std::size_t end) {
  const auto quote = text_.substr(end, 32).find_first_of("'\"");
  if (quote == std::string_view::npos) return;
  const std::size_t begin = end + quote + 1;
  const auto close = text_.find(text_[begin - 1], begin);
  findings_.push_back({{begin, std::min(close, text_.size())}, "generic-password"});
}

void CommandReader::take_call(std::size_t end) {
  if (end >= text_.size() || (text_[end] != '\'' && text_[end] != '"')) return;
  const auto close = text_.find(text_[end], end + 1);
  if (close == std::string_view::npos || close - end > 256 || close + 1 >= text_.size()) return;
  if (text_[close + 1] == ')') add({end + 1, close});
}

// SMTP asked for the password: the next line is it.
void CommandReader::take_prompt(std::size_t begin, std::size_t end) {
  const LineEnd line = next_line_end(text_, end);
  if (line.end >= text_.size()) return scan_.wants_more(begin);
  TextRange answer = word_at(text_, line.end);
  const auto mark = slice(answer).rfind(':');  // C: answer
  if (slice(answer).size() <= 2 && mark != std::string_view::npos)
    answer = word_at(text_, answer.end);
  if (answer.end == text_.size()) scan_.wants_more(begin);
  if (answer.end > answer.begin) findings_.push_back({answer, "generic-password"});
}

// PuTTY: so many lines of base64 follow.
void CommandReader::take_ppk(std::size_t begin, std::size_t end) {
  const TextRange count_text = word_at(text_, end);
  std::size_t count = 0;
  for (const char c : slice(count_text))
    count = is_digit(c) && count < 1000 ? count * 10 + static_cast<std::size_t>(c - '0') : count;
  std::size_t at = next_line_end(text_, count_text.end).end;
  for (; count > 0 && at < text_.size() && at - begin < 2 * kMaxExchange; --count) {
    const LineEnd line = next_line_end(text_, at);
    if (line.begin > at) findings_.push_back({{at, line.begin}, "private-key"});
    at = line.end;
  }
  if (count > 0 && at >= text_.size()) scan_.wants_more(begin);
}

}  // namespace

std::vector<Literal> command_literals() {
  std::vector<Literal> literals;
  for (const CommandWord& word : kWords)
    literals.push_back({std::string(word.text), word.ignores_case, word.begins_word});
  for (const std::string_view program : program_names())
    literals.push_back({std::string(program), false, true});
  return literals;
}

void take_command(ScanText& scan, std::size_t index, std::size_t begin, std::size_t end,
                  std::vector<Finding>& findings) {
  CommandReader reader(scan, findings);
  if (index >= std::size(kWords)) {
    static const std::vector<std::string_view> programs = program_names();
    return reader.take_program(programs[index - std::size(kWords)], begin, end);
  }
  switch (kWords[index].word) {
    case Word::kPass:
      return reader.take_pass(begin, end);
    case Word::kAuth:
      return reader.take_auth(begin, end);
    case Word::kLogin:
      return reader.take_login(begin, end);
    case Word::kIdentified:
      return reader.take_identified(end);
    case Word::kPasswordPrompt:
      return reader.take_prompt(begin, end);
    case Word::kPpk:
      return reader.take_ppk(begin, end);
    case Word::kSqlPassword:
      return reader.take_call(end);
    case Word::kProgram:
      return;
  }
}

}  // namespace scopetrace
