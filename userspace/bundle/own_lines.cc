// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/own_lines.h"

#include "userspace/bundle/json_line.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxEntries = 256;
constexpr std::size_t kMaxText = 1024;

std::string cut(const std::string& text) { return text.substr(0, kMaxText); }

// At most kMaxEntries elements of `list`, each made by `make`.
template <class List, class Make>
Json cut_list(const List& list, Make make) {
  Json json = Json::array();
  for (const auto& element : list) {
    if (json.size() == kMaxEntries) break;
    json.push_back(make(element));
  }
  return json;
}

Json target_json(const SessionRecord& record) {
  Json json = {{"description", cut(record.target)}};
  if (record.tgid != 0) json["tgid"] = record.tgid;
  if (record.namespace_tgid != 0) json["namespace_tgid"] = record.namespace_tgid;
  if (!record.group_path.empty()) json["cgroup"] = cut(record.group_path);
  if (!record.start_ticks.empty()) json["start"] = cut(record.start_ticks);
  if (!record.executable.empty()) json["executable"] = cut(record.executable);
  if (!record.context.empty()) json["context"] = cut(record.context);
  return json;
}

Json limits_json(const SessionRecord& record) {
  return {{"max_seconds", json_number(record.max_seconds)},
          {"max_bytes", json_number(record.max_bytes)},
          {"max_events_per_second", json_number(record.max_events_per_second)},
          {"max_cpu_percent", json_number(record.max_cpu_percent)}};
}

Json probes_json(const SessionRecord& record) {
  return {{"attached", cut_list(record.probes_attached, cut)},
          {"failed", cut_list(record.probes_failed, [](const FailedProbe& probe) {
             return Json{{"name", cut(probe.name)}, {"reason", cut(probe.reason)}};
           })}};
}

Json library_json(const CoveredLibrary& library) {
  Json json = {{"name", cut(library.name)}, {"covered", library.is_covered}};
  if (!library.reason.empty()) json["reason"] = cut(library.reason);
  return json;
}

Json counts_json(const std::map<std::string, std::uint64_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) {
    if (json.size() == kMaxEntries) break;
    json[cut(name)] = json_number(count);
  }
  return json;
}

Json flags_json(const FlagState& flags) {
  Json json = {{"time", format_nanoseconds(flags.time_realtime_ns)}, {"digest", flags.digest}};
  if (!flags.problem.empty()) json["problem"] = cut(flags.problem);
  json["levels"] = Json::object();
  for (const auto& [third_party, level] : flags.levels) {
    if (json["levels"].size() == kMaxEntries) break;
    json["levels"][cut(third_party)] = level;
  }
  return json;
}

}  // namespace

std::string encode_session_line(const SessionRecord& record) {
  Json line = {{"type", "session"},
               {"format", 1},
               {"time", format_nanoseconds(record.clocks.realtime_ns)},
               {"session", cut(record.session)},
               {"part", record.part},
               {"host", cut(record.host)},
               {"kernel", cut(record.kernel)},
               {"version", cut(record.version)},
               {"approval", cut(record.approval)},
               {"level", cut(record.level)},
               {"redaction", cut(record.redaction)},
               {"target", target_json(record)},
               {"third_parties", cut_list(record.third_parties, cut)},
               {"limits", limits_json(record)},
               {"probes", probes_json(record)},
               {"libraries", cut_list(record.libraries, library_json)}};
  if (record.flags) line["flags"] = flags_json(*record.flags);
  line["clocks"] = {{"boottime_ns", std::to_string(record.clocks.boottime_ns)},
                    {"realtime_ns", std::to_string(record.clocks.realtime_ns)}};
  return dump_line(line);
}

std::string encode_summary_line(const SummaryRecord& record) {
  Json line = {{"type", "summary"},
               {"n", json_number(record.index)},
               {"time", format_nanoseconds(record.time_realtime_ns)},
               {"end", cut(record.end)},
               {"duration_ns", json_number(record.duration_ns)},
               {"losses", losses_json(record.losses)},
               {"claimed_redactions", counts_json(record.claimed_redactions)},
               {"counts", counts_json(record.counts)},
               {"cpu_ns", json_number(record.cpu_ns)}};
  if (!record.flag_changes.empty())
    line["flag_changes"] = cut_list(record.flag_changes, flags_json);
  return dump_line(line);
}

}  // namespace scopetrace
