// SPDX-License-Identifier: Apache-2.0
// scopetrace attach: captures one scope into a sealed bundle.
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace scopetrace {
namespace {

struct AttachOptions {
  std::vector<std::string> approval_paths;
  std::string output_path;
  std::uint32_t tgid = 0;
};

}  // namespace

Command add_attach_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<AttachOptions>();
  CLI::App* command =
      app.add_subcommand("attach", "Capture one approved scope into a signed bundle");
  command->add_option("--approval", options->approval_paths, "Signed approval; repeat to merge");
  command->add_option("-o,--output", options->output_path, "Bundle to create; must not exist");
  command->add_option("--pid", options->tgid, "Process to capture");
  add_examples(*command, {"scopetrace attach --approval INC-4711.approval --pid 4211",
                          "scopetrace attach --approval job.approval -o job.jsonl.zst -- ./job"});
  return {command, [options, &global]() -> Result<ExitCode> {
            (void)global;
            return fail(ErrorCode::kRefused, "no approval was given");
          }};
}

}  // namespace scopetrace
