// SPDX-License-Identifier: Apache-2.0
// What this kernel offers, found by trying, never by its version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

// How uprobes are attached, best first. Cost and privileges differ, what is captured does not.
enum class AttachKind : std::uint8_t {
  kNone = 0,
  kSession = 1,  // one program at entry and return (6.13 and later)
  kMulti = 2,    // two programs, one link each for all sites of a file (6.6 and later)
  kPerf = 3      // one perf event a site and direction; needs CAP_SYS_ADMIN
};
std::string_view attach_kind_name(AttachKind kind);

// The answer of probe_features(), and after ProbeSet::load() what was chosen. Goes into the bundle.
struct FeatureReport {
  AttachKind attach_kind = AttachKind::kNone;
  bool btf = false;              // /sys/kernel/btf/vmlinux can be read
  bool preempt_kfunc = false;    // bpf_preempt_disable
  bool private_stacks = false;   // of a CPU, for programs: since 6.13, as session links. Without
                                 // bpf_preempt_disable TLS capture is refused there
  bool socket_lengths = false;   // tp_btf sock_send_length and sock_recv_length
  bool socket_syscalls = false;  // instead of them: tp_btf sys_exit, which all processes pass
  bool socket_states = false;    // tp_btf inet_sock_set_state
  bool system_calls = false;     // of the target, at tp_btf sys_exit
  bool call_times = false;       // their begin too, at tp_btf sys_enter
  bool logs = false;             // writes to logs, at tp_btf sys_exit
  bool plain_sockets = false;    // payload of sockets without TLS, at tp_btf sys_exit
  bool process_events = false;   // tp_btf sched_process_fork, exec and exit
  bool group_events = false;     // tp_btf cgroup_attach_task and cgroup_mkdir
};

// Tries each mechanism with a program of two instructions; attaches nothing to any process.
// Takes a few milliseconds. kUnsupported when this process may not load programs (missing
// CAP_BPF or CAP_PERFMON) or when the kernel has no BTF; the hint says what to do.
Result<FeatureReport> probe_features();

// One line, for the bundle and `scopetrace features`: "uprobes: session; sockets: yes; …".
std::string describe(const FeatureReport& features);

}  // namespace scopetrace
