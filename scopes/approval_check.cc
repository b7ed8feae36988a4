// SPDX-License-Identifier: Apache-2.0
#include "scopes/approval_check.h"

#include <algorithm>

#include "scopes/approval_rules.h"
#include "scopes/shell.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

std::string count_programs(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " program" : " programs");
}

// The option that names the target; a command stands at the end.
std::string target_option(const ApprovalTarget& target) {
  switch (target.kind) {
    case TargetKind::kProcess:
      return " --pid " + std::to_string(target.tgid);
    case TargetKind::kUnit:
      return group_option({target.kind, target.unit});
    case TargetKind::kContainer:
    case TargetKind::kCgroup:
      return group_option({target.kind, target.group});
    case TargetKind::kCommand:
      break;
  }
  return "";
}

// Collects the refusals of one approval; each has the same remedy.
class Checker {
 public:
  Checker(const Approval& approval, const CheckFacts& facts) : a_(approval), facts_(facts) {}

  Status run() const {
    ST_RETURN_IF_ERROR(check_time());
    ST_RETURN_IF_ERROR(check_host(a_, facts_.host, facts_.host_key));
    ST_RETURN_IF_ERROR(check_target());
    if (a_.redaction != facts_.redaction) {
      return refuse("approval names the rule set " + format_digest(a_.redaction) +
                    ", but this host would use " + format_digest(facts_.redaction));
    }
    if (facts_.uses_so_far >= a_.uses) {
      return refuse("approval is used up: " + std::to_string(facts_.uses_so_far) + " of " +
                    std::to_string(a_.uses) + " uses");
    }
    return {};
  }

 private:
  Status refuse(const std::string& message) const {
    const auto tgid = facts_.process ? std::optional(facts_.process->tgid) : std::nullopt;
    return fail(Error(ErrorCode::kRefused, message).with_hint(request_command(a_, tgid)));
  }

  Status check_time() const {
    if (facts_.now_s < a_.not_before_s) {
      return refuse("approval is not valid before " + format_seconds(a_.not_before_s));
    }
    if (facts_.now_s > a_.not_after_s) {
      return refuse("approval expired at " + format_seconds(a_.not_after_s));
    }
    return {};
  }

  Status check_target() const {
    switch (a_.target.kind) {
      case TargetKind::kProcess:
        return check_process();
      case TargetKind::kCommand:
        return check_command();
      case TargetKind::kUnit:
      case TargetKind::kContainer:
      case TargetKind::kCgroup:
        break;
    }
    return check_group();
  }

  // Who is in the group now may be others than when it was asked for; that their program is an
  // approved one, the programs in the kernel ask of each.
  Status check_group() const {
    const std::string named = "approval names " + describe_group(a_.target);
    if (!facts_.group) {
      return fail(
          Error(ErrorCode::kRefused, named + ", but the target is a process or command")
              .with_hint("scopetrace attach" + target_option(a_.target) + " --approval FILE"));
    }
    const GroupFacts& now = *facts_.group;
    const ApprovalTarget& is = now.target;
    if (is.kind != a_.target.kind || is.unit != a_.target.unit || is.group != a_.target.group) {
      return refuse(named + ", but the target is " + describe_group(is));
    }
    if (a_.target.executables.empty() || now.executables.empty()) return {};
    const auto is_approved = [&](const Digest& digest) {
      const auto& approved = a_.target.executables;
      return std::find(approved.begin(), approved.end(), digest) != approved.end();
    };
    if (std::any_of(now.executables.begin(), now.executables.end(), is_approved)) return {};
    return refuse(named + " with " + count_programs(a_.target.executables.size()) +
                  ", of which none runs there now, but " + format_digest(now.executables.front()));
  }

  Status check_process() const {
    const std::string named = "approval names pid " + std::to_string(a_.target.tgid);
    if (facts_.group)
      return refuse(named + ", but the target is " + describe_group(facts_.group->target));
    if (!facts_.process) return refuse(named + ", but the target is a command");
    const ProcessFacts& now = *facts_.process;
    const std::string is = "pid " + std::to_string(now.tgid);
    if (now.tgid != a_.target.tgid) return refuse(named + ", but the target is " + is);
    if (now.start_ticks != a_.target.start_ticks) {
      return refuse(named + " started " + std::to_string(a_.target.start_ticks) + ", but " + is +
                    " started " + std::to_string(now.start_ticks) + ": the process was restarted");
    }
    if (now.exe != a_.target.executables.front()) return refuse_exe(now.exe);
    if (now.uid != a_.target.uid) {
      return refuse("approval names uid " + std::to_string(a_.target.uid) + ", but " + is +
                    " has uid " + std::to_string(now.uid));
    }
    return {};
  }

  Status check_command() const {
    if (!facts_.command_exe) return refuse("approval names a command, but the target is a process");
    if (*facts_.command_exe != a_.target.executables.front())
      return refuse_exe(*facts_.command_exe);
    return {};
  }

  Status refuse_exe(const Digest& now) const {
    return refuse("approval names executable " + format_digest(a_.target.executables.front()) +
                  ", but the target's is " + format_digest(now));
  }

  const Approval& a_;
  const CheckFacts& facts_;
};

std::string request_option(const RequestMatch& match) {
  if (match.kind == RequestKind::kFailed) return " --failed-only";
  if (match.kind == RequestKind::kAny) return "";
  const std::string header =
      match.header == "x-request-id" ? "" : " --request-header " + match.header;
  return " --request-id " + quote_for_shell(match.value) + header;
}

}  // namespace

Status check_host(const Approval& a, const HostFacts& host, const std::string& host_key) {
  const auto refuse = [&](const char* what, const std::string& named, const std::string& is) {
    return fail(Error(ErrorCode::kRefused,
                      "approval names " + std::string(what) + " " + named + ", but this " + is)
                    .with_hint(request_command(a)));
  };
  if (a.host != host.name) return refuse("host", a.host, "is " + host.name);
  if (a.host_key != host_key) return refuse("host key", a.host_key, "host's is " + host_key);
  if (a.boot_id == host.boot_id) return {};
  return refuse("boot", a.boot_id, "host was restarted: " + host.boot_id);
}

Status check_approval(const Approval& approval, const CheckFacts& facts) {
  return Checker(approval, facts).run();
}

std::string request_command(const Approval& approval, std::optional<std::uint32_t> tgid) {
  std::string text = "scopetrace token request";
  const ApprovalTarget& target = approval.target;
  const bool command = target.kind == TargetKind::kCommand && !tgid;
  text += tgid ? " --pid " + std::to_string(*tgid) : target_option(target);
  if (!tgid && target.executables.empty()) text += " --any-executable";
  for (const std::string& host : approval.third_parties)
    text += " --third-party " + quote_for_shell(host);
  for (const RequestMatch& match : approval.requests) text += request_option(match);
  text += " --level " + std::string(level_name(approval.level));
  text += " --for " + std::to_string(approval.max_seconds) + "s";
  if (approval.children) text += " --children";
  if (approval.inbound) text += " --inbound";
  text += " --reason " + quote_for_shell(approval.reason);
  if (approval.ticket != "none") text += " --ticket " + quote_for_shell(approval.ticket);
  return command ? text + " -- COMMAND" : text;
}

}  // namespace scopetrace
