// SPDX-License-Identifier: Apache-2.0
// Manual pages and shell completion, made from the same tree of commands that parses the command
// line: neither can name an option that does not exist, nor lack one that does.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace scopetrace {

// One page in mdoc(7), for a command with all its subcommands; for the program itself one that
// lists the commands.
std::string format_manual_page(const CLI::App& program, const CLI::App& command);

// A complete script for one of bash, zsh, fish.
std::string format_completion(const CLI::App& program, const std::string& shell);

// The commands and subcommands below an app, in their order; hidden ones are left out.
std::vector<const CLI::App*> visible_subcommands(const CLI::App& app);

}  // namespace scopetrace
