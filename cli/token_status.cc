// SPDX-License-Identifier: Apache-2.0
// scopetrace token status: whether an approval could be used now, and what is left of it.
#include <fmt/core.h>
#include <poll.h>
#include <sys/inotify.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/quantity.h"
#include "cli/token.h"
#include "scopes/approval_rules.h"
#include "userspace/base/clock.h"
#include "userspace/base/unique_fd.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

constexpr int kLookAgainMs = 10'000;  // also where a file system tells no changes, and at expiry

struct StatusOptions {
  std::string subject;  // file or id
  bool is_waiting = false;
};

using Json = nlohmann::ordered_json;

// What the host knows; empty where this machine is not the host of anything.
Json ask_host(const std::string& about, const std::string& root) {
  HostCall call;
  call.task = HostTask::kStatus;
  call.root = root;
  call.about = about;
  const auto answer = call_host(std::move(call));
  return answer ? Json::parse(answer->text, nullptr, false) : Json::object();
}

void print_host_state(const Json& state) {
  if (!state.is_object()) return;
  if (state.contains("uses")) fmt::print("  used      {}\n", state["uses"].get<std::uint64_t>());
  if (state.contains("seconds_left") && state.contains("bytes_left")) {
    fmt::print("  left      {} and {}\n", format_duration(state["seconds_left"]),
               format_size(state["bytes_left"]));
  }
}

// What stands in the way of using it, or nothing; signatures that lack are told apart.
struct Standing {
  ExitCode code = ExitCode::kDone;
  std::string text = "can be used";
};

Standing judge(const ApprovalText& document, const std::optional<Quorum>& quorum,
               const Json& state) {
  const std::uint64_t now_s = realtime_ns() / kNanosecondsPerSecond;
  const Approval& approval = document.approval;
  if (state.is_object() && state.contains("revoked")) {
    return {ExitCode::kRefused, state["revoked"].get<std::string>()};
  }
  if (now_s > approval.not_after_s) {
    return {ExitCode::kRefused, "expired at " + format_seconds(approval.not_after_s)};
  }
  if (state.is_object() && state.value("uses", std::uint64_t{0}) >= approval.uses) {
    return {ExitCode::kRefused, "all uses are consumed"};
  }
  if (!quorum) return {ExitCode::kIncomplete, "not judged: no trust file here"};
  if (quorum->verdict == QuorumVerdict::kBadSignature) {
    return {ExitCode::kTampered, quorum->reasons.front()};
  }
  if (quorum->verdict == QuorumVerdict::kNotMet) {
    return {ExitCode::kIncomplete, "waits: " + quorum->reasons.front()};
  }
  if (now_s < approval.not_before_s) {
    return {ExitCode::kIncomplete, "valid from " + format_seconds(approval.not_before_s)};
  }
  return {};
}

std::optional<Quorum> judge_here(const ApprovalText& document, const Folders& folders) {
  const auto trust = read_trust_for("", folders);
  const auto policy = read_policy_or_default(folders);
  if (!trust || !policy) return std::nullopt;
  return judge_quorum(document, *trust, *policy, realtime_ns() / kNanosecondsPerSecond);
}

void print_standing(const ApprovalText& document, const std::optional<Quorum>& quorum,
                    const Json& state, const Standing& standing) {
  fmt::print("{}: {}\n", document.approval.id, standing.text);
  if (quorum) fmt::print("  approvals {} of {}\n", quorum->counted, quorum->needed);
  fmt::print("  until     {}\n", format_seconds(document.approval.not_after_s));
  print_host_state(state);
}

// Until the file may have changed.
void wait_for_change(const UniqueFd& watch) {
  pollfd polled{watch.get(), POLLIN, 0};
  if (::poll(&polled, 1, kLookAgainMs) <= 0) return;
  char events[4096];
  if (::read(watch.get(), events, sizeof(events)) < 0) return;
}

UniqueFd watch_folder_of(const std::string& path) {
  UniqueFd watch(::inotify_init1(IN_CLOEXEC));
  const auto folder = std::filesystem::path(path).parent_path();
  if (watch) {
    ::inotify_add_watch(watch.get(), folder.empty() ? "." : folder.c_str(),
                        IN_CLOSE_WRITE | IN_MOVED_TO);
  }
  return watch;
}

Result<ExitCode> run_file(const StatusOptions& options, const std::string& root) {
  const UniqueFd watch = watch_folder_of(options.subject);  // before the first look
  while (true) {
    ST_ASSIGN_OR_RETURN(const ApprovalText document, read_approval(options.subject));
    const auto quorum = judge_here(document, Folders(root));
    const Json state = ask_host(format_signed_text(document.text.body, document.text.blocks), root);
    const Standing standing = judge(document, quorum, state);
    if (!options.is_waiting || standing.code != ExitCode::kIncomplete || options.subject == "-") {
      print_standing(document, quorum, state, standing);
      return standing.code;
    }
    wait_for_change(watch);
  }
}

Result<ExitCode> run_id(const StatusOptions& options, const std::string& root) {
  HostCall call;
  call.task = HostTask::kStatus;
  call.root = root;
  call.about = options.subject;
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, call_host(std::move(call)));
  const Json state = Json::parse(answer.text, nullptr, false);
  const bool is_revoked = state.is_object() && state.contains("revoked");
  fmt::print("{}: {}\n", options.subject,
             is_revoked ? state["revoked"].get<std::string>() : "not revoked");
  print_host_state(state);
  return is_revoked ? ExitCode::kRefused : ExitCode::kDone;
}

}  // namespace

Command add_token_status(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* status = token.add_subcommand("status", "Say whether an approval can be used now");
  status->add_option("approval", options->subject, "Approval file, or its id")->required();
  status->add_flag("--wait", options->is_waiting, "Wait until no signature lacks");
  add_examples(*status, {"scopetrace token status inc-4711.approval --wait",
                         "scopetrace token status 0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9d"});
  return {status, [options, &global] {
            return is_uuid(options->subject) ? run_id(*options, global.root)
                                             : run_file(*options, global.root);
          }};
}

}  // namespace scopetrace
