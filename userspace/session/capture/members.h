// SPDX-License-Identifier: Apache-2.0
// Who is captured besides, or instead of, one process: members of a group, descendants. Each that
// comes is looked at for what it needs probes for, and told of in the bundle.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpf/event.h"
#include "userspace/session/capture/preflight.h"
#include "userspace/session/capture/rescan.h"

namespace scopetrace {

// What the summary states of them.
struct MemberCounts {
  std::uint64_t joined = 0;          // also one that executes another program
  std::uint64_t left = 0;            // moved out, or executed a program that is not approved
  std::uint64_t group_restarts = 0;  // the group's folder was made again
  std::uint64_t unexamined = 0;      // could not be looked at: ended, or too many at once
  std::uint64_t untold = 0;          // beyond the bound of lines
  std::uint64_t unlearned = 0;       // secrets of its environment and files were not learned
  std::uint64_t blind_windows = 0;   // times that probes came later than what they were for
  std::uint64_t blind_ns_max = 0;
  std::uint64_t blind_ns_total = 0;
};
// By the names that the summary has; `programs` may be null.
std::map<std::string, std::uint64_t> counts_of(const MemberCounts& counts,
                                               const GroupPrograms* programs);

// One thread. Bounded whatever the target does: 16,384 members known by number, 10,000 lines, 1,024
// waiting to be looked at.
class Members {
 public:
  // Borrowed. The members that were there at the start are told of at once.
  explicit Members(Prepared& prepared, ResolverOptions options);

  // A record of the control ring.
  void take(const st_member_event& event);
  // Comes before the child joins.
  void take_fork(std::uint32_t parent, std::uint32_t child);
  void take_exit(std::uint32_t tgid);
  void take_group_made() { ++counts_.group_restarts; }
  // The loader of this process changed its link map.
  void take_library(const st_event_header& header);

  int scan_fd() const { return rescan_.event_fd(); }
  int program_fd() const;
  // Carries out what has ended; `is_attached` is false while the breaker has taken probes away.
  void handle_scans(bool is_attached);
  // An error when the programs in the kernel cannot be told.
  Status handle_programs();

  // The probes are gone: those who wait to be looked at are told of as they are.
  void finish();

  MemberCounts counts() const { return counts_; }

 private:
  // `event` is when it was met, which may be before it came into scope.
  void join(const st_member_event& event, std::uint64_t in_scope_ns);
  bool has_probes_of_parent(const st_member_event& event);
  void tell(const st_member_event& event, std::uint64_t blind_ns);
  std::uint32_t own_tgid_of(std::uint32_t tgid) const;
  void note_blind(std::uint64_t blind_ns);
  void learn(const st_member_event& event);
  st_member_event as_first_met(const st_member_event& event);

  Prepared& prepared_;
  LibraryRescan rescan_;
  bool needs_sites_;
  MemberCounts counts_;
  std::unordered_map<std::uint32_t, std::uint32_t> own_tgids_;  // of members, by tgid
  std::unordered_map<std::uint32_t, st_member_event> strangers_;
  std::unordered_map<std::uint32_t, std::uint32_t> parents_;  // of children that have not joined
  std::uint64_t lines_ = 0;
  std::uint64_t learned_ = 0;
  std::uint64_t last_attach_ns_ = 0;
};

}  // namespace scopetrace
