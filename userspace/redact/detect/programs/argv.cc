// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/argv.h"

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/programs/args.h"
#include "userspace/redact/detect/programs/argv_table.h"
#include "userspace/redact/detect/programs/fed_secrets.h"
#include "userspace/redact/detect/tokens/url_secrets.h"
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
  Form form = Form::kSeparate;                     // of kPosition
  std::string_view word = {};                      // of kPosition
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

void add_program(std::vector<Program>& programs, std::string_view command, Kind kind,
                 const Position& position = {}) {
  const Program program{std::string(command), command,       kind,         position.index,
                        position.needs_look,  position.form, position.word};
  programs.push_back(program);
  const bool has_arguments = kind == Kind::kOption || kind == Kind::kPosition;
  if (!has_arguments) return;
  for (std::string& form : list_forms(command)) {
    programs.push_back(program);
    programs.back().text = std::move(form);
  }
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
    add_program(programs, position.command, Kind::kPosition, position);
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
  void take_slash(std::size_t end);

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange range);
  void add_value(Form form, TextRange value);
  const ProgramOption* take_option(const Program& program, TextRange arg, const Commands& commands,
                                   std::string_view line);
  void take_argument(const ProgramOption& option, TextRange arg);
  bool is_password(const Arg& arg, bool is_net_use) const;
  PlacedArg find_placed(const Program& program, std::size_t begin) const;

  std::string_view text_;
  std::vector<Finding>& findings_;
};

void CommandLine::add(TextRange range) {
  range = unquoted(text_, range);
  if (is_shell_variable(slice(range))) return;
  if (range.end > range.begin && is_plausible_value("generic-password", slice(range)))
    findings_.push_back({range, "generic-password"});
}

// What stands in front of the secret in an option's value.
char mark_of(Form form) {
  switch (form) {
    case Form::kUser:
      return ':';
    case Form::kPercent:
      return '%';
    case Form::kComma:
      return ',';
    case Form::kEntry:
      return '=';
    default:
      return '\0';
  }
}

// The secret within an option's value.
void CommandLine::add_value(Form form, TextRange value) {
  value = unquoted(text_, value);
  const std::string_view written = slice(value);
  if (form == Form::kPass) {
    if (written.starts_with("pass:")) add({value.begin + 5, value.end});
    return;
  }
  const char mark = mark_of(form);
  if (mark == '\0') return add(value);
  const auto at = written.find(mark);
  if (at == written.npos || written.substr(at).starts_with("://")) return;
  const std::string_view behind = written.substr(at + 1);
  if (form == Form::kEntry && !(is_secret_word(behind) && has_digit(behind))) return;
  add({value.begin + at + 1, value.end});
}

bool is_extension(std::string_view text) {
  constexpr std::array<std::string_view, 8> kExtensions = {".exe", ".jar",  ".sh",  ".py",
                                                           ".pl",  ".phar", ".cmd", ".bat"};
  return text[0] == '.' && std::any_of(kExtensions.begin(), kExtensions.end(),
                                       [&](std::string_view x) { return text.starts_with(x); });
}

// Behind the name's last letter: "mysqldump.exe" is a mysql.
std::size_t program_end(std::string_view text, std::size_t end) {
  const std::size_t limit = std::min(text.size(), end + 24);
  while (end < limit && (is_alnum(text[end]) || text[end] == '_' || text[end] == '-' ||
                         is_extension(text.substr(end, 5))))
    ++end;
  return end;
}

// No mongodb://host.
bool ends_program(std::string_view text, std::size_t at) {
  return at >= text.size() || is_in(text[at], " \t\r\n\"'`\\,]|;\0");
}

// curl -sSku name:X: the option behind switches that take no value.
bool ends_switches(const ProgramOption& option, std::string_view arg) {
  constexpr std::string_view kSwitches = "sSkfLvgiIjlnNOqRaBGpJ#46";
  if (option.form != Form::kUser || option.option.size() != 2 || arg.size() < 3) return false;
  return arg[0] == '-' && arg.back() == option.option[1] &&
         arg.find_first_not_of(kSwitches, 1) == arg.size() - 1;
}

// What an argument says of an option: nothing, that the value follows, or the value itself.
enum class Match { kNone, kNext, kValue };
Match match_option(const ProgramOption& option, std::string_view arg, std::size_t& value) {
  if (ends_switches(option, arg)) return Match::kNext;
  if (!arg.starts_with(option.option)) return Match::kNone;
  value = option.option.size();
  if (arg.size() == value) return option.form == Form::kAttached ? Match::kNone : Match::kNext;
  const bool is_long = option.option.starts_with("--") || option.option.size() > 2;
  if (arg[value] == '=' && is_long) return ++value, Match::kValue;
  const bool may_attach = option.form != Form::kSeparate && option.form != Form::kPass;
  return may_attach && (!is_long || option.form == Form::kAttached) ? Match::kValue : Match::kNone;
}

bool line_holds(std::string_view text, std::string_view word) {
  return text.substr(0, text.find('\n')).find(word) != text.npos;
}

// Whether the option belongs to the program as such, or to one of its commands. `line` is what is
// behind the program.
bool is_meant(const ProgramOption& option, const Commands& commands, std::string_view line) {
  if (option.command.starts_with(' ')) return line_holds(line, option.command);
  return option.command.empty() ||
         std::find(commands.begin(), commands.end(), option.command) != commands.end();
}

// Takes the value that is in the argument itself. Returns the option whose value is the next
// argument, or nothing.
const ProgramOption* CommandLine::take_option(const Program& program, TextRange arg,
                                              const Commands& commands, std::string_view line) {
  for (const ProgramOption* option : program.options) {
    if (!is_meant(*option, commands, line)) continue;
    std::size_t value = 0;
    const Match match = match_option(*option, slice(arg), value);
    if (match == Match::kNone) continue;
    if (match == Match::kNext) return option;
    add_value(option->form, {arg.begin + value, arg.end});
    return nullptr;
  }
  return nullptr;
}

// The argument behind an option, unless it is an option itself.
void CommandLine::take_argument(const ProgramOption& option, TextRange arg) {
  if (!slice(arg).starts_with('-')) add_value(option.form, arg);
}

// How a router hides what follows: 0, 7.
bool is_hiding_mark(std::string_view arg) { return arg.size() == 1 && is_digit(arg[0]); }

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
    if (waiting != nullptr && is_hiding_mark(written)) continue;
    if (waiting != nullptr) {
      take_argument(*std::exchange(waiting, nullptr), arg->inner);
      continue;
    }
    if (!written.starts_with('-') && seen < commands.size()) commands[seen++] = written;
    waiting = take_option(program, arg->inner, commands, text_.substr(end, kMaxCommand));
  }
}

// No drive, share or option of `net use`, no method of `vault login`.
bool CommandLine::is_password(const Arg& arg, bool is_net_use) const {
  const std::string_view written = slice(arg.inner);
  if (written.empty() || written[0] == '-' || written == "*") return false;
  if (is_hiding_mark(written)) return false;
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
  if (is_alnum(text_[end - 1]) && !ends_program(text_, end)) return;  // net use|r, rootpw:
  if (!line_holds(text_.substr(end, kMaxCommand), program.word)) return;
  const bool is_htpasswd = command.ends_with('-');
  const PlacedArg found = find_placed(program, is_htpasswd ? end - 1 : end);
  if (!found.value || !found.is_batch) return;
  if (is_htpasswd && found.count < 2) return;
  const std::string_view written = slice(*found.value);
  if (program.needs_look && !(is_secret_word(written) && has_digit(written))) return;
  if (command == "vault login" && written.find('=') != written.npos) return;
  add_value(program.form, *found.value);
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
  if (program.kind == Kind::kReader)
    return take_fed(scan, at, program.program == "chpasswd", findings);
  if (!begins_program(text, at.begin, program.program)) return;
  CommandLine line(text, findings);
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
