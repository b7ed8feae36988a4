// SPDX-License-Identifier: Apache-2.0
// The kernel side of one session: programs, rings, limits and their attach points.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bpf/event.h"
#include "userspace/base/result.h"
#include "userspace/probe/features.h"
#include "userspace/probe/identity.h"
#include "userspace/probe/request_needles.h"
#include "userspace/resolve/site.h"

namespace scopetrace {

// A control group as target: every process in it or below that runs an approved program.
struct GroupScope {
  std::uint64_t id = 0;      // inode number of its folder in cgroup v2
  std::string path;          // below the mount, at most ST_GROUP_PATH_MAX - 2 bytes, not the root
  bool any_program = false;  // whatever its processes run
};

// Identity and limits of a session. They go into read-only data of the programs before load, so
// nobody can widen them afterwards. A limit of 0 is refused: there is no "unlimited".
struct ProbeConfig {
  std::uint32_t tgid = 0;           // as this process sees it; 0 with a group
  std::optional<GroupScope> group;  // instead of a process; uprobes as with `children`
  std::uint64_t deadline_ns = 0;    // CLOCK_BOOTTIME; nothing is copied later
  std::uint32_t max_events_per_second = 20'000;
  std::uint64_t max_bytes = 1ULL << 30;  // payload of the whole session
  std::uint32_t max_cpu_percent = 5;     // of one CPU, charged by the programs themselves
  // Calls outside requests with one of these headers are never copied; empty: all requests.
  std::vector<RequestHeader> requests;
  bool children = false;  // follow fork and exec; uprobes are then attached for all processes
  bool inbound = false;   // also connections that the target accepted
  bool ipv4 = true;
  bool ipv6 = true;
  bool tls = true;         // attach_sites() may be called
  bool sockets = true;     // connections and the peer of TLS objects
  bool plain = false;      // payload of sockets without TLS: every process pays at each call
  std::uint8_t calls = 0;  // set of st_call_family: system calls; every process pays as for `plain`
  bool timing = false;     // of `calls` also when they begin; every process pays once more
  bool logs = false;       // writes to logs; every process pays as for `plain`
  bool process = true;     // fork, exec, exit; without it exec is only noticed by the caller
  std::size_t ring_bytes = 0;  // payload ring, a power of two; 0: 32 MiB with tls, else 4 MiB
  std::optional<AttachKind> attach_kind;  // instead of the best one found; for tests
  bool avoid_socket_lengths = false;      // as on kernels before 6.3; for tests
};

// How attach_sites() treats what the resolver answered.
struct AttachPolicy {
  bool safe_sites = false;  // skip sites that are not cheap function entries
};

// What attach_sites() did. TLS sites that are not the first instruction of a function are skipped:
// a return probe there would corrupt the target, and without the returned count neither partial
// writes nor retries can be told from bytes that moved.
struct SitesAttached {
  std::size_t attached = 0;
  std::size_t skipped = 0;
};

// Values of the kernel's counters, indexed by enum st_counter. Facts, not claims.
struct ProbeCounters {
  std::uint64_t values[ST_COUNT_MAX] = {};
  std::uint64_t operator[](st_counter counter) const { return values[counter]; }
};

// Owns the loaded programs, their maps and every link. Destroying it (or the death of the process)
// removes all probes: nothing is pinned, every descriptor is close-on-exec. One thread.
//
// Order of calls: load, attach_kernel_probes, attach_sites for each file, resume. Nothing reaches
// the payload ring before resume().
class ProbeSet {
 public:
  // Called for each record of the control ring: fork, exec and exit of scoped processes, and
  // ST_EVENT_LIBRARY when the loader changed the link map. The record is borrowed for the call.
  using ControlCallback = std::function<void(const st_process_event&)>;
  // The same for st_member_event: with `children` or a group, who comes into scope and who goes.
  using MemberCallback = std::function<void(const st_member_event&)>;

  // Creates maps and loads the programs this kernel can run, bound to the process that has the tgid
  // now. kUsage: a limit is 0, a ring size is no power of two, a group's path is too long.
  // kUnsupported: no BTF, missing capability, no way to attach uprobes. kNotFound: no such process.
  // kIo: the verifier said no; the message ends with the last lines of its log.
  static Result<ProbeSet> load(const ProbeConfig& config);
  ProbeSet(ProbeSet&&) noexcept;
  ProbeSet& operator=(ProbeSet&&) noexcept;
  ~ProbeSet();

  // Who the target is; zero when it is a group.
  const ProcessIdentity& target() const;
  // Of a group: this file's content has an approved digest. kLimit when there are 256 already.
  Status allow_program(const st_program& program);
  // Of a group: has the programs tell of every process that is in it now, as when it joined. Those
  // that were told of as members are not told again.
  Status tell_present();
  // The id of the group's folder now; it changes when the folder is made again.
  std::uint64_t group_id() const;

  // The map of the payload ring; its only consumer is the redactor, which maps it: the consumer
  // page (offset 0, one page) read-write, then producer page and twice payload_ring_bytes() of
  // data read-only. Records are committed without wakeups: poll it on a timer.
  int payload_ring_fd() const;
  std::size_t payload_ring_bytes() const;

  // Attaches the tracepoint programs (process, connections). All or an error.
  Status attach_kernel_probes();
  // Attaches to one file of the target through /proc/self/fd/`file_fd`, which may be closed
  // afterwards. May be called again for late libraries. Empty `sites` is no error.
  Result<SitesAttached> attach_sites(int file_fd, std::span<const Site> sites,
                                     const AttachPolicy& policy);
  // Removes every probe; the rings and counters stay readable. Idempotent.
  void detach();

  // The writable side of the kernel's decision; it can only narrow what load() fixed. While
  // paused, positions of known TLS objects still advance, so that the reader sees a gap.
  Status resume();
  Status pause();
  // Stops copying payload of one connection for good.
  Status mute(std::uint64_t conn_id);

  Result<ProbeCounters> read_counters() const;

  // Readable when the control ring holds records: for the caller's own epoll.
  int control_epoll_fd() const;
  void set_member_callback(MemberCallback callback);
  // Delivers waiting control records; waits for the first one up to `timeout` (0: does not wait).
  Status poll_control(const ControlCallback& callback, std::chrono::milliseconds timeout);

  const FeatureReport& features() const;

 private:
  struct State;
  explicit ProbeSet(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace scopetrace
