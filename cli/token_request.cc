// SPDX-License-Identifier: Apache-2.0
// scopetrace token request: the host states the facts, the requester signs what is asked for.
#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <memory>
#include <sstream>
#include <vector>

#include "cli/ascii.h"
#include "cli/group_options.h"
#include "cli/quantity.h"
#include "cli/signing.h"
#include "cli/token.h"
#include "scopes/approval_check.h"
#include "scopes/approval_rules.h"
#include "scopes/shell.h"
#include "scopes/target.h"
#include "userspace/base/clock.h"
#include "userspace/session/front/host_service.h"
#include "userspace/session/host_rules.h"

namespace scopetrace {
namespace {

struct RequestOptions {
  std::uint32_t tgid = 0;
  GroupOptions group;
  bool is_any_executable = false;
  std::vector<std::string> command;
  std::vector<std::string> third_parties;
  std::vector<std::string> request_ids;
  std::string request_header = "x-request-id";
  bool is_failed_only = false;
  std::string capture = "tls,sockets,process";
  std::string level = "headers";
  std::string profile;  // empty: what the policy asks for
  std::string learn = "none";
  std::string duration = "15m";
  std::string valid = "4h";
  std::string max_bytes = "256MiB";
  std::uint64_t max_events_per_second = Approval().max_events_per_second;
  std::uint64_t max_cpu_percent = Approval().max_cpu_percent;
  std::uint64_t uses = 1;
  std::vector<std::string> recipients;
  std::vector<std::string> replay;
  bool has_children = false;
  bool has_inbound = false;
  bool is_break_glass = false;
  std::string reason;
  std::string ticket = "none";
  std::string key_path;
  std::string principal;
  std::string output_path;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);) words.push_back(word);
  return words;
}

// Who asks: `--as`, else the only principal of the key, else the login name at this host.
Result<std::string> find_requester(const RequestOptions& options, const SshIdentity& signer,
                                   const Folders& folders, const std::string& host) {
  auto known = name_signer(options.principal, signer, kRequestNamespace, folders);
  if (known) return known;
  const passwd* user = getpwuid(getuid());
  if (user == nullptr) return known;
  return std::string(user->pw_name) + "@" + host;
}

std::vector<RequestMatch> make_matches(const RequestOptions& options) {
  if (options.is_failed_only) return {{.kind = RequestKind::kFailed, .header = "", .value = ""}};
  if (options.request_ids.empty()) {
    return {{.kind = RequestKind::kAny, .header = "", .value = ""}};
  }
  std::vector<RequestMatch> matches;
  for (const std::string& value : options.request_ids) {
    matches.push_back(
        {.kind = RequestKind::kHeader, .header = options.request_header, .value = value});
  }
  return matches;
}

Status fill_limits(Approval& asked, const RequestOptions& options) {
  ST_ASSIGN_OR_RETURN(asked.max_seconds, parse_duration(options.duration));
  ST_ASSIGN_OR_RETURN(const std::uint64_t valid, parse_duration(options.valid));
  ST_ASSIGN_OR_RETURN(asked.max_bytes, parse_size(options.max_bytes));
  asked.max_events_per_second = options.max_events_per_second;
  asked.max_cpu_percent = options.max_cpu_percent;
  asked.not_before_s = realtime_ns() / kNanosecondsPerSecond;
  asked.not_after_s = asked.not_before_s + valid;
  asked.uses = options.uses;
  return {};
}

Status fill_scope(Approval& asked, const RequestOptions& options) {
  const auto families = parse_capture(options.capture);
  if (!families) {
    return fail(Error(ErrorCode::kUsage, "--capture '" + options.capture + "' is no list of events")
                    .with_hint("choose from tls,sockets,files,process,logs, in this order"));
  }
  asked.capture = *families;
  asked.level = *parse_level(options.level);  // the parser accepts only known names
  if (!options.profile.empty()) asked.presets = split(options.profile, '+');
  if (options.learn != "none") asked.learn = split(options.learn, ',');
  asked.third_parties = options.third_parties;
  if (asked.third_parties.empty()) asked.third_parties = {"any"};
  asked.requests = make_matches(options);
  asked.children = options.has_children;
  asked.inbound = options.has_inbound;
  asked.recipients = options.recipients;
  asked.replay = options.replay;
  return {};
}

Result<Approval> make_approval(const RequestOptions& options, const SshIdentity& signer,
                               const Folders& folders) {
  ST_RETURN_IF_ERROR(check_ascii("--reason", options.reason));
  ST_RETURN_IF_ERROR(check_ascii("--ticket", options.ticket));
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  ST_ASSIGN_OR_RETURN(const Policy policy, read_policy_or_default(folders));
  Approval asked;
  asked.presets = order_presets(policy.presets);
  ST_ASSIGN_OR_RETURN(asked.requester, find_requester(options, signer, folders, host.name));
  asked.reason = options.reason;
  asked.ticket = options.ticket;
  ST_RETURN_IF_ERROR(fill_scope(asked, options));
  ST_RETURN_IF_ERROR(fill_limits(asked, options));
  asked.policy = policy.digest;
  asked.is_break_glass = options.is_break_glass;
  asked.approvals = options.is_break_glass ? 1 : policy.approvals_needed(asked);
  ST_RETURN_IF_ERROR(check_policy(policy, asked));
  ST_ASSIGN_OR_RETURN(const RuleSet rules, read_host_rules(asked.presets, folders));
  asked.redaction = rules.digest();
  return asked;
}

// The body with placeholders for what only the host may state.
Result<std::string> format_draft(Approval asked) {
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  asked.host = host.name;
  asked.boot_id = host.boot_id;
  asked.host_key = "SHA256:" + std::string(43, 'A');
  asked.id = make_uuid7(realtime_ns());
  asked.nonce = std::string(32, '0');
  asked.context = "unknown";
  asked.target.kind = TargetKind::kCommand;
  asked.target.executables = {Digest()};
  return format_approval(asked);
}

Status check_target_options(const RequestOptions& options) {
  const int named = (options.tgid != 0) + options.group.count() + !options.command.empty();
  if (named != 1) {
    return fail(Error(ErrorCode::kUsage, "name one target")
                    .with_hint("--pid N, --unit NAME, --container ID, --cgroup PATH, or "
                               "-- COMMAND [ARGUMENT...]"));
  }
  if (options.group.count() != 0) return check_group(options.group);
  if (!options.is_any_executable) return {};
  return fail(Error(ErrorCode::kUsage, "--any-executable is for a unit, container or cgroup")
                  .with_hint("a process or command is named with its program"));
}

// The host states the facts and notes the request; the answer has one block.
Result<ApprovalText> ask_host(const RequestOptions& options, const Approval& asked,
                              const std::string& root) {
  HostCall call;
  call.task = HostTask::kRequest;
  call.root = root;
  ST_ASSIGN_OR_RETURN(call.text, format_draft(asked));
  call.tgid = options.tgid;
  call.group = group_of(options.group);
  call.any_executable = options.is_any_executable;
  call.command = options.command;
  if (!options.command.empty()) {
    ST_ASSIGN_OR_RETURN(call.fd, open_command(options.command.front()));
  }
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, call_host(std::move(call)));
  return parse_approval(answer.text);
}

// A process does not survive a restart; what it belongs to does.
void propose_group(const Approval& approval) {
  Approval wider = approval;
  if (approval.target.image != "none") {
    wider.target.kind = TargetKind::kContainer;
    wider.target.group = approval.target.image;
  } else if (approval.target.unit != "none") {
    wider.target.kind = TargetKind::kUnit;
  }
  if (approval.target.kind != TargetKind::kProcess || wider.target.kind == TargetKind::kProcess) {
    return;
  }
  const bool is_unit = wider.target.kind == TargetKind::kUnit;
  fmt::print(stderr, "pid {} is of {} {}: an approval for that outlives a restart:\n  {}\n",
             approval.target.tgid, is_unit ? "unit" : "container",
             is_unit ? wider.target.unit : wider.target.group, request_command(wider));
}

void print_next_step(const ApprovalText& document, const std::string& path) {
  const std::string name = path.empty() ? "FILE" : quote_for_shell(path);
  fmt::print(stderr,
             "approval {} asks for {} signature{}; each reviewer:\n"
             "  scopetrace token show {}\n  scopetrace token approve {}\n",
             document.approval.id, document.approval.approvals,
             document.approval.approvals == 1 ? "" : "s", name, name);
}

Result<ExitCode> run_request(const RequestOptions& options, const std::string& root) {
  ST_RETURN_IF_ERROR(check_target_options(options));
  const Folders folders(root);
  ST_ASSIGN_OR_RETURN(const ChosenKey key, choose_key_here(options.principal, options.key_path,
                                                           kRequestNamespace, folders));
  ST_ASSIGN_OR_RETURN(const Approval asked, make_approval(options, key.identity, folders));
  ST_ASSIGN_OR_RETURN(ApprovalText document, ask_host(options, asked, root));
  ST_ASSIGN_OR_RETURN(const std::string block,
                      sign_with(key, kRequestNamespace, document.text.body));
  document.text.blocks.push_back(block);
  ST_RETURN_IF_ERROR(write_new_document(
      options.output_path, format_signed_text(document.text.body, document.text.blocks)));
  propose_group(document.approval);
  print_next_step(document, options.output_path);
  return ExitCode::kDone;
}

void add_scope_options(CLI::App& request, RequestOptions& options) {
  request.add_option("--third-party", options.third_parties,
                     "Host the target talks to, *.host for all below; default: any");
  request.add_option("--request-id", options.request_ids, "Only requests with this id; repeat");
  request.add_option("--request-header", options.request_header, "Header that carries the id")
      ->transform([](std::string name) { return CLI::detail::to_lower(std::move(name)); })
      ->capture_default_str();
  request.add_flag(
      "--failed-only", options.is_failed_only,
      "Only exchanges that failed: status 400 and above, gRPC errors, reset, time-out");
  request.add_option("--capture", options.capture, "Event families")->capture_default_str();
  request.add_option("--level", options.level, "How much of each message")
      ->check(CLI::IsMember({"metadata", "headers", "shape", "redacted"}))
      ->capture_default_str();
  request.add_option("--profile", options.profile,
                     "Detectors: standard, +pci, +gdpr, +hipaa; default: what policy asks for");
  request.add_option("--learn", options.learn, "Where secret values may be learned: env,files")
      ->capture_default_str();
  request.add_flag("--children", options.has_children, "Follow fork and exec");
  request.add_flag("--inbound", options.has_inbound, "Also connections the target accepted");
}

void add_limit_options(CLI::App& request, RequestOptions& options) {
  request.add_option("--for", options.duration, "Longest capture")->capture_default_str();
  request.add_option("--valid", options.valid, "Until when it may begin")->capture_default_str();
  request.add_option("--max-bytes", options.max_bytes, "Payload budget")->capture_default_str();
  request
      .add_option("--max-events-per-second", options.max_events_per_second,
                  "Most records of the kernel a second; more are counted as lost")
      ->capture_default_str();
  request
      .add_option("--max-cpu", options.max_cpu_percent,
                  "Most of one CPU that probes may take from the target, percent")
      ->capture_default_str();
  request.add_option("--uses", options.uses, "How often")
      ->check(CLI::Range(1, 5).description("1 to 5"));
  request
      .add_option("--recipient", options.recipients,
                  "Encrypt to this key, age1... or the line of an ssh-ed25519 .pub file; repeat "
                  "for more")
      ->allow_extra_args(false);
  request.add_option("--replay", options.replay, "Sandbox URL that may be replayed to");
}

}  // namespace

Command add_token_request(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<RequestOptions>();
  CLI::App* request = token.add_subcommand("request", "Ask for an approval");
  request->add_option("--pid", options->tgid, "Process to capture");
  add_group_options(*request, options->group);
  request->add_flag("--any-executable", options->is_any_executable,
                    "Whatever programs run there, not only those that run now");
  request->add_option("command", options->command, "Command to start, after --");
  add_scope_options(*request, *options);
  add_limit_options(*request, *options);
  request->add_flag("--break-glass", options->is_break_glass,
                    "Emergency: one other person, 300 s of headers at most, reviewed afterwards");
  request->add_option("--reason", options->reason, "Why, for the reviewer")->required();
  request->add_option("--ticket", options->ticket, "Ticket");
  request->add_option("--key", options->key_path, "Private key; default: ssh-agent");
  request->add_option("--as", options->principal, "Your name in the trust file");
  request->add_option("-o,--output", options->output_path, "New file; default: standard output");
  add_examples(
      *request,
      {"scopetrace token request --pid 4211 --third-party api.stripe.com --ticket INC-4711 "
       "--reason 'webhooks time out' -o inc-4711.approval",
       "scopetrace token request --third-party '*.corp.example' --level redacted --reason "
       "'why 402?' -- ./billing-job --once"});
  return {request, [options, &global] { return run_request(*options, global.root); }};
}

}  // namespace scopetrace
