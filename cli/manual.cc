// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/manual_texts.h"

namespace scopetrace {
namespace {

// Text for roff: a backslash, and a dot or quote in front, would be a command.
std::string escape(const std::string& text) {
  std::string escaped;
  bool is_line_start = true;
  for (const char c : text) {
    if (is_line_start && (c == '.' || c == '\'')) escaped += "\\&";
    escaped += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
    is_line_start = c == '\n';
  }
  return escaped;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

// `scopetrace-token` of `token`; the program itself keeps its name.
std::string page_name(const CLI::App& program, const CLI::App& command) {
  return &program == &command ? program.get_name() : program.get_name() + "-" + command.get_name();
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

// `.It Fl -for Ar TEXT` of an option, `.It Ar file` of a positional.
std::string item_of(const CLI::Option& option) {
  if (option.get_lnames().empty() && option.get_snames().empty()) {
    return ".It Ar " + option.get_name(true) + "\n";
  }
  std::string names;
  for (const std::string& name : option.get_snames()) names += " Fl " + name;
  for (const std::string& name : option.get_lnames()) {
    names += std::string(names.empty() ? "" : " ,") + " Fl \\-" + escape(name);
  }
  return ".It" + names + (is_flag(option) ? "" : " Ar " + escape(option.get_type_name())) + "\n";
}

std::string format_options(const CLI::App& app) {
  std::string items;
  for (const CLI::Option* option : app.get_options()) {
    items += item_of(*option) + escape(option->get_description()) + ".\n";
  }
  return items.empty() ? "" : ".Bl -tag -width Ds\n" + items + ".El\n";
}

// The footer is `\nExamples:\n  command\n …`.
std::string format_examples(const CLI::App& app) {
  const std::string footer = app.get_footer();
  const auto at = footer.find("Examples:");
  if (at == std::string::npos) return "";
  return ".Bd -literal -offset indent\n" + escape(footer.substr(footer.find('\n', at) + 1)) +
         "\n.Ed\n";
}

std::string format_subcommands(const CLI::App& app) {
  std::string text;
  for (const CLI::App* sub : visible_subcommands(app)) {
    text += ".Ss " + escape(app.get_name() + " " + sub->get_name()) + "\n" +
            escape(sub->get_description()) + ".\n" + format_options(*sub) + format_examples(*sub);
  }
  return text;
}

constexpr const char* kFilesAndExitStatus = R"(.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/scopetrace
.Pa policy.json , flags.json , allowed_signers , revoked_keys
.It Pa /var/lib/scopetrace
Host key, ledger, uses, revocations and bundles.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
Done.
.It 1
Failed.
.It 2
Wrong usage, or an output exists.
.It 3
Refused by approval or policy.
.It 4
Something was lost, with
.Fl \-strict .
.It 5
Incomplete, or signatures lack.
.It 6
A rollback.
.It 7
Tampered with.
.It 8
Signed by a key that is not accepted.
.It 77
This host lacks something; the message names it.
.El
)";

std::string format_see_also(const CLI::App& program, const CLI::App& command) {
  std::string text = ".Sh SEE ALSO\n";
  std::vector<std::string> names;
  if (&program != &command) names.push_back(program.get_name());
  for (const CLI::App* other : visible_subcommands(program)) {
    if (other != &command) names.push_back(page_name(program, *other));
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    text += ".Xr " + name + " 1" + (name == names.back() ? "" : " ,") + "\n";
  }
  return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Each sentence on a line of its own, as mdoc(7) wants.
std::string format_paragraphs(std::string_view paragraphs) {
  if (paragraphs.empty()) return "";
  std::string text = escape(std::string(paragraphs));
  replace_all(text, "\n\n", "\n.Pp\n");
  replace_all(text, ". ", ".\n");
  return ".Pp\n" + text + "\n";
}

std::string format_command_list(const CLI::App& program) {
  std::string text = ".Sh COMMANDS\n.Bl -tag -width Ds\n";
  for (const CLI::App* command : visible_subcommands(program)) {
    text += ".It Xr " + page_name(program, *command) + " 1\n" + escape(command->get_description()) +
            ".\n";
  }
  return text + ".El\n";
}

}  // namespace

std::vector<const CLI::App*> visible_subcommands(const CLI::App& app) {
  std::vector<const CLI::App*> visible;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) visible.push_back(sub);
  }
  return visible;
}

std::string format_manual_page(const CLI::App& program, const CLI::App& command) {
  const bool is_program = &program == &command;
  const std::string name = page_name(program, command);
  std::string text = "." + std::string("\\\" Made by scopetrace manual; do not edit.\n");
  text += ".Dd $Mdocdate$\n.Dt " + upper(name) + " 1\n.Os\n.Sh NAME\n.Nm " + name + "\n.Nd " +
          escape(command.get_description()) + "\n.Sh SYNOPSIS\n.Nm " + program.get_name() + "\n";
  if (!is_program) text += ".Cm " + command.get_name() + "\n";
  const bool has_subcommands = !visible_subcommands(command).empty();
  if (has_subcommands) text += ".Ar command\n";
  text += ".Op Ar options\n.Sh DESCRIPTION\n" + escape(command.get_description()) + ".\n" +
          format_paragraphs(manual_text(command.get_name()));
  text += format_options(command);
  text += is_program ? format_command_list(program) : format_subcommands(command);
  const std::string examples = format_examples(command);
  text += kFilesAndExitStatus;
  if (!examples.empty()) text += ".Sh EXAMPLES\n" + examples;
  return text + format_see_also(program, command);
}

}  // namespace scopetrace
