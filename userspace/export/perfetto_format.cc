// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/perfetto_format.h"

#include <algorithm>

#include "userspace/export/http_line.h"
#include "userspace/export/json_members.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxTracks = 100'000;  // threads and connections that are remembered

double microseconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e3; }

// What a click on an event shows: all of the line but what its place says.
Json arguments_of(const Json& line) {
  Json arguments = Json::object();
  for (const auto& [key, value] : line.items()) {
    if (key != "type" && key != "time" && key != "tgid" && key != "tid") arguments[key] = value;
  }
  return arguments;
}

std::string exchange_name(const Json& line) {
  const std::string host = text_at(line, {"request", "host"});
  const std::string target = text_at(line, {"request", "target"});
  const std::uint64_t status = number_at(line, {"response", "status"});
  return text_at(line, {"request", "method"}) + " " + host +
         target.substr(0, target.find_first_of("?#")) +
         (status == 0 ? "" : " " + std::to_string(status));
}

// The id of a track that readers show with its process.
Json process_track(const std::string& id) { return {{"local", id}}; }

}  // namespace

double PerfettoFormat::since_start(std::uint64_t at_ns) const {
  return at_ns >= start_ns_ ? microseconds(at_ns - start_ns_) : -microseconds(start_ns_ - at_ns);
}

Json PerfettoFormat::event_of(const Json& line, const char* phase, const std::string& name,
                              const char* category) const {
  return {{"ph", phase},
          {"cat", category},
          {"name", name},
          {"pid", number_at(line, {"tgid"})},
          {"tid", number_at(line, {"tid"})},
          {"ts", since_start(time_of(line))}};
}

Status PerfettoFormat::write_event(const Json& event) {
  const char* lead = has_events_ ? ",\n" : "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
  has_events_ = true;
  return file_.write(lead + event.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Readers take the last name that they are told.
Status PerfettoFormat::name_process(std::uint64_t tgid, const std::string& name) {
  processes_[tgid] = name;
  return write_event(
      {{"ph", "M"}, {"pid", tgid}, {"name", "process_name"}, {"args", {{"name", name}}}});
}

// The target's name is the first word of its command line, without the folder.
Status PerfettoFormat::name_target(const Json& session) {
  const std::string command = text_at(session, {"target", "context"});
  const std::string program = command.substr(0, command.find(' '));
  const std::uint64_t tgid = number_at(session, {"target", "tgid"});
  if (program.empty() || tgid == 0) return {};
  return name_process(tgid, program.substr(program.rfind('/') + 1));
}

// Any thread may be the one whose line has a `comm`: a process that has a name keeps it until it
// runs another program.
Status PerfettoFormat::name_tracks(const Json& line) {
  const std::uint64_t tgid = number_at(line, {"tgid"});
  const std::uint64_t tid = number_at(line, {"tid"});
  if (tgid == 0) return {};
  const std::string number = "process " + std::to_string(tgid);
  const std::string comm = text_at(line, {"comm"});
  const auto process = processes_.find(tgid);
  if (process == processes_.end()) {
    if (processes_.size() >= kMaxTracks) return {};
    ST_RETURN_IF_ERROR(name_process(tgid, comm.empty() ? number : comm));
  } else if (!comm.empty() && (process->second == number || text_at(line, {"event"}) == "exec")) {
    ST_RETURN_IF_ERROR(name_process(tgid, comm));
  }
  if (threads_.size() >= kMaxTracks || !threads_.emplace(tgid, tid).second) return {};
  return write_event({{"ph", "M"},
                      {"pid", tgid},
                      {"tid", tid},
                      {"name", "thread_name"},
                      {"args", {{"name", "thread " + std::to_string(tid)}}}});
}

// The pair of events that begins and ends an asynchronous slice.
Status PerfettoFormat::add_span(Json event, std::uint64_t start_ns, std::uint64_t duration_ns) {
  event["ph"] = "b";
  event["ts"] = since_start(start_ns);
  ST_RETURN_IF_ERROR(write_event(event));
  event["ph"] = "e";
  event["ts"] = since_start(start_ns + duration_ns);
  event.erase("args");
  return write_event(event);
}

// The connection's own track, if the exchange can stand in it: slices of a track are nested, and
// tracks belong to one process.
std::string PerfettoFormat::track_of(const Json& line, std::uint64_t start_ns,
                                     std::uint64_t end_ns) {
  std::string conn = text_at(line, {"conn"});
  const auto found = connections_.find(conn);
  if (found == connections_.end() || start_ns < found->second.end_ns ||
      number_at(line, {"tgid"}) != found->second.tgid) {
    return conn + "/" + std::to_string(number_at(line, {"n"}));
  }
  found->second.end_ns = end_ns;
  return conn;
}

// What is nested ends before what it stands in: readers keep events of one instant in their order.
Status PerfettoFormat::add_exchange(const Json& line) {
  const std::uint64_t start = time_of(line);
  const std::uint64_t end = start + duration_of(line);
  Json event = event_of(line, "b", exchange_name(line), "connection");
  event["id2"] = process_track(track_of(line, start, end));
  Json whole = event;
  whole["args"] = arguments_of(line);
  ST_RETURN_IF_ERROR(write_event(whole));
  std::uint64_t at = start;
  for (const char* phase : {"send", "wait", "receive"}) {
    const std::uint64_t length = number_at(line, {"timing", (std::string(phase) + "_ns").c_str()});
    if (length == 0) continue;
    event["name"] = phase;
    ST_RETURN_IF_ERROR(add_span(event, at, length));
    at += length;
  }
  whole.erase("args");
  whole["ph"] = "e";
  whole["ts"] = since_start(end);
  return write_event(whole);
}

Status PerfettoFormat::add_connection(const Json& line) {
  const std::string state = text_at(line, {"state"});
  const std::string conn = text_at(line, {"conn"});
  const auto found = connections_.find(conn);
  const bool is_open = found != connections_.end();
  const std::string party = text_at(line, {"third_party"});
  Json event = event_of(line, "b", "connection " + conn + " " + party, "connection");
  event["id2"] = process_track(conn);
  event["args"] = arguments_of(line);
  if (state == "closed") {
    if (!is_open) return add_moment(line, "closed " + party, "connection");
    event["ph"] = "e";
    event["name"] = found->second.name;
    event["pid"] = found->second.tgid;  // another process may be the last that closes it
    event["ts"] = since_start(std::max(time_of(line), found->second.end_ns));
    connections_.erase(found);
    return write_event(event);
  }
  if (is_open || connections_.size() >= kMaxTracks) return add_moment(line, state, "connection");
  connections_[conn] = {text_at(event, {"name"}), number_at(line, {"tgid"}), time_of(line)};
  return write_event(event);
}

Status PerfettoFormat::add_dns(const Json& line) {
  Json event = event_of(line, "b", "DNS " + text_at(line, {"question"}), "dns");
  event["id2"] = process_track("dns/" + std::to_string(number_at(line, {"n"})));
  event["args"] = arguments_of(line);
  return add_span(event, time_of(line), number_at(line, {"duration_ns"}));
}

Status PerfettoFormat::add_moment(const Json& line, const std::string& name, const char* category) {
  Json event = event_of(line, "i", name, category);
  event["s"] = "t";
  event["args"] = arguments_of(line);
  return write_event(event);
}

Status PerfettoFormat::add_call(const Json& line) {
  Json event = event_of(line, "X", text_at(line, {"name"}), "syscall");
  event["dur"] = microseconds(number_at(line, {"duration_ns"}));
  event["args"] = arguments_of(line);
  return write_event(event);
}

Status PerfettoFormat::add(const ExportLine& line) {
  const Json& content = line.content;
  const std::string type = text_at(content, {"type"});
  if (!has_start_) start_ns_ = time_of(content);
  has_start_ = true;
  if (type == "session") return name_target(content);
  if (type == "summary") return {};
  ST_RETURN_IF_ERROR(name_tracks(content));
  if (type == "http") return add_exchange(content);
  if (type == "connection") return add_connection(content);
  if (type == "dns") return add_dns(content);
  if (type == "syscall") return add_call(content);
  if (type == "process") return add_moment(content, text_at(content, {"event"}), "process");
  if (type == "log") return add_moment(content, "log " + text_at(content, {"level"}), "log");
  return add_moment(content, type, "stream");
}

Status PerfettoFormat::finish() {
  if (!has_events_) {
    ST_RETURN_IF_ERROR(write_event({{"ph", "M"},
                                    {"pid", 0},
                                    {"name", "process_name"},
                                    {"args", {{"name", "nothing was captured"}}}}));
  }
  return file_.write("\n]}\n");
}

Result<std::unique_ptr<ExportFormat>> make_perfetto_format(const ExportProfile& /*profile*/,
                                                           OutputFolder& folder) {
  ST_ASSIGN_OR_RETURN(ExportFile * file, folder.add("trace.json"));
  return std::make_unique<PerfettoFormat>(*file);
}

}  // namespace scopetrace
