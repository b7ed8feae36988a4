// SPDX-License-Identifier: Apache-2.0
#include "scopes/host_block.h"

#include "scopes/control_group.h"
#include "scopes/sshsig.h"
#include "scopes/target.h"
#include "scopes/trust.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

std::string make_nonce() {
  std::array<std::byte, 16> nonce;
  fill_random(nonce);
  return to_hex(nonce);
}

Status fill_group(const TargetRequest& target, Approval* approval) {
  ST_ASSIGN_OR_RETURN(const GroupName name, parse_group_name(target.group));
  ST_ASSIGN_OR_RETURN(const std::string mount, find_cgroup_mount());
  ST_ASSIGN_OR_RETURN(const GroupFacts facts, read_group(name, mount));
  ST_ASSIGN_OR_RETURN(approval->target, target_of(facts, target.is_any_executable));
  approval->context = facts.context;
  return {};
}

Status fill_target(const TargetRequest& target, Approval* approval) {
  if (target.tgid != 0) {
    ST_ASSIGN_OR_RETURN(ProcessFacts facts, read_process(target.tgid));
    if (target.initial_tgid != 0) facts.tgid = target.initial_tgid;
    approval->target = target_of(facts);
    approval->context = facts.context;
    return {};
  }
  if (!target.group.empty()) return fill_group(target, approval);
  if (target.command.empty()) return fail(ErrorCode::kUsage, "no target: give --pid or a command");
  ST_ASSIGN_OR_RETURN(const Digest exe, read_program_digest(target.program));
  approval->target = ApprovalTarget();
  approval->target.kind = TargetKind::kCommand;
  approval->target.executables = {exe};
  approval->context = redact_command_line(target.command);
  return {};
}

}  // namespace

Result<ApprovalText> gather_and_sign_host_block(Approval asked, const TargetRequest& target,
                                                const SigningKey& host_key) {
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  asked.host = host.name;
  asked.boot_id = host.boot_id;
  asked.host_key = host_key.public_key().fingerprint();
  asked.id = make_uuid7(realtime_ns());
  asked.nonce = make_nonce();
  ST_RETURN_IF_ERROR(fill_target(target, &asked));
  ST_ASSIGN_OR_RETURN(const std::string body, format_approval(asked));
  ST_ASSIGN_OR_RETURN(ApprovalText document, parse_approval_body(body));
  document.text.blocks = {make_sshsig(host_key, kHostNamespace, as_bytes(body))};
  return document;
}

}  // namespace scopetrace
