// SPDX-License-Identifier: Apache-2.0
// The two lines that capture writes itself: line 0 and the summary.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "userspace/base/clock.h"
#include "userspace/bundle/frame.h"

namespace scopetrace {

// A library of the target and whether its calls can be seen.
struct CoveredLibrary {
  std::string name;  // path as the target sees it
  bool is_covered = false;
  std::string reason;  // of a library that is not covered; else empty
};

struct FailedProbe {
  std::string name;
  std::string reason;
};

// The capture flags from some moment on.
struct FlagState {
  std::uint64_t time_realtime_ns = 0;
  std::string digest;                         // sha256:… of the file; none when there is none
  std::string problem;                        // why everything is off; else empty
  std::map<std::string, std::string> levels;  // third party → off, metadata, headers, …
};

// What line 0 states.
struct SessionRecord {
  std::string session;     // UUIDv7
  std::uint32_t part = 1;  // counts from 1
  std::string host;
  std::string kernel;                // uname -r
  std::string version;               // of scopetrace
  std::string approval;              // its id
  std::string level;                 // metadata | headers | shape | redacted
  std::string redaction;             // as in the approval
  std::uint32_t tgid = 0;            // the target; 0 when it is a unit or container
  std::uint32_t namespace_tgid = 0;  // in its own pid namespace, where that is another number
  std::string group_path;            // of a unit or container, below the mount of cgroup v2
  std::string
      start_ticks;         // of the target, field 22 of /proc/PID/stat, decimal; empty when unknown
  std::string target;      // the approval's target value
  std::string executable;  // sha256:… ; empty when unknown
  std::string context;     // redacted command line
  std::vector<std::string> third_parties;
  std::uint64_t max_seconds = 0;
  std::uint64_t max_bytes = 0;
  std::uint64_t max_events_per_second = 0;
  std::uint64_t max_cpu_percent = 0;
  std::vector<std::string> probes_attached;
  std::vector<FailedProbe> probes_failed;
  std::vector<CoveredLibrary> libraries;
  std::optional<FlagState> flags;  // when there are any
  ClockPair clocks;                // read once at the start
};

// Line 0, LF included. Always shorter than kMaxLineBytes: lists are cut at 256 entries and strings
// at 1024 bytes.
std::string encode_session_line(const SessionRecord& record);

// What the summary states. `claimed_` is the redactor's word.
struct SummaryRecord {
  std::uint64_t index = 0;  // its `n`: BundleWriter::leaf_count()
  std::uint64_t time_realtime_ns = 0;
  std::string end;  // as in the final note
  std::uint64_t duration_ns = 0;
  LossCounters losses;
  std::map<std::string, std::uint64_t> claimed_redactions;  // per class
  std::map<std::string, std::uint64_t> counts;              // capture's own counters by name
  std::uint64_t cpu_ns = 0;                                 // charged run time of the programs
  std::vector<FlagState> flag_changes;                      // while it ran
};

// The last line, LF included.
std::string encode_summary_line(const SummaryRecord& record);

}  // namespace scopetrace
