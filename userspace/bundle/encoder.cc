// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/encoder.h"

#include <arpa/inet.h>
#include <sys/wait.h>

#include "userspace/bundle/frame.h"
#include "userspace/bundle/json_line.h"
#include "userspace/bundle/name_json.h"

namespace scopetrace {
namespace {

constexpr const char* kTooLong = "line too long";

const char* direction_name(st_direction direction) {
  return direction == ST_EGRESS ? "egress" : "ingress";
}

const char* cause_name(GapCause cause) {
  switch (cause) {
    case GapCause::kDropped:
      return "dropped";
    case GapCause::kTruncated:
      return "truncated";
    case GapCause::kFault:
      return "fault";
    case GapCause::kEvicted:
      return "evicted";
    case GapCause::kOutOfScope:
      return "out-of-scope";
    case GapCause::kUnreadable:
      return "unreadable";
    case GapCause::kIoUring:
      return "io-uring";
  }
  return "dropped";
}

const char* state_name(unsigned state) {
  switch (state) {
    case ST_CONNECTION_OPENED:
      return "opened";
    case ST_CONNECTION_CLOSED:
      return "closed";
    default:
      return "seen";
  }
}

const char* role_name(unsigned role) {
  switch (role) {
    case ST_ROLE_CONNECTED:
      return "connected";
    case ST_ROLE_ACCEPTED:
      return "accepted";
    default:
      return "unknown";
  }
}

const char* peer_source_name(st_peer_source source) {
  switch (source) {
    case ST_PEER_NESTED_SOCKET:
      return "nested-socket";
    case ST_PEER_NESTED_SYSCALL:
      return "nested-syscall";
    case ST_PEER_RECORD_HEADER:
      return "record-header";
    case ST_PEER_GO_CONN:
      return "go-conn";
    default:
      return "none";
  }
}

const char* sink_name(st_log_sink sink) {
  switch (sink) {
    case ST_LOG_STDERR:
      return "stderr";
    case ST_LOG_SYSLOG:
      return "syslog";
    case ST_LOG_JOURNAL:
      return "journal";
    case ST_LOG_FILE:
      return "file";
    default:
      return "stdout";
  }
}

// Lines of debugging among all, in whole percent.
std::uint64_t debug_percent(const RedactedLogTotal& total) {
  std::uint64_t debugging = 0;
  for (const char* name : {"debug", "trace"}) {
    const auto found = total.by_severity.find(name);
    if (found != total.by_severity.end()) debugging += found->second;
  }
  return total.lines == 0 ? 0 : debugging * 100 / total.lines;
}

Json address_json(unsigned family, const __u8 (&address)[16], unsigned port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (family == AF_INET || family == AF_INET6) {
    inet_ntop(static_cast<int>(family), address, text, sizeof(text));
  }
  return {{"address", text}, {"port", port}};
}

Json headers_json(const std::vector<RedactedField>& fields) {
  Json headers = Json::array();
  for (const RedactedField& field : fields) {
    headers.push_back({{"name", field.name}, {"value", field.value}});
  }
  return headers;
}

Json body_json(const RedactedBody& body) {
  Json json = {{"media_type", body.media_type},
               {"length", json_number(body.length_bytes)},
               {"kept", json_number(body.kept_bytes)},
               {"cut", body.is_cut},
               {"shape", body.is_shape}};
  if (body.withheld.empty()) {
    json["text"] = body.text;
  } else {
    json["withheld"] = body.withheld;
  }
  return json;
}

Json request_json(const RedactedRequest& request) {
  Json json = {{"method", request.method},
               {"target", request.target},
               {"host", request.host},
               {"version", request.version},
               {"headers", headers_json(request.fields)},
               {"size", json_number(request.size_bytes)}};
  if (request.body) json["body"] = body_json(*request.body);
  if (!request.trailers.empty()) json["trailers"] = headers_json(request.trailers);
  return json;
}

Json response_json(const RedactedResponse& response) {
  Json json = {{"status", response.status},
               {"reason", response.reason},
               {"version", response.version},
               {"headers", headers_json(response.fields)},
               {"size", json_number(response.size_bytes)}};
  if (response.body) json["body"] = body_json(*response.body);
  if (!response.trailers.empty()) json["trailers"] = headers_json(response.trailers);
  if (response.grpc_status) json["grpc_status"] = *response.grpc_status;
  return json;
}

Json timing_json(const ExchangeTiming& timing) {
  Json json = Json::object();
  if (timing.send_ns) json["send_ns"] = json_number(*timing.send_ns);
  if (timing.wait_ns) json["wait_ns"] = json_number(*timing.wait_ns);
  if (timing.receive_ns) json["receive_ns"] = json_number(*timing.receive_ns);
  return json;
}

Json credentials_json(const std::vector<CredentialSighting>& credentials) {
  Json json = Json::array();
  for (const CredentialSighting& seen : credentials) {
    Json entry = {{"class", seen.credential_class}, {"where", seen.where}};
    if (!seen.tag.empty()) entry["tag"] = seen.tag;
    if (!seen.scheme.empty()) entry["scheme"] = seen.scheme;
    json.push_back(std::move(entry));
  }
  return json;
}

// What is left of something whose line is too long: the texts that make it so are taken out.
RedactedStreamData shortened(RedactedStreamData data) {
  data.text.clear();
  data.kept_bytes = 0;
  data.withheld = kTooLong;
  return data;
}

RedactedLog shortened(RedactedLog log) {
  log.text.clear();
  log.file.clear();
  log.withheld = kTooLong;
  return log;
}

RedactedExchange shortened(RedactedExchange exchange) {
  const auto withhold = [](std::optional<RedactedBody>& body) {
    if (!body) return;
    body->text.clear();
    body->kept_bytes = 0;
    body->withheld = kTooLong;
  };
  if (exchange.request) withhold(exchange.request->body);
  if (exchange.response) withhold(exchange.response->body);
  return exchange;
}

RedactedCall shortened(RedactedCall call) {
  call.arguments.clear();
  return call;
}

// Everything else is a few fields of bounded length.
template <class Kind>
const Kind& shortened(const Kind& kind) {
  return kind;
}

// Writes one line. Each overload adds what its kind has, in the order of its schema.
class LineWriter {
 public:
  LineWriter(const ClockPair& clocks, std::uint64_t index) : clocks_(clocks), index_(index) {}

  Json operator()(const RedactedExchange& exchange) const {
    Json line = common("http", exchange.origin, exchange.conn_id);
    line["exchange"] = json_number(exchange.exchange_id);
    line["inbound"] = exchange.inbound;
    if (exchange.is_plain) line["plain"] = true;
    line["outcome"] = exchange.outcome;
    if (!exchange.correlation.empty()) line["correlation"] = exchange.correlation;
    if (exchange.request) line["request"] = request_json(*exchange.request);
    if (exchange.response) line["response"] = response_json(*exchange.response);
    line["timing"] = timing_json(exchange.timing);
    if (!exchange.request_id.empty()) line["request_id"] = exchange.request_id;
    if (!exchange.trace_id.empty()) line["trace_id"] = exchange.trace_id;
    line["credentials"] = credentials_json(exchange.credentials);
    line["data_classes"] = exchange.data_classes;
    return line;
  }

  Json operator()(const RedactedStreamData& data) const {
    Json line = common("message", data.origin, data.conn_id);
    line["direction"] = direction_name(data.direction);
    if (data.is_plain) line["plain"] = true;
    line["length"] = json_number(data.length_bytes);
    line["content_class"] = data.content_class;
    if (!data.protocol.empty()) line["protocol"] = data.protocol;
    if (!data.kind.empty()) line["kind"] = data.kind;
    if (data.close_code != 0) line["close_code"] = data.close_code;
    if (data.withheld.empty()) {
      line["kept"] = json_number(data.kept_bytes);
      line["cut"] = data.is_cut;
      line["shape"] = data.is_shape;
      line["text"] = data.text;
    } else {
      line["withheld"] = data.withheld;
    }
    return line;
  }

  Json operator()(const RedactedConnection& connection) const {
    const st_connection_event& record = connection.record;
    Json line = common("connection", origin_of(record.header), record.conn_id);
    line["state"] = connection.is_handshake ? "handshake" : state_name(record.state);
    line["role"] = role_name(record.role);
    line["local"] = address_json(record.family, record.local_address, record.local_port);
    line["peer"] = address_json(record.family, record.peer_address, record.peer_port);
    if (!connection.third_party.empty()) {
      line["third_party"] = connection.third_party;
      line["known_by"] = connection.known_by;
    }
    if (connection.is_mixed) line["names_disagree"] = true;
    if (connection.tls) line["tls"] = tls_json(*connection.tls);
    line["tied_by"] = peer_source_name(connection.tied_by);
    line["sent_bytes"] = json_number(record.sent_bytes);
    line["received_bytes"] = json_number(record.received_bytes);
    return line;
  }

  Json operator()(const RedactedGap& redacted) const {
    const StreamGap& gap = redacted.gap;
    Json line = common("gap", gap.origin, gap.conn_id);
    line["tls"] = std::to_string(gap.key.tls_id);
    if (gap.is_plain) line["plain"] = true;
    line["direction"] = direction_name(gap.key.direction);
    line["position"] = json_number(gap.position);
    line["missing_bytes"] = json_number(gap.missing_bytes);
    line["cause"] = cause_name(gap.cause);
    return line;
  }

  Json operator()(const RedactedProcess& process) const {
    const st_process_event& record = process.record;
    Json line = common("process", origin_of(record.header), 0);
    line["comm"] = process.comm;
    if (record.header.type == ST_EVENT_FORK) {
      line["event"] = "fork";
      line["child_tgid"] = record.other_tgid;
    } else if (record.header.type == ST_EVENT_EXEC) {
      line["event"] = "exec";
    } else if (WIFSIGNALED(record.exit_code)) {
      line["event"] = "exit";
      line["signal"] = WTERMSIG(record.exit_code);
    } else {
      line["event"] = "exit";
      line["exit_code"] = WEXITSTATUS(record.exit_code);
    }
    return line;
  }

  Json operator()(const RedactedMember& member) const {
    Json line = common("process", member.origin, 0);
    line["comm"] = member.comm;
    line["event"] = member.how.empty() ? "left" : "joined";
    if (!member.how.empty()) line["how"] = member.how;
    if (member.inner_tgid != 0) line["namespace_tgid"] = member.inner_tgid;
    if (member.blind_ns) line["blind_ns"] = json_number(*member.blind_ns);
    return line;
  }

  Json operator()(const RedactedLog& log) const {
    Json line = common("log", log.origin, 0);
    line["sink"] = sink_name(log.sink);
    if (!log.file.empty()) line["file"] = log.file;
    line["format"] = log.format;
    if (!log.severity.empty()) line["level"] = log.severity;
    line["shape"] = log.shape;
    line["classes"] = log.classes;
    line["length"] = json_number(log.length_bytes);
    if (!log.text.empty()) line["text"] = log.text;
    if (!log.withheld.empty()) line["withheld"] = log.withheld;
    return line;
  }

  Json operator()(const RedactedLogTotal& total) const {
    Json line = common("log-total", total.origin, 0);
    line["sink"] = sink_name(total.sink);
    if (!total.file.empty()) line["file"] = total.file;
    line["lines"] = json_number(total.lines);
    line["written_bytes"] = json_number(total.written_bytes);
    line["withheld_lines"] = json_number(total.withheld_lines);
    line["debug_percent"] = debug_percent(total);
    Json levels = Json::object();
    for (const auto& [name, count] : total.by_severity) levels[name] = json_number(count);
    line["levels"] = std::move(levels);
    return line;
  }

  Json operator()(const RedactedCall& call) const {
    Json line = common("syscall", call.origin, call.conn_id);
    line["family"] = call.family;
    line["name"] = call.name;
    Json arguments = Json::object();
    for (const RedactedArgument& argument : call.arguments) {
      std::visit([&](const auto& value) { arguments[argument.name] = value; }, argument.value);
    }
    line["arguments"] = std::move(arguments);
    if (call.duration_ns) line["duration_ns"] = json_number(*call.duration_ns);
    if (call.error.empty()) {
      line["result"] = call.result;
    } else {
      line["error"] = call.error;
    }
    return line;
  }

  Json operator()(const RedactedDns& dns) const {
    const st_dns_event& record = dns.record;
    Json line = common("dns", dns.origin, 0);
    if (record.server_port != 0)
      line["server"] = address_json(record.family, record.server_address, record.server_port);
    line["question"] = dns.question;
    line["question_type"] = dns.type;
    line["outcome"] = dns.outcome;
    if (!dns.rcode.empty()) line["rcode"] = dns.rcode;
    if (dns.duration_ns != 0) line["duration_ns"] = json_number(dns.duration_ns);
    line["answers"] = answers_json(dns.answers);
    return line;
  }

  // What is left of a line that is too long even without its texts.
  Json withheld(const RedactedExchange& exchange) const {
    Json line = common("message", exchange.origin, exchange.conn_id);
    line["exchange"] = json_number(exchange.exchange_id);
    line["direction"] = direction_name(exchange.inbound ? ST_INGRESS : ST_EGRESS);
    line["length"] = 0;
    line["content_class"] = "http";
    line["withheld"] = kTooLong;
    return line;
  }

 private:
  static Origin origin_of(const st_event_header& header) {
    return {.time_ns = header.time_ns, .tgid = header.tgid, .tid = header.tid};
  }

  Json common(const char* type, const Origin& origin, std::uint64_t conn_id) const {
    Json line = {{"type", type},
                 {"n", json_number(index_)},
                 {"time", format_nanoseconds(clocks_.to_realtime_ns(origin.time_ns))},
                 {"tgid", origin.tgid},
                 {"tid", origin.tid}};
    if (conn_id != 0) line["conn"] = std::to_string(conn_id);
    return line;
  }

  const ClockPair& clocks_;
  std::uint64_t index_;
};

}  // namespace

Status Encoder::push(RedactedMessage message) {
  const LineWriter write(clocks_, next_index_++);
  std::string line = dump_line(std::visit(write, message.content()));
  if (line.size() <= kMaxLineBytes) return next_.push(std::move(line));
  ++withheld_lines_;
  line = std::visit([&](const auto& kind) { return dump_line(write(shortened(kind))); },
                    message.content());
  const auto* exchange = std::get_if<RedactedExchange>(&message.content());
  if (line.size() > kMaxLineBytes && exchange != nullptr) {
    line = dump_line(write.withheld(*exchange));
  }
  return next_.push(std::move(line));
}

}  // namespace scopetrace
