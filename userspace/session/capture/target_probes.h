// SPDX-License-Identifier: Apache-2.0
// Places probes in the TLS libraries of the target, at the start and when it loads another.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/bundle/own_lines.h"
#include "userspace/probe/probe_set.h"
#include "userspace/resolve/libraries.h"
#include "userspace/resolve/resolver_client.h"

namespace scopetrace {

// One file with the sites that the sandboxed resolver found, checked against its mappings.
struct ResolvedFile {
  TlsFile file;
  std::vector<Site> sites;
  std::string problem;    // why there are no sites; empty when there are
  std::string uncovered;  // what is in it that the sites do not cover; empty: nothing known
  GoFacts go;             // of an executable; one that links OpenSSL as well has both
};

using FileId = std::pair<dev_t, ino_t>;

// Finds the target's files and resolves those that are not in `known`. Slow (a sandboxed process a
// file) and free of shared state: made for a thread of its own.
Result<std::vector<ResolvedFile>> resolve_target(std::uint32_t tgid, const std::set<FileId>& known,
                                                 const ResolverOptions& options);

// What a file would be covered by and what not, one entry each, before any probe is attached: of a
// covered one `reason` says how its sites would be probed. Nothing for the dynamic loader.
std::vector<CoveredLibrary> coverage_of(const ResolvedFile& resolved);

// Which files carry probes. Not thread-safe.
class TargetProbes {
 public:
  explicit TargetProbes(ProbeSet& probes) : probes_(probes) {}

  // Places probes in these files and keeps them for attach_again().
  void attach(std::vector<ResolvedFile> files);
  // After ProbeSet::detach(): everything that was attached, once more.
  Status attach_again();

  const std::set<FileId>& known() const { return known_; }
  const std::vector<CoveredLibrary>& libraries() const { return libraries_; }
  const std::vector<std::string>& attached() const { return attached_; }
  const std::vector<FailedProbe>& failed() const { return failed_; }

 private:
  void attach_one(ResolvedFile resolved);
  void note(const ResolvedFile& resolved, const std::string& problem);

  ProbeSet& probes_;
  std::vector<ResolvedFile> files_;  // that carry probes
  std::set<FileId> known_;
  std::vector<CoveredLibrary> libraries_;
  std::vector<std::string> attached_;
  std::vector<FailedProbe> failed_;
};

}  // namespace scopetrace
