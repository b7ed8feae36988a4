// SPDX-License-Identifier: Apache-2.0
// scopetrace completion and manual: what scripts/install puts beside the programs. Hidden commands.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "cli/commands.h"
#include "cli/manual.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

// What follows an option: fixed words, a process, or a file.
struct Completion {
  std::string words;  // separated by blanks; empty: none is fixed
  bool is_process = false;
  bool is_flag = false;
};

// The words of a CLI::IsMember check stand in the type name: `TEXT:{a,b}`.
Completion completion_of(const CLI::Option& option) {
  Completion found;
  found.is_flag = option.get_items_expected_max() == 0;
  found.is_process = option.check_lname("pid");
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return found;
  found.words = type.substr(open + 1, close - open - 1);
  std::replace(found.words.begin(), found.words.end(), ',', ' ');
  return found;
}

std::string names_of(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_lnames())
    names += (names.empty() ? "--" : " --") + name;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : " -") + name;
  return names;
}

std::string join(const std::vector<const CLI::App*>& apps) {
  std::string text;
  for (const CLI::App* app : apps) text += (text.empty() ? "" : " ") + app->get_name();
  return text;
}

// Every command with its path, such as `token approve`; the program has the empty one.
struct Node {
  std::string path;
  const CLI::App* app;
};
std::vector<Node> all_nodes(const CLI::App& program) {
  std::vector<Node> nodes = {{"", &program}};
  for (const CLI::App* command : visible_subcommands(program)) {
    nodes.push_back({command->get_name(), command});
    for (const CLI::App* sub : visible_subcommands(*command)) {
      nodes.push_back({command->get_name() + " " + sub->get_name(), sub});
    }
  }
  return nodes;
}

std::string all_options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    const std::string names = names_of(*option);
    if (!names.empty()) text += (text.empty() ? "" : " ") + names;
  }
  return text;
}

// `--level) words="metadata …" ;;` for each option of a command that takes a value; `action_of`
// says what the shell does for it.
std::string value_cases(const CLI::App& app, std::string (*action_of)(const Completion&)) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    const Completion found = completion_of(*option);
    std::string names = names_of(*option);
    if (found.is_flag || names.empty()) continue;
    std::replace(names.begin(), names.end(), ' ', '|');
    text += "      " + names + ") " + action_of(found) + " ;;\n";
  }
  return text;
}

std::string bash_action(const Completion& found) {
  if (found.is_process) return "words=$(cd /proc && echo [0-9]*)";
  return found.words.empty() ? "files=1" : "words=\"" + found.words + "\"";
}

// The commands given so far choose the branch; bash and zsh share the function.
std::string format_bash(const CLI::App& program) {
  std::string text =
      "_scopetrace() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local path= words= files= word i\n"
      "  local commands=\" " +
      join(visible_subcommands(program)) +
      " \" subcommands\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    if [[ -z $path && $commands == *\" $word \"* ]]; then path=$word\n"
      "    elif [[ -n $path && $path != *' '* ]]; then\n"
      "      case $path in\n";
  for (const CLI::App* command : visible_subcommands(program)) {
    const std::string subs = join(visible_subcommands(*command));
    if (!subs.empty())
      text += "        " + command->get_name() + ") subcommands=\" " + subs + " \" ;;\n";
  }
  text +=
      "        *) subcommands= ;;\n      esac\n"
      "      [[ $subcommands != *\" $word \"* ]] || path=\"$path $word\"\n"
      "    fi\n  done\n  case $path in\n";
  for (const Node& node : all_nodes(program)) {
    const std::string subs = join(visible_subcommands(*node.app));
    text += "  '" + node.path + "')\n    case $previous in\n" +
            value_cases(*node.app, bash_action) +
            "      *) if [[ $current == -* ]]; then words=\"" + all_options(*node.app) +
            "\"; else words=\"" + subs + "\"; " + (subs.empty() ? "files=1; " : "") + "fi ;;\n" +
            "    esac ;;\n";
  }
  return text +
         "  esac\n"
         "  COMPREPLY=()\n"
         "  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "  [[ -z $files ]] || mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- "
         "\"$current\")\n"
         "}\n"
         "complete -o filenames -F _scopetrace scopetrace\n";
}

std::string zsh_action(const Completion& found) {
  if (found.is_process) return "compadd -- /proc/[0-9]*(:t)";
  return found.words.empty() ? "_files" : "compadd -- " + found.words;
}

// The path of commands so far, from the words before the current one.
std::string zsh_path(const CLI::App& program) {
  std::string text;
  for (const Node& node : all_nodes(program)) {
    if (node.path.empty()) continue;
    const bool is_command = node.path.find(' ') == std::string::npos;
    text += "      '" + (is_command ? " " + node.path : node.path) + "') path_='" + node.path +
            "' ;;\n";
  }
  return text;
}

std::string format_zsh(const CLI::App& program) {
  std::string text =
      "#compdef scopetrace\n_scopetrace() {\n  local path_= word\n"
      "  for word in ${words[2,CURRENT-1]}; do\n    case \"$path_ $word\" in\n" +
      zsh_path(program) + "    esac\n  done\n  case $path_ in\n";
  for (const Node& node : all_nodes(program)) {
    const std::string subs = join(visible_subcommands(*node.app));
    text += "  '" + node.path + "')\n    case $words[CURRENT-1] in\n" +
            value_cases(*node.app, zsh_action) +
            "      *) if [[ $words[CURRENT] == -* ]]; then compadd -- " + all_options(*node.app) +
            "; else " + (subs.empty() ? "_files" : "compadd -- " + subs) + "; fi ;;\n    esac ;;\n";
  }
  return text + "  esac\n}\ncompdef _scopetrace scopetrace\n";
}

std::string quote_fish(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
  return quoted + "'";
}

// When a command's words complete: its path was given and none of its subcommands yet.
std::string fish_condition(const Node& node) {
  std::string condition = node.path.empty() ? "__fish_use_subcommand" : "";
  std::istringstream path(node.path);
  for (std::string word; path >> word;) {
    condition +=
        (condition.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") + word;
  }
  return condition;
}

std::string fish_options(const Node& node) {
  std::string text;
  for (const CLI::Option* option : node.app->get_options()) {
    if (option->get_lnames().empty()) continue;
    const Completion found = completion_of(*option);
    text += "complete -c scopetrace -n " + quote_fish(fish_condition(node)) + " -l " +
            option->get_lnames().front() + (found.is_flag ? "" : " -r");
    if (!found.words.empty()) text += " -f -a " + quote_fish(found.words);
    if (found.is_process) text += " -f -a '(__fish_complete_pids)'";
    text += " -d " + quote_fish(option->get_description()) + "\n";
  }
  return text;
}

std::string fish_subcommands(const Node& node) {
  const auto subs = visible_subcommands(*node.app);
  std::string condition = fish_condition(node);
  if (!node.path.empty()) condition += "; and not __fish_seen_subcommand_from " + join(subs);
  std::string text;
  for (const CLI::App* sub : subs) {
    text += "complete -c scopetrace -n " + quote_fish(condition) + " -f -a " + sub->get_name() +
            " -d " + quote_fish(sub->get_description()) + "\n";
  }
  return text;
}

std::string format_fish(const CLI::App& program) {
  std::string text;
  for (const Node& node : all_nodes(program)) text += fish_subcommands(node) + fish_options(node);
  return text;
}

Result<ExitCode> print(const std::string& text) {
  ST_RETURN_IF_ERROR(write_all(STDOUT_FILENO, as_bytes(text)));
  return ExitCode::kDone;
}

Result<ExitCode> print_page(const CLI::App& program, const std::string& name) {
  if (name == program.get_name()) return print(format_manual_page(program, program));
  for (const CLI::App* command : visible_subcommands(program)) {
    if (command->get_name() == name) return print(format_manual_page(program, *command));
  }
  return fail(ErrorCode::kUsage, "there is no command " + name);
}

Result<ExitCode> write_all_pages(const CLI::App& program, const std::string& folder) {
  const auto write = [&](const CLI::App& app) {
    const std::string name = &app == &program ? "" : "-" + app.get_name();
    return write_file_atomically(folder + "/" + program.get_name() + name + ".1",
                                 format_manual_page(program, app), 0644);
  };
  ST_RETURN_IF_ERROR(make_folders(folder, 0755));
  ST_RETURN_IF_ERROR(write(program));
  for (const CLI::App* command : visible_subcommands(program)) ST_RETURN_IF_ERROR(write(*command));
  return ExitCode::kDone;
}

}  // namespace

std::string format_completion(const CLI::App& program, const std::string& shell) {
  if (shell == "bash") return format_bash(program);
  return shell == "zsh" ? format_zsh(program) : format_fish(program);
}

Command add_completion_command(CLI::App& app, const GlobalOptions&) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a shell's completion script");
  command->group("");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return {command, [shell, &app] { return print(format_completion(app, *shell)); }};
}

Command add_manual_command(CLI::App& app, const GlobalOptions&) {
  struct Options {
    std::string page = "scopetrace";
    std::string folder;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("manual", "Print a manual page");
  command->group("");
  command->add_option("page", options->page, "Command")->capture_default_str();
  command->add_option("--all", options->folder, "Write all pages into this folder");
  return {command, [options, &app] {
            return options->folder.empty() ? print_page(app, options->page)
                                           : write_all_pages(app, options->folder);
          }};
}

}  // namespace scopetrace
