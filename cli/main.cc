// SPDX-License-Identifier: Apache-2.0
// The program `scopetrace`: chooses a command, and is the only place that prints errors.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/value_names.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

using AddCommand = Command (*)(CLI::App&, const GlobalOptions&);
constexpr AddCommand kCommands[] = {
    add_init_command,   add_doctor_command,  add_attach_command,     add_show_command,
    add_verify_command, add_recover_command, add_export_command,     add_diff_command,
    add_retain_command, add_scrub_command,   add_token_command,      add_trust_command,
    add_policy_command, add_audit_command,   add_completion_command, add_manual_command,
};

// The only form in which scopetrace reports a failure: what failed, then the remedy when known.
void print_error(const std::string& command, const Error& error) {
  std::fprintf(stderr, "scopetrace: %s: %s\n", command.c_str(), error.message().c_str());
  if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
}

// A reader that closed its end has seen enough and is told nothing, but a command that was cut
// short is not done: its verdict may have been any.
Result<ExitCode> cut_short(int error_number, const std::string& message) {
  if (error_number == EPIPE) return ExitCode::kFailed;
  return fail(ErrorCode::kIo, message);
}

// What was printed must arrive.
Result<ExitCode> run_and_flush(const Command& command) {
  ExitCode code = ExitCode::kDone;
  try {
    ST_ASSIGN_OR_RETURN(code, command.run());
  } catch (const std::system_error& error) {  // fmt, when a write fails
    return cut_short(error.code().value(), error.what());
  }
  if (std::fflush(stdout) == 0) return code;
  return cut_short(errno, std::string("standard output: ") + std::strerror(errno));
}

int run(const Command& command) {
  const Result<ExitCode> done = run_and_flush(command);
  if (done) return static_cast<int>(*done);
  print_error(command.parser->get_name(), done.error());
  return static_cast<int>(exit_code_for(done.error().code()));
}

// `--help` and `--version` arrive here as exceptions too; they print to standard output.
int report_parse(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::fprintf(stderr, "scopetrace: %s\n", error.what());
  std::fprintf(stderr, "hint: scopetrace --help\n");
  return static_cast<int>(ExitCode::kUsage);
}

int run_command_line(int argc, char** argv) {
  CLI::App app(
      "Sees what one approved process exchanges with third parties, with secrets taken out",
      "scopetrace");
  app.set_version_flag("--version", "scopetrace " SCOPETRACE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  GlobalOptions global;
  app.add_option("--root", global.root, "Keep all files of scopetrace below this folder")
      ->envname("SCOPETRACE_ROOT")
      ->type_name("DIR");
  add_examples(app, {"scopetrace token request --pid 4211 --third-party api.stripe.com "
                     "--reason 'time-outs since 14:05'",
                     "scopetrace attach --approval INC-4711.approval --pid 4211"});

  std::vector<Command> commands;
  for (const AddCommand add : kCommands) commands.push_back(add(app, global));
  name_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse(app, error);
  }
  for (const Command& command : commands) {
    if (command.parser->parsed()) return run(command);
  }
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace
}  // namespace scopetrace

int main(int argc, char** argv) {
  if (!scopetrace::fill_standard_descriptors())
    return static_cast<int>(scopetrace::ExitCode::kFailed);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pager or channel is an error to report, not a death
  return scopetrace::run_command_line(argc, argv);
}
