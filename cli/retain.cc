// SPDX-License-Identifier: Apache-2.0
// scopetrace retain: deletes bundles that the policy does not want kept any longer.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/line_view.h"
#include "userspace/base/file.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

struct RetainOptions {
  bool is_dry_run = false;
  bool is_json = false;
};

Result<std::string> ask_host(const RetainOptions& options, const std::string& root) {
  HostCall call;
  call.task = HostTask::kRetain;
  call.root = root;
  if (options.is_dry_run) call.text = "dry-run";
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, call_host(std::move(call)));
  return read_all(answer.fd.get(), kMaxAnswer);
}

bool needs_a_look(const LineJson& row) {
  const std::string action = text_of(row, "action");
  return action == "failed" || action == "obstructed";
}

// What is kept for no special reason is not listed.
void print_row(const LineJson& row, bool is_dry_run) {
  std::string action = text_of(row, "action");
  const std::string reason = text_of(row, "reason");
  if (reason.empty()) return;
  if (action == "delete") action = is_dry_run ? "would delete" : "deleted";
  if (needs_a_look(row)) action = "NOT deleted";
  fmt::print("{:<12} {}  {} in {} files of {}: {}\n", action, text_of(row, "name"),
             size_text(number_of(row, "bytes")), number_of(row, "files"),
             text_of(row, "written").substr(0, 10), reason);
}

void print_table(const LineJson& report) {
  const bool is_dry_run = member(report, "dry_run") == true;
  std::uint64_t deleted = 0;
  for (const LineJson& row : member(report, "bundles")) {
    if (text_of(row, "action") == "delete") ++deleted;
    print_row(row, is_dry_run);
  }
  fmt::print("{} of {} bundles {} from {}, {} left\n", deleted, member(report, "bundles").size(),
             is_dry_run ? "would be deleted" : "deleted", text_of(report, "folder"),
             size_text(number_of(report, "left_bytes")));
}

Result<ExitCode> run_retain(const RetainOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const std::string text, ask_host(options, root));
  const LineJson report = LineJson::parse(text, nullptr, false);
  const LineJson& rows = member(report, "bundles");
  if (!rows.is_array()) return fail(ErrorCode::kCorrupt, "scopetrace-capture sent no report");
  if (options.is_json) {
    fmt::print("{}", text);
  } else {
    print_table(report);
  }
  return std::any_of(rows.begin(), rows.end(), needs_a_look) ? ExitCode::kFailed : ExitCode::kDone;
}

}  // namespace

Command add_retain_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<RetainOptions>();
  CLI::App* retain = app.add_subcommand("retain", "Delete bundles by policy");
  retain->add_flag("--dry-run", options->is_dry_run, "Only say what would be deleted");
  retain->add_flag("--json", options->is_json, "Print every bundle and what becomes of it as JSON");
  add_examples(*retain, {"scopetrace retain --dry-run",
                         "scopetrace retain --json | jq -r '.bundles[] | select(.action == "
                         "\"delete\") | .name'"});
  return {retain, [options, &global] { return run_retain(*options, global.root); }};
}

}  // namespace scopetrace
