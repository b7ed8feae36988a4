// SPDX-License-Identifier: Apache-2.0
// `trace.json`: Chrome's JSON trace format, which ui.perfetto.dev opens. Source: "Trace Event
// Format" of the Chromium project.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "userspace/export/export_format.h"

namespace scopetrace {

// Tracks: each process with its threads, which have calls, logs and events, and its connections,
// which have their exchanges. Exchanges that overlap on a connection, or are of another process
// than opened it, have a track each. Times are microseconds since the first line.
class PerfettoFormat final : public ExportFormat {
 public:
  explicit PerfettoFormat(ExportFile& file) : file_(file) {}

  Status add(const ExportLine& line) override;
  Status finish() override;

 private:
  struct Connection {
    std::string name;
    std::uint64_t tgid = 0;    // whose track it is
    std::uint64_t end_ns = 0;  // of the last exchange in it, or when it was opened
  };

  Status write_event(const Json& event);
  Status name_process(std::uint64_t tgid, const std::string& name);
  Status name_target(const Json& session);
  Status name_tracks(const Json& line);
  Status add_exchange(const Json& line);
  Status add_connection(const Json& line);
  Status add_dns(const Json& line);
  Status add_moment(const Json& line, const std::string& name, const char* category);
  Status add_call(const Json& line);
  Status add_span(Json event, std::uint64_t start_ns, std::uint64_t duration_ns);
  std::string track_of(const Json& line, std::uint64_t start_ns, std::uint64_t end_ns);
  double since_start(std::uint64_t at_ns) const;
  Json event_of(const Json& line, const char* phase, const std::string& name,
                const char* category) const;

  ExportFile& file_;
  std::uint64_t start_ns_ = 0;
  bool has_start_ = false;
  bool has_events_ = false;
  std::map<std::uint64_t, std::string> processes_;             // their names, by tgid
  std::set<std::pair<std::uint64_t, std::uint64_t>> threads_;  // tgid and tid
  std::map<std::string, Connection> connections_;              // by `conn`
};

Result<std::unique_ptr<ExportFormat>> make_perfetto_format(const ExportProfile& profile,
                                                           OutputFolder& folder);

}  // namespace scopetrace
