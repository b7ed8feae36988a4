// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#include <array>
#include <cerrno>
#include <memory>

#include "userspace/base/unique_fd.h"
#include "userspace/probe/libbpf_log.h"
#include "userspace/probe/uprobe_link.h"

namespace scopetrace {
namespace {

using KernelTypes = std::unique_ptr<btf, decltype(&btf__free)>;

// `return 0`, as a uprobe program for the given attach type.
Result<UniqueFd> load_empty_uprobe(std::uint32_t attach_type) {
  const std::array<bpf_insn, 2> code = {
      bpf_insn{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},  // r0 = 0
      bpf_insn{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = static_cast<bpf_attach_type>(attach_type);
  UniqueFd program(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "st_try", "Dual MIT/GPL", code.data(),
                                 code.size(), &options));
  if (!program) return fail_bpf("load uprobe program", errno);
  return program;
}

// Attaches to a folder: kernels that know the link type answer EBADF, others EINVAL.
bool knows_link(std::uint32_t attach_type) {
  const Result<UniqueFd> program = load_empty_uprobe(attach_type);
  if (!program) return false;
  const UprobeSites folder{"/", {0}, {0}, 0};
  const Result<UniqueFd> link = link_uprobes(program->get(), attach_type, folder, false);
  return !link && link.error().system_errno() == EBADF;
}

bool has_tracepoint(const btf* types, const std::string& name) {
  return btf__find_by_name_kind(types, ("btf_trace_" + name).c_str(), BTF_KIND_TYPEDEF) > 0;
}

bool has_kfunc(const btf* types, const char* name) {
  return btf__find_by_name_kind(types, name, BTF_KIND_FUNC) > 0;
}

AttachKind best_attach_kind() {
  if (knows_link(kAttachUprobeSession)) return AttachKind::kSession;
  if (knows_link(kAttachUprobeMulti)) return AttachKind::kMulti;
  return AttachKind::kPerf;
}

const char* yes_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::string_view attach_kind_name(AttachKind kind) {
  switch (kind) {
    case AttachKind::kSession:
      return "session";
    case AttachKind::kMulti:
      return "multi";
    case AttachKind::kPerf:
      return "perf";
    case AttachKind::kNone:
      break;
  }
  return "none";
}

Result<FeatureReport> probe_features() {
  const LibbpfLog log;
  ST_RETURN_IF_ERROR(load_empty_uprobe(0));
  const KernelTypes types(btf__load_vmlinux_btf(), btf__free);
  if (!types) {
    return fail(Error(ErrorCode::kUnsupported, "kernel without BTF: /sys/kernel/btf/vmlinux", errno)
                    .with_hint("boot a kernel built with CONFIG_DEBUG_INFO_BTF"));
  }
  FeatureReport report;
  report.btf = true;
  report.attach_kind = best_attach_kind();
  report.private_stacks = report.attach_kind == AttachKind::kSession;
  report.preempt_kfunc = has_kfunc(types.get(), "bpf_preempt_disable");
  report.socket_lengths = has_tracepoint(types.get(), "sock_send_length") &&
                          has_tracepoint(types.get(), "sock_recv_length");
  report.socket_syscalls = !report.socket_lengths && has_tracepoint(types.get(), "sys_exit");
  report.socket_states = has_tracepoint(types.get(), "inet_sock_set_state");
  report.plain_sockets = has_tracepoint(types.get(), "sys_exit");
  report.logs = report.plain_sockets;
  report.system_calls = report.plain_sockets;
  report.call_times = report.system_calls && has_tracepoint(types.get(), "sys_enter");
  report.process_events = has_tracepoint(types.get(), "sched_process_fork") &&
                          has_tracepoint(types.get(), "sched_process_exec") &&
                          has_tracepoint(types.get(), "sched_process_exit");
  report.group_events = has_tracepoint(types.get(), "cgroup_attach_task") &&
                        has_tracepoint(types.get(), "cgroup_mkdir");
  return report;
}

std::string describe(const FeatureReport& features) {
  return "uprobes: " + std::string(attach_kind_name(features.attach_kind)) +
         "; preemption guard: " + yes_no(features.preempt_kfunc) +
         "; socket lengths: " + yes_no(features.socket_lengths) +
         "; socket system calls: " + yes_no(features.socket_syscalls) +
         "; socket states: " + yes_no(features.socket_states) +
         "; plain sockets: " + yes_no(features.plain_sockets) +
         "; TLS handshakes and DNS: " + yes_no(features.plain_sockets) +
         "; logs: " + yes_no(features.logs) + "; system calls: " + yes_no(features.system_calls) +
         "; their times: " + yes_no(features.call_times) +
         "; process events: " + yes_no(features.process_events);
}

}  // namespace scopetrace
