// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/argv.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/args.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/url_secrets.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCommand = 4096;  // bytes of a command line that are looked at
constexpr int kMaxArgs = 96;

// How an argument holds the secret.
enum class Form {
  kAttached,  // -pX
  kSeparate,  // -p X
  kEither,
  kUser,     // -u name:X, attached or not
  kPercent,  // -U name%X
  kComma,    // -u name,X
  kPass,     // -passin pass:X
};

struct ProgramOption {
  std::string_view program;  // a word may go on behind it: mysqldump, mosquitto_pub
  std::string_view option;
  Form form;
  std::string_view command = {};  // only behind this argument
};
constexpr ProgramOption kOptions[] = {
    {"mysql", "-p", Form::kAttached},
    {"mariadb", "-p", Form::kAttached},
    {"sshpass", "-p", Form::kEither},
    {"curl", "-u", Form::kUser},
    {"curl", "--user", Form::kUser},
    {"curl", "-U", Form::kUser},
    {"curl", "--proxy-user", Form::kUser},
    {"curl", "--oauth2-bearer", Form::kSeparate},
    {"curl", "--pass", Form::kSeparate},
    {"http -", "-a", Form::kUser},
    {"http -", "--auth", Form::kUser},
    {"https -", "-a", Form::kUser},
    {"https -", "--auth", Form::kUser},
    {"http GET", "-a", Form::kUser},
    {"http POST", "-a", Form::kUser},
    {"http PUT", "-a", Form::kUser},
    {"httpie", "-a", Form::kUser},
    {"wget", "--http-passwd", Form::kSeparate},
    {"redis-cli", "-a", Form::kSeparate},
    {"redis-cli", "--pass", Form::kSeparate},
    {"redis-cli", "-u", Form::kSeparate},
    {"mongo", "-p", Form::kEither},
    {"ldap", "-w", Form::kEither},
    {"docker", "-p", Form::kSeparate, "login"},
    {"podman", "-p", Form::kSeparate, "login"},
    {"skopeo", "-p", Form::kSeparate, "login"},
    {"buildah", "-p", Form::kSeparate, "login"},
    {"helm ", "-p", Form::kSeparate, "login"},
    {"az login", "-p", Form::kSeparate},
    {"oc login", "-p", Form::kSeparate},
    {"cf login", "-p", Form::kSeparate},
    {"smbclient", "-U", Form::kPercent},
    {"rpcclient", "-U", Form::kPercent},
    {"winexe", "-U", Form::kPercent},
    {"lftp", "-u", Form::kComma},
    {"influx", "-password", Form::kSeparate},
    {"cqlsh", "-p", Form::kSeparate},
    {"sqlcmd", "-P", Form::kEither},
    {"bcp ", "-P", Form::kEither},
    {"tsql ", "-P", Form::kSeparate},
    {"mosquitto", "-P", Form::kSeparate},
    {"ipmitool", "-P", Form::kSeparate},
    {"snmp", "-c", Form::kSeparate},
    {"snmp", "-A", Form::kSeparate},
    {"snmp", "-X", Form::kSeparate},
    {"openssl", "-passin", Form::kPass},
    {"openssl", "-passout", Form::kPass},
    {"openssl", "-pass", Form::kPass},
    {"openssl", "-k", Form::kSeparate, "enc"},
    {"openssl", "-K", Form::kSeparate, "enc"},
    {"openssl", "-hmac", Form::kSeparate, "dgst"},
    {"gpg", "--passphrase", Form::kSeparate},
    {"ssh-keygen", "-N", Form::kSeparate},
    {"ssh-keygen", "-P", Form::kSeparate},
    {"keytool", "-storepass", Form::kSeparate},
    {"keytool", "-keypass", Form::kSeparate},
    {"keytool", "-srcstorepass", Form::kSeparate},
    {"keytool", "-deststorepass", Form::kSeparate},
    {"jarsigner", "-storepass", Form::kSeparate},
    {"jarsigner", "-keypass", Form::kSeparate},
    {"zip ", "-P", Form::kSeparate},
    {"unzip", "-P", Form::kSeparate},
    {"7z ", "-p", Form::kAttached},
    {"7za", "-p", Form::kAttached},
    {"rar ", "-p", Form::kAttached},
    {"rar ", "-hp", Form::kAttached},
    {"xfreerdp", "/p:", Form::kAttached},
    {"rdesktop", "-p", Form::kSeparate},
    {"psexec", "-p", Form::kSeparate},
    {"evil-winrm", "-p", Form::kSeparate},
    {"etcdctl", "--user", Form::kUser},
    {"etcdctl", "-u", Form::kUser},
    {"kinit", "--password", Form::kSeparate},
    {"useradd", "-p", Form::kSeparate},
    {"usermod", "-p", Form::kSeparate},
    {"nmcli", "password", Form::kSeparate},
    {"nmcli", "wifi-sec.psk", Form::kSeparate},
    {"nmcli", "802-11-wireless-security.psk", Form::kSeparate},
    {"svn ", "--password", Form::kSeparate},
    {"qpdf", "--password", Form::kSeparate},
    {"pdftotext", "-upw", Form::kSeparate},
    {"pdftotext", "-opw", Form::kSeparate},
};

// A command whose argument at a position, options not counted, is the secret.
struct Position {
  std::string_view command;
  int index;  // -1: the last one
};
constexpr Position kPositions[] = {
    {"rabbitmqctl add_user", 1},
    {"rabbitmqctl change_password", 1},
    {"rabbitmqctl authenticate_user", 1},
    {"htpasswd -", -1},
    {"net use", -1},
    {"net user", 1},
    {"wpa_passphrase", 1},
    {"mc alias set", 3},
    {"rclone obscure", 0},
    {"ConvertTo-SecureString", 0},
    {"vault login", 0},
    {"requirepass", 0},
    {"masterauth", 0},
    {"_auth=", 0},
    {"_auth = ", 0},
};

// A command that reads the secret from what is echoed into it.
constexpr std::string_view kReaders[] = {"--password-stdin", "chpasswd", "sudo -S",
                                         "passwd --stdin", "--passphrase-fd 0"};
// Oracle's programs: user/password@service.
constexpr std::string_view kSlashUsers[] = {
    "sqlplus",     "sqlldr",       "expdp",       "impdp",
    "rman target", "oracle:thin:", "oracle:oci:", "oracle:oci8:"};

enum class Kind { kOption, kPosition, kReader, kSlash };
struct Program {
  std::string_view text;
  Kind kind;
  int index = 0;  // of kPosition
};

std::vector<Program> make_programs() {
  std::vector<Program> programs;
  for (const ProgramOption& option : kOptions) {
    const bool is_new = std::none_of(programs.begin(), programs.end(), [&](const Program& known) {
      return known.text == option.program;
    });
    if (is_new) programs.push_back({option.program, Kind::kOption});
  }
  for (const Position& position : kPositions)
    programs.push_back({position.command, Kind::kPosition, position.index});
  for (const std::string_view reader : kReaders) programs.push_back({reader, Kind::kReader});
  for (const std::string_view user : kSlashUsers) programs.push_back({user, Kind::kSlash});
  return programs;
}

const std::vector<Program>& programs() {
  static const std::vector<Program> list = make_programs();
  return list;
}

class CommandLine {
 public:
  CommandLine(std::string_view text, std::vector<Finding>& findings)
      : text_(text), findings_(findings) {}

  void take_options(std::string_view program, std::size_t end);
  void take_position(std::string_view command, int index, std::size_t end);
  void take_echoed(std::size_t begin, bool has_user);
  void take_slash(std::size_t end);

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange range);
  void add_value(Form form, TextRange value);
  bool is_password(const Arg& arg, bool is_net_use) const;

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

void CommandLine::take_options(std::string_view program, std::size_t end) {
  const bool is_whole = program.ends_with(' ') || program.ends_with('-');
  ArgReader reader(text_, is_whole ? end - 1 : program_end(text_, end), kMaxCommand);
  const ProgramOption* waiting = nullptr;
  std::array<std::string_view, 2> commands;  // the first arguments that are no options
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
    for (const ProgramOption& option : kOptions) {
      const bool is_meant = option.program == program &&
                            (option.command.empty() || std::find(commands.begin(), commands.end(),
                                                                 option.command) != commands.end());
      if (!is_meant) continue;
      std::size_t value = 0;
      const Match match = match_option(option, written, value);
      if (match == Match::kNext) waiting = &option;
      if (match == Match::kValue)
        add_value(option.form, {arg->inner.begin + value, arg->inner.end});
      if (match != Match::kNone) break;
    }
  }
}

// No drive, share or option of `net use`, no method of `vault login`.
bool CommandLine::is_password(const Arg& arg, bool is_net_use) const {
  const std::string_view written = slice(arg.inner);
  if (written.empty() || written[0] == '-' || written == "*") return false;
  if (!is_net_use) return true;
  return written[0] != '/' && written[0] != '\\' && written.back() != ':';
}

void CommandLine::take_position(std::string_view command, int index, std::size_t end) {
  const bool is_htpasswd = command.ends_with('-');
  ArgReader reader(text_, is_htpasswd ? end - 1 : end, kMaxCommand);
  std::optional<TextRange> last;
  bool is_batch = !is_htpasswd;
  int count = 0;
  for (int i = 0; i < kMaxArgs; ++i) {
    const auto arg = reader.next();
    if (!arg) break;
    const std::string_view written = slice(arg->inner);
    if (written.starts_with('-')) is_batch = is_batch || written.find('b') != written.npos;
    if (!is_password(*arg, command.starts_with("net"))) continue;
    if (count++ == index || index < 0) last = arg->inner;
    if (count > index && index >= 0) break;
  }
  if (!last || !is_batch) return;
  if (is_htpasswd && count < 2) return;
  if (command == "vault login" && slice(*last).find('=') != std::string_view::npos) return;
  add(*last);
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
  if (program.kind == Kind::kReader) return line.take_echoed(at.begin, program.text == "chpasswd");
  if (at.begin > 0 && (is_alnum(text[at.begin - 1]) || text[at.begin - 1] == '_')) {
    const bool is_escape = at.begin > 1 && text[at.begin - 2] == '\\';
    if (!is_escape && program.text != "rar ") return;
  }
  const bool is_open = at.end + kMaxCommand >= text.size() && text.find('\n', at.end) == text.npos;
  if (is_open) wants_line(scan, at.begin);
  const bool is_tag = program.kind == Kind::kPosition && at.end < text.size() &&
                      (text[at.end] == '>' || text[at.end] == '<');
  if (is_tag) return;
  switch (program.kind) {
    case Kind::kOption:
      return line.take_options(program.text, at.end);
    case Kind::kPosition:
      return line.take_position(program.text, program.index, at.end);
    case Kind::kSlash:
      return line.take_slash(at.end);
    case Kind::kReader:
      return;
  }
}

}  // namespace scopetrace
