// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/argv.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/args.h"
#include "userspace/redact/detect/argv_table.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/url_secrets.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCommand = 4096;  // bytes of a command line that are looked at
constexpr int kMaxArgs = 96;

using Form = ArgForm;

enum class Kind { kOption, kPosition, kReader, kSlash };
struct Program {
  std::string text;          // what is searched for
  std::string_view program;  // as the table has it
  Kind kind;
  int index = 0;                                   // of kPosition
  bool needs_look = false;                         // of kPosition
  std::vector<const ProgramOption*> options = {};  // of kOption
};

// How the words of a command stand in a list of strings: "net", "user" and bcp"
std::vector<std::string> list_forms(std::string_view command) {
  std::vector<std::string> forms;
  if (command.ends_with('-') || command.find(' ') == command.npos) return forms;
  const bool is_closed = command.ends_with(' ');
  for (const std::string_view gap : {"\", \"", "\",\"", "', '"}) {
    std::string form;
    for (const char c : trim(command)) form += c == ' ' ? std::string(gap) : std::string(1, c);
    if (is_closed) form += gap[0];
    if (std::find(forms.begin(), forms.end(), form) == forms.end()) forms.push_back(form);
  }
  return forms;
}

void add_program(std::vector<Program>& programs, std::string_view command, Kind kind, int index = 0,
                 bool needs_look = false) {
  programs.push_back({std::string(command), command, kind, index, needs_look});
  const bool has_arguments = kind == Kind::kOption || kind == Kind::kPosition;
  if (!has_arguments) return;
  for (std::string& form : list_forms(command))
    programs.push_back({std::move(form), command, kind, index, needs_look});
}

std::vector<Program> make_programs() {
  std::vector<Program> programs;
  for (const ProgramOption& option : program_options()) {
    const bool is_new = std::none_of(programs.begin(), programs.end(), [&](const Program& known) {
      return known.program == option.program;
    });
    if (is_new) add_program(programs, option.program, Kind::kOption);
  }
  for (const Position& position : secret_positions())
    add_program(programs, position.command, Kind::kPosition, position.index, position.needs_look);
  for (const std::string_view reader : secret_readers())
    add_program(programs, reader, Kind::kReader);
  for (const std::string_view user : slash_users()) add_program(programs, user, Kind::kSlash);
  return programs;
}

std::vector<Program> make_programs_with_options() {
  std::vector<Program> programs = make_programs();
  for (Program& program : programs) {
    for (const ProgramOption& option : program_options())
      if (option.program == program.program) program.options.push_back(&option);
  }
  return programs;
}

const std::vector<Program>& programs() {
  static const std::vector<Program> list = make_programs_with_options();
  return list;
}

// The first arguments of a command that are no options.
using Commands = std::array<std::string_view, 2>;

// What stands at the place of a command's secret.
struct PlacedArg {
  std::optional<TextRange> value = {};
  int count = 0;  // arguments that may be passwords, up to the place
  bool is_batch = false;
};

class CommandLine {
 public:
  CommandLine(std::string_view text, std::vector<Finding>& findings)
      : text_(text), findings_(findings) {}

  void take_options(const Program& program, std::size_t end);
  void take_position(const Program& program, std::size_t end);
  void take_echoed(std::size_t begin, bool has_user);
  void take_slash(std::size_t end);

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange range);
  void add_value(Form form, TextRange value);
  const ProgramOption* take_option(const Program& program, TextRange arg, const Commands& commands);
  bool is_password(const Arg& arg, bool is_net_use) const;
  PlacedArg find_placed(const Program& program, std::size_t begin) const;

  std::string_view text_;
  std::vector<Finding>& findings_;
};

// $NAME, ${NAME} or $(command).
bool is_shell_variable(std::string_view value) {
  if (value.size() < 2 || value[0] != '$') return false;
  if (value[1] == '{' || value[1] == '(') return true;
  return std::all_of(value.begin() + 1, value.end(),
                     [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
}

void CommandLine::add(TextRange range) {
  range = unquoted(text_, range);
  if (is_shell_variable(slice(range))) return;
  if (range.end > range.begin && is_plausible_value("generic-password", slice(range)))
    findings_.push_back({range, "generic-password"});
}

// The secret within an option's value.
void CommandLine::add_value(Form form, TextRange value) {
  value = unquoted(text_, value);
  const std::string_view written = slice(value);
  if (form == Form::kPass) {
    if (written.starts_with("pass:")) add({value.begin + 5, value.end});
    return;
  }
  const char mark = form == Form::kUser      ? ':'
                    : form == Form::kPercent ? '%'
                    : form == Form::kComma   ? ','
                                             : '\0';
  if (mark == '\0') return add(value);
  const auto at = written.find(mark);
  if (at != written.npos) add({value.begin + at + 1, value.end});
}

// Behind the name's last letter: "mysqldump.exe" is a mysql.
std::size_t program_end(std::string_view text, std::size_t end) {
  const std::size_t limit = std::min(text.size(), end + 24);
  while (end < limit && (is_alnum(text[end]) || text[end] == '_' || text[end] == '-' ||
                         (text[end] == '.' && text.substr(end, 4) == ".exe")))
    ++end;
  return end;
}

// No mongodb://host.
bool ends_program(std::string_view text, std::size_t at) {
  return at >= text.size() ||
         std::string_view(" \t\r\n\"'`\\,]|;\0", 13).find(text[at]) != std::string_view::npos;
}

// What an argument says of an option: nothing, that the value follows, or the value itself.
enum class Match { kNone, kNext, kValue };
Match match_option(const ProgramOption& option, std::string_view arg, std::size_t& value) {
  if (!arg.starts_with(option.option)) return Match::kNone;
  value = option.option.size();
  if (arg.size() == value) return option.form == Form::kAttached ? Match::kNone : Match::kNext;
  const bool is_long = option.option.starts_with("--") || option.option.size() > 2;
  if (arg[value] == '=' && is_long) return ++value, Match::kValue;
  const bool may_attach = option.form != Form::kSeparate && option.form != Form::kPass;
  return may_attach && (!is_long || option.form == Form::kAttached) ? Match::kValue : Match::kNone;
}

// Whether the option belongs to the program as such, or to one of its commands.
bool is_meant(const ProgramOption& option, const Commands& commands) {
  return option.command.empty() ||
         std::find(commands.begin(), commands.end(), option.command) != commands.end();
}

// Takes the value that is in the argument itself. Returns the option whose value is the next
// argument, or nothing.
const ProgramOption* CommandLine::take_option(const Program& program, TextRange arg,
                                              const Commands& commands) {
  for (const ProgramOption* option : program.options) {
    if (!is_meant(*option, commands)) continue;
    std::size_t value = 0;
    const Match match = match_option(*option, slice(arg), value);
    if (match == Match::kNone) continue;
    if (match == Match::kNext) return option;
    add_value(option->form, {arg.begin + value, arg.end});
    return nullptr;
  }
  return nullptr;
}

void CommandLine::take_options(const Program& program, std::size_t end) {
  const bool is_whole = !is_alnum(text_[end - 1]);
  if (!is_whole && !ends_program(text_, program_end(text_, end))) return;
  ArgReader reader(text_, is_whole ? end - 1 : program_end(text_, end), kMaxCommand);
  const ProgramOption* waiting = nullptr;
  Commands commands;
  std::size_t seen = 0;
  for (int i = 0; i < kMaxArgs; ++i) {
    const auto arg = reader.next();
    if (!arg) return;
    const std::string_view written = slice(arg->inner);
    if (waiting != nullptr) {
      if (!written.starts_with('-')) add_value(waiting->form, arg->inner);
      waiting = nullptr;
      continue;
    }
    if (!written.starts_with('-') && seen < commands.size()) commands[seen++] = written;
    waiting = take_option(program, arg->inner, commands);
  }
}

// No drive, share or option of `net use`, no method of `vault login`.
bool CommandLine::is_password(const Arg& arg, bool is_net_use) const {
  const std::string_view written = slice(arg.inner);
  if (written.empty() || written[0] == '-' || written == "*") return false;
  if (written.size() == 1 && is_digit(written[0])) return false;  // how a router hides it
  if (!is_net_use) return true;
  return written[0] != '/' && written[0] != '\\' && written.back() != ':';
}

// The argument at the program's index, or the last one; the arguments begin at `begin`.
PlacedArg CommandLine::find_placed(const Program& program, std::size_t begin) const {
  const std::string_view command = program.program;
  const int index = program.index;
  ArgReader reader(text_, begin, kMaxCommand);
  PlacedArg found;
  found.is_batch = !command.ends_with('-');  // htpasswd - needs its option
  for (int i = 0; i < kMaxArgs; ++i) {
    const auto arg = reader.next();
    if (!arg) break;
    const std::string_view written = slice(arg->inner);
    if (written.starts_with('-'))
      found.is_batch = found.is_batch || written.find('b') != written.npos;
    if (!is_password(*arg, command.starts_with("net"))) continue;
    if (found.count++ == index || index < 0) found.value = arg->inner;
    if (found.count > index && index >= 0) break;
  }
  return found;
}

void CommandLine::take_position(const Program& program, std::size_t end) {
  const std::string_view command = program.program;
  const bool goes_on = end < text_.size() && is_alnum(text_[end]) && is_alnum(text_[end - 1]);
  if (goes_on) return;  // net use|r
  const bool is_htpasswd = command.ends_with('-');
  const PlacedArg found = find_placed(program, is_htpasswd ? end - 1 : end);
  if (!found.value || !found.is_batch) return;
  if (is_htpasswd && found.count < 2) return;
  const std::string_view written = slice(*found.value);
  if (program.needs_look && !(is_secret_word(written) && has_digit(written))) return;
  if (command == "vault login" && written.find('=') != written.npos) return;
  add(*found.value);
}

// echo X | program, printf '%s' X | program
void CommandLine::take_echoed(std::size_t begin, bool has_user) {
  const std::size_t from = begin > 256 ? begin - 256 : 0;
  const std::string_view before = text_.substr(from, begin - from);
  const auto pipe = before.rfind('|');
  if (pipe == before.npos) return;
  const auto echo = before.rfind("echo ", pipe);
  const auto printf = before.rfind("printf ", pipe);
  const auto begin_of_args = echo != before.npos     ? echo + 4
                             : printf != before.npos ? printf + 6
                                                     : pipe;
  if (before.find('\n', begin_of_args) != before.npos) return;
  ArgReader reader(text_, from + begin_of_args, pipe - begin_of_args);
  auto arg = reader.next();
  const auto is_format = [&](const Arg& found) {
    const std::string_view written = slice(found.inner);
    return written.starts_with('-') || written.starts_with("%s");
  };
  while (arg && is_format(*arg)) arg = reader.next();
  if (arg) add_value(has_user ? Form::kUser : Form::kSeparate, arg->inner);
}

void CommandLine::take_slash(std::size_t end) {
  if (end >= text_.size()) return;
  if (text_[end - 1] != ':') {
    ArgReader reader(text_, end, kMaxCommand);
    auto arg = reader.next();
    while (arg && slice(arg->inner).starts_with('-')) arg = reader.next();
    if (!arg) return;
    constexpr std::string_view kName = "userid=";
    end = arg->inner.begin + (slice(arg->inner).starts_with(kName) ? kName.size() : 0);
  }
  if (const auto range = slash_password_at(text_, end)) add(*range);
}

// No letter, digit or _ before it, unless that ends an escape; before rar they may stand.
bool begins_program(std::string_view text, std::size_t begin, std::string_view program) {
  if (begin == 0 || !(is_alnum(text[begin - 1]) || text[begin - 1] == '_')) return true;
  const bool is_escape = begin > 1 && text[begin - 2] == '\\';
  return is_escape || program == "rar ";
}

}  // namespace

std::vector<std::string_view> argv_programs() {
  std::vector<std::string_view> names;
  for (const Program& program : programs()) names.push_back(program.text);
  return names;
}

void take_program(ScanText& scan, std::size_t index, TextRange at, std::vector<Finding>& findings) {
  const std::string_view text = scan.text;
  if (at.end < text.size() && text[at.end] == '/') return;  // of a user agent: curl/8.5
  const Program& program = programs()[index];
  CommandLine line(text, findings);
  if (program.kind == Kind::kReader)
    return line.take_echoed(at.begin, program.program == "chpasswd");
  if (!begins_program(text, at.begin, program.program)) return;
  const bool is_open = at.end + kMaxCommand >= text.size() && text.find('\n', at.end) == text.npos;
  if (is_open) wants_line(scan, at.begin);
  const bool is_tag = program.kind == Kind::kPosition && at.end < text.size() &&
                      (text[at.end] == '>' || text[at.end] == '<');
  if (is_tag) return;
  switch (program.kind) {
    case Kind::kOption:
      return line.take_options(program, at.end);
    case Kind::kPosition:
      return line.take_position(program, at.end);
    case Kind::kSlash:
      return line.take_slash(at.end);
    case Kind::kReader:
      return;
  }
}

}  // namespace scopetrace
