// SPDX-License-Identifier: Apache-2.0
// The commands of the program, one file each; main.cc lists them in the order of `--help`.
#pragma once

#include "cli/command.h"

namespace scopetrace {

// Each adds its parser to `app`. `global` is filled later, by the parser, and outlives the command.
Command add_attach_command(CLI::App& app, const GlobalOptions& global);
Command add_doctor_command(CLI::App& app, const GlobalOptions& global);
Command add_diff_command(CLI::App& app, const GlobalOptions& global);
Command add_export_command(CLI::App& app, const GlobalOptions& global);
Command add_init_command(CLI::App& app, const GlobalOptions& global);
Command add_retain_command(CLI::App& app, const GlobalOptions& global);
Command add_scrub_command(CLI::App& app, const GlobalOptions& global);
Command add_show_command(CLI::App& app, const GlobalOptions& global);
Command add_token_command(CLI::App& app, const GlobalOptions& global);
Command add_trust_command(CLI::App& app, const GlobalOptions& global);
Command add_completion_command(CLI::App& app, const GlobalOptions& global);
Command add_manual_command(CLI::App& app, const GlobalOptions& global);
Command add_policy_command(CLI::App& app, const GlobalOptions& global);
Command add_audit_command(CLI::App& app, const GlobalOptions& global);
Command add_recover_command(CLI::App& app, const GlobalOptions& global);
Command add_verify_command(CLI::App& app, const GlobalOptions& global);

}  // namespace scopetrace
