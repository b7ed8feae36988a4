// SPDX-License-Identifier: Apache-2.0
// scopetrace attach: captures one scope into a sealed bundle.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/attach_view.h"
#include "cli/commands.h"
#include "cli/group_options.h"
#include "cli/quantity.h"
#include "cli/token.h"
#include "scopes/approval.h"
#include "scopes/control_group.h"
#include "scopes/host.h"
#include "scopes/shell.h"
#include "scopes/target.h"
#include "userspace/base/clock.h"
#include "userspace/session/front/age_file.h"
#include "userspace/session/front/frontend.h"
#include "userspace/session/front/helper.h"

namespace scopetrace {
namespace {

struct AttachOptions {
  std::vector<std::string> approval_paths;
  std::string output_path;
  std::uint32_t tgid = 0;
  GroupOptions group;
  std::vector<std::string> command;
  std::string duration;
  std::string max_bytes;
  std::uint64_t max_events_per_second = 0;
  std::string level;
  std::vector<std::string> third_parties;
  std::vector<std::string> request_ids;
  std::string request_header = "x-request-id";
  std::string capture;
  std::string rotate_size;
  std::string rotate_every;
  bool is_timing = false;
  bool is_strict = false;
};

// The command that would ask for what the user wanted to do.
std::string ask_for_approval(const AttachOptions& options, const std::string& root) {
  std::string text = "scopetrace ";
  if (!root.empty()) text += "--root " + quote_for_shell(root) + " ";
  text += "token request";
  if (options.tgid != 0) text += " --pid " + std::to_string(options.tgid);
  const auto group = parse_group_name(group_of(options.group));
  if (group) text += group_option(*group);
  for (const std::string& host : options.third_parties) {
    text += " --third-party " + quote_for_shell(host);
  }
  if (options.third_parties.empty()) text += " --third-party HOST";
  for (const std::string& value : options.request_ids)
    text += " --request-id " + quote_for_shell(value);
  if (!options.request_ids.empty() && options.request_header != AttachOptions().request_header)
    text += " --request-header " + quote_for_shell(options.request_header);
  if (!options.capture.empty()) text += " --capture " + options.capture;
  if (!options.level.empty()) text += " --level " + options.level;
  if (!options.duration.empty()) text += " --for " + options.duration;
  text += " --reason 'WHY' -o NAME.approval";
  if (!options.command.empty()) text += " --";
  for (const std::string& word : options.command) text += " " + quote_for_shell(word);
  return text;
}

Status check_target_options(const AttachOptions& options) {
  const int named = (options.tgid != 0) + options.group.count() + !options.command.empty();
  if (named != 1) {
    return fail(
        Error(ErrorCode::kUsage, named == 0 ? "no target" : "more than one target")
            .with_hint("name one: --pid N, --unit NAME, --container ID, --cgroup PATH, or a "
                       "command after --"));
  }
  return options.group.count() == 0 ? Status() : check_group(options.group);
}

// Several files are one approval whose signatures were made in parallel.
Result<ApprovalText> read_approvals(const AttachOptions& options) {
  std::vector<ApprovalText> parts;
  for (const std::string& path : options.approval_paths) {
    ST_ASSIGN_OR_RETURN(ApprovalText part, read_approval(path));
    parts.push_back(std::move(part));
  }
  if (parts.size() == 1) return std::move(parts.front());
  ST_ASSIGN_OR_RETURN(const std::string merged, merge_approvals(parts));
  return parse_approval(merged);
}

// An approval that cannot be read refuses the capture, whatever is wrong with it.
Error as_refusal(const Error& error) {
  return Error(ErrorCode::kRefused, error.message()).with_hint(error.hint());
}

// `20261123-141502`, as file names have it.
std::string file_time() {
  std::string text = format_seconds(realtime_ns() / kNanosecondsPerSecond);
  std::string compact;
  for (const char c : text) {
    if (c >= '0' && c <= '9') compact += c;
    if (c == 'T') compact += '-';
  }
  return compact;
}

// The folder of bundles, or the current one of whoever may not write there, as members of the
// group.
std::string default_folder(const Folders& folders) {
  const bool is_writable = ::access(folders.bundles().c_str(), W_OK | X_OK) == 0;
  return is_writable ? folders.bundles() : ".";
}

Result<std::string> default_output(const Folders& folders, const Approval& approval) {
  constexpr std::size_t kShownId = 8;  // last digits: the first ones are a time
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  return default_folder(folders) + "/" + host.name + "-" + file_time() + "-" +
         approval.id.substr(approval.id.size() - kShownId) + ".jsonl.zst" +
         std::string(approval.recipients.empty() ? std::string_view() : kAgeSuffix);
}

// Nobody shall take a name for encryption that is not there, or be kept from reading by one that is
// not named.
Status check_output_name(const std::string& path, const Approval& approval) {
  const bool is_encrypted = !approval.recipients.empty();
  if (path.ends_with(kAgeSuffix) == is_encrypted) return {};
  if (is_encrypted) {
    return fail(
        Error(ErrorCode::kUsage, "the approval names recipients: the bundle will be encrypted")
            .with_hint("name it so: -o " + quote_for_shell(path + std::string(kAgeSuffix))));
  }
  return fail(Error(ErrorCode::kUsage,
                    "the approval names no recipients: " + path + " would not be encrypted")
                  .with_hint("ask for an approval with token request --recipient KEY, or give the "
                             "bundle another name"));
}

Status read_rotation(const AttachOptions& options, CaptureRequest& request) {
  if (!options.rotate_size.empty()) {
    ST_ASSIGN_OR_RETURN(request.rotate_bytes, parse_size(options.rotate_size));
    if (request.rotate_bytes < kMinRotateBytes) {
      return fail(ErrorCode::kUsage, "--rotate-size is less than 1MiB");
    }
  }
  if (options.rotate_every.empty()) return {};
  ST_ASSIGN_OR_RETURN(const std::uint64_t seconds, parse_duration(options.rotate_every));
  request.rotate_seconds = static_cast<std::uint32_t>(seconds);  // at most a year
  return {};
}

Result<CaptureRequest> make_request(const AttachOptions& options, const std::string& root,
                                    const ApprovalText& document) {
  CaptureRequest request;
  request.approval = format_signed_text(document.text.body, document.text.blocks);
  request.root = root;
  request.tgid = options.tgid;
  request.group = group_of(options.group);
  request.level = options.level;
  request.third_parties = options.third_parties;
  request.capture = options.capture;
  request.timing = options.is_timing;
  for (const std::string& value : options.request_ids)
    request.requests.push_back(options.request_header + "=" + value);
  request.max_events_per_second = options.max_events_per_second;
  if (!options.duration.empty()) {
    ST_ASSIGN_OR_RETURN(request.max_seconds, parse_duration(options.duration));
  }
  if (!options.max_bytes.empty()) {
    ST_ASSIGN_OR_RETURN(request.max_bytes, parse_size(options.max_bytes));
  }
  ST_RETURN_IF_ERROR(read_rotation(options, request));
  return request;
}

ExitCode exit_code_of(const AttachOutcome& outcome, bool is_strict) {
  if (outcome.was_abandoned) return ExitCode::kIncomplete;
  if (outcome.reason == EndReason::kRevoked) return ExitCode::kRefused;
  if (!outcome.ended.is_sealed || !is_orderly(outcome.reason)) return ExitCode::kFailed;
  if (is_strict && outcome.ended.last.lost_events != 0) return ExitCode::kLosses;
  return ExitCode::kDone;
}

Result<ExitCode> run_attach_command(const AttachOptions& options, const std::string& root) {
  ST_RETURN_IF_ERROR(check_target_options(options));
  if (options.approval_paths.empty()) {
    return fail(Error(ErrorCode::kRefused, "nothing is captured without an approval; ask for one:")
                    .with_hint(ask_for_approval(options, root)));
  }
  Result<ApprovalText> document = read_approvals(options);
  if (!document) return fail(as_refusal(std::move(document).error()));

  AttachRun run;
  ST_ASSIGN_OR_RETURN(run.request, make_request(options, root, *document));
  run.command = options.command;
  run.output_path = options.output_path;
  if (run.output_path.empty()) {
    ST_ASSIGN_OR_RETURN(run.output_path, default_output(Folders(root), document->approval));
  }
  ST_RETURN_IF_ERROR(check_output_name(run.output_path, document->approval));
  run.recipients = document->approval.recipients;
  ST_ASSIGN_OR_RETURN(run.capture_program, find_helper("scopetrace-capture"));

  AttachView view(stderr);
  const AttachObserver observer{
      .on_ready = [&](const CaptureReady& ready) { view.show_ready(ready); },
      .on_status = [&](const CaptureStatus& status) { view.show_status(status); }};
  Result<AttachOutcome> outcome = run_attach(std::move(run), observer);
  view.clear_line();
  if (!outcome) return fail(std::move(outcome).error());
  view.show_end(*outcome);
  if (options.command.empty()) {
    for (const std::string& path : outcome->paths) std::printf("%s\n", path.c_str());
  }
  return exit_code_of(*outcome, options.is_strict);
}

void add_limits(CLI::App& command, AttachOptions& options) {
  command.add_option("--for", options.duration, "Capture at most so long: 90s, 5m, 1h");
  command.add_option("--max-bytes", options.max_bytes, "Take at most so much: 64KiB, 1MiB");
  command.add_option("--max-events-per-second", options.max_events_per_second,
                     "Take at most so many records");
  command.add_option("--level", options.level, "Keep at most so much of each message")
      ->check(CLI::IsMember({"metadata", "headers", "shape", "redacted"}));
  command.add_option("--third-party", options.third_parties, "Only this host; repeat for more")
      ->allow_extra_args(false);
  command
      .add_option(
          "--request-id", options.request_ids,
          "Only the request with this value of the header, and what it causes; repeat for more")
      ->allow_extra_args(false);
  command.add_option("--request-header", options.request_header, "Header that carries the id")
      ->transform([](std::string name) { return CLI::detail::to_lower(std::move(name)); })
      ->capture_default_str();
  command.add_option("--capture", options.capture,
                     "Only these families: tls,sockets,files,process,logs");
}

void add_rotation(CLI::App& command, AttachOptions& options) {
  command.add_option("--rotate-size", options.rotate_size,
                     "Go on in another part, NAME.0002.jsonl.zst, at about this size: 64MiB, 1GiB");
  command.add_option("--rotate-every", options.rotate_every,
                     "Go on in another part after so long: 10m, 1h");
}

}  // namespace

Command add_attach_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<AttachOptions>();
  CLI::App* command =
      app.add_subcommand("attach", "Capture one approved scope into a signed bundle");
  command
      ->add_option("--approval", options->approval_paths,
                   "Signed approval; repeat to unite its signatures")
      ->allow_extra_args(false)
      ->type_name("FILE");
  command->add_option(
      "-o,--output", options->output_path,
      "Bundle to create, must not exist; default: in the folder of bundles, or here "
      "where that is not yours to write to");
  command->add_option("--pid", options->tgid, "Process to capture")
      ->check(CLI::Range(1U, 4194304U).description(""));
  add_group_options(*command, options->group);
  command->add_option("command", options->command, "Command to start and capture, after --");
  command->add_flag("--timing", options->is_timing,
                    "Also how long system calls take, and what they waited for");
  command->add_flag("--strict", options->is_strict, "Exit with 4 when something was lost");
  add_rotation(*command, *options);
  add_limits(*command, *options);
  add_examples(*command,
               {"scopetrace attach --approval INC-4711.approval --unit payments.service --for 90s",
                "scopetrace attach --approval job.approval -o job.jsonl.zst -- ./job --once"});
  return {command, [options, &global] { return run_attach_command(*options, global.root); }};
}

}  // namespace scopetrace
