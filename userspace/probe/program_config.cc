// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/program_config.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "scopetrace.skel.h"
#include "userspace/probe/request_needles.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kWindowsPerSecond = 10;        // ST_WINDOW_NS of bpf/limits.h
constexpr std::uint64_t kNsPerCpuPercent = 1'000'000;  // 1 % of a window of 100 ms

// Charged run time, entry and return together: the least that tests/bench/tls_cost measured, in CPU
// time of the target, on a virtual machine of two AMD EPYC (6.18). SSL_write of 100 B at a cheap
// site +1.1 us, at a stepped one +17.6 us, of 16 KiB at a cheap site +3.3 us; each holds one socket
// hit. A call of Go costs as much as a stepped one (tests/bench/go_tls_cost): its entry is
// emulated, its RET stepped. A machine that steps faster, as bare metal should, is charged too
// much. Measuring at start instead would put probes into scopetrace itself.
constexpr std::uint64_t kCheapHitNs = 1'000;
constexpr std::uint64_t kSteppedHitNs = 17'500;
constexpr std::uint64_t kGoHitNs = 17'500;
constexpr std::uint64_t kSocketHitNs = 150;
constexpr std::uint64_t kSystemCallNs = 120;  // of the target; other processes' are not charged
constexpr std::uint64_t kKibNs = 130;
// Under request scope, copied or not. The same bench: 100 B +0.1 us, 4 KiB of short header lines,
// as the head of a request has them, +5.5 us.
constexpr std::uint64_t kJudgeNs = 150;
constexpr std::uint64_t kJudgeKibNs = 1'350;

void fill_target(scopetrace_bpf& skeleton, const ProbeConfig& config,
                 const ProcessIdentity& target) {
  auto& limits = *skeleton.rodata;
  limits.st_target_tgid = target.tgid;
  limits.st_target_start_ns = target.start_ns;
  limits.st_own_namespace = own_pid_namespace();
  if (!config.group) return;
  const std::string& path = config.group->path;
  limits.st_group_id = config.group->id;
  limits.st_group_level = static_cast<std::uint32_t>(std::count(path.begin(), path.end(), '/'));
  limits.st_any_program = config.group->any_program;
  std::copy(path.begin(), path.end(), limits.st_group_path);
}

void fill_limits(scopetrace_bpf& skeleton, const ProbeConfig& config,
                 const FeatureReport& features) {
  auto& limits = *skeleton.rodata;
  limits.st_deadline_ns = config.deadline_ns;
  limits.st_window_events =
      std::max<std::uint64_t>(1, config.max_events_per_second / kWindowsPerSecond);
  limits.st_window_cpu_ns = config.max_cpu_percent * kNsPerCpuPercent;
  limits.st_total_bytes = config.max_bytes;
  limits.st_cheap_hit_ns = kCheapHitNs;
  limits.st_stepped_hit_ns = kSteppedHitNs;
  limits.st_go_hit_ns = kGoHitNs;
  limits.st_socket_hit_ns = kSocketHitNs;
  limits.st_system_call_ns = kSystemCallNs;
  limits.st_kib_ns = kKibNs;
  limits.st_judge_ns = kJudgeNs;
  limits.st_judge_kib_ns = kJudgeKibNs;
  limits.st_children = config.children;
  limits.st_inbound = config.inbound;
  limits.st_private_stacks = features.private_stacks;
  limits.st_ipv4 = config.ipv4;
  limits.st_ipv6 = config.ipv6;
  limits.st_plain = features.plain_sockets;
  limits.st_logs = features.logs;
  limits.st_timing = features.call_times;
  limits.st_call_families = features.system_calls ? config.calls : 0;
  limits.st_socket_calls = features.socket_syscalls;
}

Status fill_needles(scopetrace_bpf& skeleton, const ProbeConfig& config) {
  ST_ASSIGN_OR_RETURN(const RequestNeedles needles, make_request_needles(config.requests));
  auto& limits = *skeleton.rodata;
  std::size_t at = 0;
  for (const auto* list : {&needles.http1, &needles.http2}) {
    for (const RequestNeedle& needle : *list) {
      std::copy(needle.value.begin(), needle.value.end(), limits.st_needle_value[at]);
      std::copy(needle.mask.begin(), needle.mask.end(), limits.st_needle_mask[at]);
      std::copy(needle.fold.begin(), needle.fold.end(), limits.st_needle_fold[at]);
      ++at;
    }
  }
  limits.st_http1_needles = static_cast<std::uint32_t>(needles.http1.size());
  limits.st_all_needles = static_cast<std::uint32_t>(at);
  return {};
}

}  // namespace

Status configure_programs(scopetrace_bpf& skeleton, const ProbeConfig& config,
                          const FeatureReport& features, const ProcessIdentity& target) {
  fill_target(skeleton, config, target);
  fill_limits(skeleton, config, features);
  return fill_needles(skeleton, config);
}

}  // namespace scopetrace
