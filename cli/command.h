// SPDX-License-Identifier: Apache-2.0
// What a command file gives to main: its options, and what to run when it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "cli/exit_code.h"
#include "userspace/base/result.h"

namespace scopetrace {

// Options that stand before every command. Filled by the parser before any command runs.
struct GlobalOptions {
  std::string root;  // all files of scopetrace live below it; empty: the real places
};

// One command of the program. A command file has one function `add_<name>_command` that adds the
// parser and returns this; main() calls `run` when the parser was chosen. `run` writes results to
// standard output and never prints errors: it returns them.
struct Command {
  CLI::App* parser = nullptr;  // owned by the application's parser
  std::function<Result<ExitCode>()> run;
};

// Shows examples, one a line, below the options of `--help`. Every command has two that work.
inline void add_examples(CLI::App& parser, std::initializer_list<std::string_view> examples) {
  std::string footer = "Examples:";
  for (const std::string_view example : examples) footer.append("\n  ").append(example);
  parser.footer(footer);
}

}  // namespace scopetrace
