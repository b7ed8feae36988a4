// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/probe_set.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "scopetrace.skel.h"
#include "userspace/base/unique_fd.h"
#include "userspace/probe/identity.h"
#include "userspace/probe/libbpf_log.h"
#include "userspace/probe/program_config.h"
#include "userspace/probe/uprobe_link.h"

namespace scopetrace {
namespace {

using Skeleton = std::unique_ptr<scopetrace_bpf, decltype(&scopetrace_bpf__destroy)>;
using Link = std::unique_ptr<bpf_link, decltype(&bpf_link__destroy)>;
using ControlRing = std::unique_ptr<ring_buffer, decltype(&ring_buffer__free)>;

constexpr std::size_t kRingWithTls = 32U << 20;    // rides out 100 ms at 2 Gbit/s of plaintext
constexpr std::size_t kRingWithoutTls = 4U << 20;  // metadata only

// The writable narrowing map's only value; struct st_narrow_value of bpf/state.h.
struct Narrow {
  std::uint32_t running;
  std::uint32_t payload;
};

Status check_config(const ProbeConfig& config) {
  if ((config.tgid == 0 && !config.group) || config.deadline_ns == 0 ||
      config.max_events_per_second == 0 || config.max_bytes == 0 || config.max_cpu_percent == 0) {
    return fail(ErrorCode::kUsage, "a probe limit or the target's identity is 0");
  }
  if (config.ring_bytes != 0 && (!std::has_single_bit(config.ring_bytes) ||
                                 config.ring_bytes < 65536 || config.ring_bytes > (1U << 30))) {
    return fail(ErrorCode::kUsage, "ring size is no power of two between 64 KiB and 1 GiB: " +
                                       std::to_string(config.ring_bytes));
  }
  const bool is_group_good =
      !config.group || (config.group->id != 0 && config.group->path.size() > 1 &&
                        config.group->path.size() < ST_GROUP_PATH_MAX - 1);
  if (!is_group_good) return fail(ErrorCode::kUsage, "the group has no id, or a path too long");
  return {};
}

// Who comes into a group is told by the events of processes, too.
Status choose_group_events(const ProbeConfig& config, FeatureReport& features) {
  if (config.group && !features.group_events) {
    return fail(ErrorCode::kUnsupported, "kernel without cgroup tracepoints in its BTF");
  }
  features.process_events = config.process || config.group;
  features.group_events = config.group.has_value();
  return {};
}

// The features this session uses: what the kernel offers, less what the config leaves out.
Result<FeatureReport> choose_features(const ProbeConfig& config) {
  ST_ASSIGN_OR_RETURN(FeatureReport features, probe_features());
  if (config.attach_kind) features.attach_kind = *config.attach_kind;
  if (!config.tls) features.attach_kind = AttachKind::kNone;
  if (config.tls && features.private_stacks && !features.preempt_kfunc) {
    return fail(ErrorCode::kUnsupported,
                "TLS capture needs bpf_preempt_disable on kernels with private program stacks");
  }
  if (config.avoid_socket_lengths) {
    features.socket_syscalls = true;
    features.socket_lengths = false;
  }
  features.socket_lengths = features.socket_lengths && config.sockets;
  features.socket_syscalls = features.socket_syscalls && config.sockets;
  features.socket_states = features.socket_states && config.sockets;
  features.logs = features.logs && config.logs;
  features.system_calls = features.system_calls && config.calls != 0;
  features.call_times = features.call_times && features.system_calls && config.timing;
  features.plain_sockets = features.plain_sockets && config.plain && config.sockets;
  if (config.process && !features.process_events) {
    return fail(ErrorCode::kUnsupported, "kernel without sched_process tracepoints in its BTF");
  }
  ST_RETURN_IF_ERROR(choose_group_events(config, features));
  return features;
}

void use_program(bpf_program* program, bool wanted, std::uint32_t attach_type = 0) {
  bpf_program__set_autoload(program, wanted);
  if (attach_type != 0) {
    bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(attach_type));
  }
}

void choose_programs(scopetrace_bpf& skeleton, const FeatureReport& features) {
  const auto& programs = skeleton.progs;
  const bool session = features.attach_kind == AttachKind::kSession;
  const bool multi = features.attach_kind == AttachKind::kMulti;
  const bool pair = multi || features.attach_kind == AttachKind::kPerf;
  use_program(programs.st_handle_session, session, kAttachUprobeSession);
  use_program(programs.st_handle_entry, pair, multi ? kAttachUprobeMulti : 0);
  use_program(programs.st_handle_return, pair, multi ? kAttachUprobeMulti : 0);
  use_program(programs.st_handle_go, session || pair, session || multi ? kAttachUprobeMulti : 0);
  use_program(programs.st_handle_send, features.socket_lengths);
  use_program(programs.st_handle_receive, features.socket_lengths);
  use_program(programs.st_handle_syscall, features.socket_syscalls || features.plain_sockets ||
                                              features.logs || features.system_calls);
  use_program(programs.st_handle_syscall_entry, features.call_times);
  use_program(programs.st_handle_state, features.socket_states);
  use_program(programs.st_handle_fork, features.process_events);
  use_program(programs.st_handle_exec, features.process_events);
  use_program(programs.st_handle_exit, features.process_events);
  use_program(programs.st_handle_move, features.group_events);
  use_program(programs.st_handle_mkdir, features.group_events);
  use_program(programs.st_tell_present, features.group_events);
}

constexpr std::uint8_t kGenerationMask = 0x7f;

// The attach cookie that bpf/tls.h and bpf/go_tls.h take apart.
std::uint64_t cookie_of(const Site& site, std::uint8_t generation) {
  return static_cast<std::uint64_t>(site.kind) |
         static_cast<std::uint64_t>(site.size_argument) << 8 |
         static_cast<std::uint64_t>(site.is_cheap) << 16 |
         static_cast<std::uint64_t>(generation & kGenerationMask) << 17 |
         static_cast<std::uint64_t>(site.flags) << 24 |
         static_cast<std::uint64_t>(static_cast<std::uint32_t>(site.tcp_close)) << 32;
}

// Sites that only tell which request caused another one.
bool is_for_requests(SiteKind kind) {
  return kind == SiteKind::kGoRoundTrip || kind == SiteKind::kGoExit;
}

// Sites come from another process: nothing about them is believed.
bool is_usable(const Site& site, const AttachPolicy& policy) {
  if (is_go_site(site.kind)) return !policy.safe_sites && site.is_cheap <= 1;
  if (site.kind == SiteKind::kTlsFree || site.kind == SiteKind::kLoaderChange) return true;
  if (!moves_bytes(site) || site.is_function_entry != 1 || site.is_cheap > 1) return false;
  if (site.size_argument != 0 && site.size_argument != 4 && site.size_argument != 5) return false;
  if (site.flags > kSiteAllFlags) return false;
  return !policy.safe_sites || site.is_cheap == 1;
}

bool is_member_event(std::uint16_t type) {
  return type == ST_EVENT_JOINED || type == ST_EVENT_STRANGER || type == ST_EVENT_LEFT;
}

// False: there is one at this offset already.
bool add_site(UprobeSites& list, const Site& site, std::uint8_t generation) {
  const auto& seen = list.offsets;
  if (std::find(seen.begin(), seen.end(), site.file_offset) != seen.end()) return false;
  list.offsets.push_back(site.file_offset);
  list.cookies.push_back(cookie_of(site, generation));
  return true;
}

// Where the end of goroutines is probed, they may serve requests: ST_SITE_GO_ENDS of bpf/tls.h.
void mark_where_goroutines_end(UprobeSites& go) {
  constexpr std::uint64_t kKindMask = 0xff, kEnds = std::uint64_t{kSiteGoEnds} << 24;
  const bool is_end_seen = std::any_of(go.cookies.begin(), go.cookies.end(), [](std::uint64_t one) {
    return (one & kKindMask) == static_cast<std::uint64_t>(SiteKind::kGoExit);
  });
  for (std::uint64_t& cookie : go.cookies) cookie = is_end_seen ? cookie | kEnds : cookie & ~kEnds;
}

}  // namespace

struct ProbeSet::State {
  ProbeConfig config;
  FeatureReport features;
  ProcessIdentity target;
  Skeleton skeleton{nullptr, scopetrace_bpf__destroy};
  ControlRing control{nullptr, ring_buffer__free};
  std::vector<Link> links;
  std::vector<UniqueFd> link_fds;
  std::uint8_t generation = 0;                // of attached sites; wraps
  const ControlCallback* callback = nullptr;  // while poll_control() runs
  MemberCallback on_member;
  Link present{nullptr, bpf_link__destroy};  // of the iterator that tells of a group's members

  static int on_control(void* context, void* data, std::size_t size) noexcept {
    auto& state = *static_cast<State*>(context);
    if (size < sizeof(st_process_event) || state.callback == nullptr) return 0;
    const auto& event = *static_cast<const st_process_event*>(data);
    if (!is_member_event(event.header.type)) {
      (*state.callback)(event);
    } else if (size >= sizeof(st_member_event) && state.on_member) {
      state.on_member(*static_cast<const st_member_event*>(data));
    }
    return 0;
  }

  Status load() {
    const LibbpfLog log;
    skeleton.reset(scopetrace_bpf__open());
    if (!skeleton) return fail_bpf("open programs", errno, log.tail());
    ST_RETURN_IF_ERROR(configure_programs(*skeleton, config, features, target));
    choose_programs(*skeleton, features);
    bpf_map__set_max_entries(skeleton->maps.st_events, static_cast<__u32>(config.ring_bytes));
    if (const int error = scopetrace_bpf__load(skeleton.get())) {
      return fail_bpf("load programs", -error, log.tail());
    }
    control.reset(
        ring_buffer__new(bpf_map__fd(skeleton->maps.st_control), on_control, this, nullptr));
    if (!control) return fail_bpf("map control ring", errno);
    return {};
  }

  Status attach(bpf_program* program) {
    const LibbpfLog log;
    Link link(bpf_program__attach(program), bpf_link__destroy);
    if (!link) return fail_bpf(bpf_program__name(program), errno, log.tail());
    links.push_back(std::move(link));
    return {};
  }

  Status link_sites(bpf_program* program, std::uint32_t kind, const UprobeSites& sites,
                    bool at_return) {
    if (sites.offsets.empty()) return {};
    ST_ASSIGN_OR_RETURN(UniqueFd link,
                        link_uprobes(bpf_program__fd(program), kind, sites, at_return));
    link_fds.push_back(std::move(link));
    return {};
  }

  // All sites in one link; for kMulti the TLS calls in a second one for their return.
  Status attach_multi(const UprobeSites& all, const UprobeSites& calls) {
    if (features.attach_kind == AttachKind::kSession) {
      return link_sites(skeleton->progs.st_handle_session, kAttachUprobeSession, all, false);
    }
    ST_RETURN_IF_ERROR(
        link_sites(skeleton->progs.st_handle_return, kAttachUprobeMulti, calls, true));
    return link_sites(skeleton->progs.st_handle_entry, kAttachUprobeMulti, all, false);
  }

  // Entries and returns of Go are all plain probes.
  Status attach_go(const UprobeSites& sites) {
    if (features.attach_kind == AttachKind::kPerf) {
      return attach_perf(skeleton->progs.st_handle_go, sites, false);
    }
    return link_sites(skeleton->progs.st_handle_go, kAttachUprobeMulti, sites, false);
  }

  Status attach_perf(bpf_program* program, const UprobeSites& sites, bool at_return) {
    const LibbpfLog log;
    for (std::size_t i = 0; i < sites.offsets.size(); ++i) {
      LIBBPF_OPTS(bpf_uprobe_opts, options);
      options.retprobe = at_return;
      options.bpf_cookie = sites.cookies[i];
      const int tgid = sites.tgid == 0 ? -1 : static_cast<int>(sites.tgid);
      Link link(bpf_program__attach_uprobe_opts(program, tgid, sites.path.c_str(), sites.offsets[i],
                                                &options),
                bpf_link__destroy);
      if (!link) return fail_bpf("attach uprobe (needs CAP_SYS_ADMIN)", errno, log.tail());
      links.push_back(std::move(link));
    }
    return {};
  }

  // Reading the iterator runs it.
  Status tell_present() {
    const LibbpfLog log;
    if (!present) {
      present.reset(bpf_program__attach_iter(skeleton->progs.st_tell_present, nullptr));
    }
    if (!present) return fail_bpf("attach group iterator", errno, log.tail());
    const UniqueFd reader(bpf_iter_create(bpf_link__fd(present.get())));
    if (!reader) return fail_bpf("create group iterator", errno);
    char nothing = 0;
    if (::read(reader.get(), &nothing, 1) < 0) return fail_errno("read group iterator");
    return {};
  }

  Status narrow(Narrow value) const {
    const std::uint32_t zero = 0;
    if (bpf_map_update_elem(bpf_map__fd(skeleton->maps.st_narrow), &zero, &value, BPF_ANY) != 0) {
      return fail_bpf("write st_narrow", errno);
    }
    return {};
  }
};

ProbeSet::ProbeSet(std::unique_ptr<State> state) : state_(std::move(state)) {}
ProbeSet::ProbeSet(ProbeSet&&) noexcept = default;
ProbeSet& ProbeSet::operator=(ProbeSet&&) noexcept = default;
ProbeSet::~ProbeSet() {
  if (state_) detach();
}

Result<ProbeSet> ProbeSet::load(const ProbeConfig& config) {
  ST_RETURN_IF_ERROR(check_config(config));
  auto state = std::make_unique<State>();
  state->config = config;
  if (config.ring_bytes == 0) {
    state->config.ring_bytes = config.tls ? kRingWithTls : kRingWithoutTls;
  }
  ST_ASSIGN_OR_RETURN(state->features, choose_features(config));
  if (!config.group) {
    ST_ASSIGN_OR_RETURN(state->target, read_identity(config.tgid));
  }
  ST_RETURN_IF_ERROR(state->load());
  return ProbeSet(std::move(state));
}

int ProbeSet::payload_ring_fd() const { return bpf_map__fd(state_->skeleton->maps.st_events); }
std::size_t ProbeSet::payload_ring_bytes() const { return state_->config.ring_bytes; }
const FeatureReport& ProbeSet::features() const { return state_->features; }

const ProcessIdentity& ProbeSet::target() const { return state_->target; }

Status ProbeSet::allow_program(const st_program& program) {
  const std::uint8_t one = 1;
  const int map = bpf_map__fd(state_->skeleton->maps.st_programs);
  if (bpf_map_update_elem(map, &program, &one, BPF_ANY) == 0) return {};
  if (errno == E2BIG) return fail(ErrorCode::kLimit, "the group runs more than 256 programs");
  return fail_bpf("write st_programs", errno);
}

Status ProbeSet::tell_present() { return state_->tell_present(); }

std::uint64_t ProbeSet::group_id() const {
  const bpf_map* map = state_->skeleton->maps.st_shared_map;
  const std::uint32_t zero = 0;
  // struct st_shared of bpf/state.h, which begins with the id.
  std::vector<std::uint64_t> shared(bpf_map__value_size(map) / sizeof(std::uint64_t));
  const bool is_read = bpf_map_lookup_elem(bpf_map__fd(map), &zero, shared.data()) == 0;
  if (is_read && shared.front() != 0) return shared.front();
  return state_->config.group ? state_->config.group->id : 0;
}

Status ProbeSet::attach_kernel_probes() {
  const auto& programs = state_->skeleton->progs;
  for (bpf_program* program :
       {programs.st_handle_fork, programs.st_handle_exec, programs.st_handle_exit,
        programs.st_handle_state, programs.st_handle_send, programs.st_handle_receive,
        programs.st_handle_syscall, programs.st_handle_syscall_entry, programs.st_handle_move,
        programs.st_handle_mkdir}) {
    if (bpf_program__autoload(program)) ST_RETURN_IF_ERROR(state_->attach(program));
  }
  return {};
}

Result<SitesAttached> ProbeSet::attach_sites(int file_fd, std::span<const Site> sites,
                                             const AttachPolicy& policy) {
  if (!state_->config.tls) return fail(ErrorCode::kUsage, "session without tls attaches no sites");
  SitesAttached result;
  UprobeSites all;
  all.path = "/proc/self/fd/" + std::to_string(file_fd);
  all.tgid = state_->config.children ? 0 : state_->config.tgid;  // 0 of a group
  UprobeSites calls = all;
  UprobeSites go = all;
  const std::uint8_t generation = ++state_->generation;
  std::size_t unwanted = 0;
  for (const Site& site : sites.first(std::min(sites.size(), kMaxSites))) {
    UprobeSites& list = is_go_site(site.kind) ? go : all;
    if (is_for_requests(site.kind) && state_->config.requests.empty()) {
      ++unwanted;
      continue;
    }
    if (!is_usable(site, policy) || !add_site(list, site, generation)) continue;
    if (moves_bytes(site)) add_site(calls, site, generation);
    ++result.attached;
  }
  result.skipped = sites.size() - result.attached - unwanted;
  mark_where_goroutines_end(go);
  ST_RETURN_IF_ERROR(state_->attach_go(go));
  if (state_->features.attach_kind != AttachKind::kPerf) {
    ST_RETURN_IF_ERROR(state_->attach_multi(all, calls));
    return result;
  }
  const auto& programs = state_->skeleton->progs;
  ST_RETURN_IF_ERROR(state_->attach_perf(programs.st_handle_return, calls, true));
  ST_RETURN_IF_ERROR(state_->attach_perf(programs.st_handle_entry, all, false));
  return result;
}

void ProbeSet::detach() {
  state_->link_fds.clear();
  state_->links.clear();
}

Status ProbeSet::resume() { return state_->narrow({1, 1}); }
Status ProbeSet::pause() { return state_->narrow({0, 0}); }

Status ProbeSet::mute(std::uint64_t conn_id) {
  const std::uint8_t one = 1;
  const int map = bpf_map__fd(state_->skeleton->maps.st_muted);
  if (bpf_map_update_elem(map, &conn_id, &one, BPF_ANY) != 0) return fail_bpf("mute", errno);
  return {};
}

Result<ProbeCounters> ProbeSet::read_counters() const {
  ProbeCounters counters;
  const int map = bpf_map__fd(state_->skeleton->maps.st_counters);
  for (std::uint32_t index = 0; index < ST_COUNT_MAX; ++index) {
    if (bpf_map_lookup_elem(map, &index, &counters.values[index]) != 0) {
      return fail_bpf("read counters", errno);
    }
  }
  return counters;
}

void ProbeSet::set_member_callback(MemberCallback callback) {
  state_->on_member = std::move(callback);
}

int ProbeSet::control_epoll_fd() const { return ring_buffer__epoll_fd(state_->control.get()); }

Status ProbeSet::poll_control(const ControlCallback& callback, std::chrono::milliseconds timeout) {
  state_->callback = &callback;
  const int got = ring_buffer__poll(state_->control.get(), static_cast<int>(timeout.count()));
  state_->callback = nullptr;
  if (got < 0 && got != -EINTR) return fail_bpf("read control ring", -got);
  return {};
}

}  // namespace scopetrace
