// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/otlp_format.h"

#include <algorithm>
#include <array>

#include "userspace/export/json_members.h"

namespace scopetrace {
namespace {

constexpr std::size_t kSpansPerBatch = 256;
constexpr std::size_t kBytesPerBatch = 1 << 20;  // collectors take 4 MiB and more
constexpr int kClient = 3;                       // SpanKind
constexpr int kServer = 2;
constexpr int kError = 2;  // StatusCode
constexpr std::size_t kTraceIdDigits = 32;
constexpr std::size_t kSpanIdDigits = 16;

// 64-bit numbers are texts in the JSON of protobuf.
Json number_value(std::uint64_t value) { return {{"intValue", std::to_string(value)}}; }

// Attributes of one span or resource; nothing is added for an empty text.
class Attributes {
 public:
  void text(const char* key, const std::string& value) {
    if (!value.empty()) add(key, {{"stringValue", value}});
  }
  void number(const char* key, std::uint64_t value) { add(key, number_value(value)); }
  Json take() { return std::move(list_); }

 private:
  void add(const char* key, Json value) {
    list_.push_back({{"key", key}, {"value", std::move(value)}});
  }
  Json list_ = Json::array();
};

bool is_hex_id(std::string_view id, std::size_t digits) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return id.size() == digits && std::all_of(id.begin(), id.end(), is_hex) &&
         id.find_first_not_of('0') != std::string_view::npos;
}

// An identifier that is the same in every export of the same line.
std::string made_id(const std::string& session, const Json& line, std::size_t digits) {
  const std::string seed =
      session + "/" + std::to_string(number_at(line, {"n"})) + "/" + std::to_string(digits);
  return to_hex(sha256(as_bytes(seed))).substr(0, digits);
}

std::string trace_id_of(const std::string& session, const Json& line) {
  const std::string told = text_at(line, {"trace_id"});
  return is_hex_id(told, kTraceIdDigits) ? told : made_id(session, line, kTraceIdDigits);
}

// The methods that have names of their own; others are `_OTHER`.
bool is_known_method(std::string_view method) {
  constexpr std::array<std::string_view, 9> kKnown = {
      "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::find(kKnown.begin(), kKnown.end(), method) != kKnown.end();
}

struct HostPort {
  std::string host;
  std::uint64_t port;
};

// `host`, or `host:port`, of a request; the port that the scheme stands for.
HostPort host_port_of(const Json& line) {
  const std::string host = text_at(line, {"request", "host"});
  const std::uint64_t usual = scheme_of(line) == "https" ? 443 : 80;
  const std::size_t colon = host.rfind(':');
  if (colon == std::string::npos || host.find(':') != colon) return {host, usual};
  const auto port = parse_decimal(std::string_view(host).substr(colon + 1));
  return {host.substr(0, colon), port.value_or(usual)};
}

// What went wrong: the status of gRPC or HTTP, else the outcome; empty when nothing did.
std::string error_type(const Json& line) {
  if (!has_failed(line)) return "";
  const std::string outcome = text_at(line, {"outcome"});
  if (outcome != "complete") return outcome.empty() ? "_OTHER" : outcome;
  const std::uint64_t status = number_at(line, {"response", "status"});
  return std::to_string(status >= 400 ? status : number_at(line, {"response", "grpc_status"}));
}

std::uint64_t placeholders_in(std::string_view text) {
  constexpr std::string_view kMark = "[REDACTED:";
  std::uint64_t count = 0;
  for (std::size_t at = text.find(kMark); at != text.npos; at = text.find(kMark, at + 1)) ++count;
  return count;
}

void add_request(Attributes& out, const Json& line) {
  const Json& request = member_at(line, {"request"});
  const std::string method = text_at(request, {"method"});
  out.text("http.request.method", is_known_method(method) ? method : "_OTHER");
  if (!is_known_method(method)) out.text("http.request.method_original", method);
  const HostPort where = host_port_of(line);
  out.text("server.address", where.host);
  if (!where.host.empty()) out.number("server.port", where.port);
  out.text("url.full", url_of(line));
  out.text("url.scheme", std::string(scheme_of(line)));
  const std::string target = text_at(request, {"target"});
  out.text("url.path", target.substr(0, target.find_first_of("?#")));
  out.text("user_agent.original", header_of(request, "user-agent"));
  out.text("network.protocol.name", "http");
  out.text("network.protocol.version", protocol_of(request).substr(5));
  if (request.contains("size")) out.number("http.request.size", number_at(request, {"size"}));
}

void add_response(Attributes& out, const Json& line) {
  const Json& response = member_at(line, {"response"});
  const std::uint64_t status = number_at(response, {"status"});
  if (status != 0) out.number("http.response.status_code", status);
  if (response.is_object()) out.number("http.response.size", number_at(response, {"size"}));
  if (!member_at(response, {"grpc_status"}).is_null()) {
    out.text("rpc.system", "grpc");
    out.number("rpc.grpc.status_code", number_at(response, {"grpc_status"}));
  }
  out.text("error.type", error_type(line));
}

void add_peer(Attributes& out, const PeerTable::Peer* peer) {
  if (peer == nullptr || peer->address.empty()) return;
  out.text("network.peer.address", peer->address);
  out.number("network.peer.port", peer->port);
}

Json span_json(const ExportLine& line, const std::string& session, const PeerTable::Peer* peer) {
  const Json& content = line.content;
  Attributes attributes;
  add_request(attributes, content);
  add_response(attributes, content);
  add_peer(attributes, peer);
  attributes.text("scopetrace.session.id", session);
  attributes.number("scopetrace.line", number_at(content, {"n"}));
  attributes.text("scopetrace.outcome", text_at(content, {"outcome"}));
  attributes.number("scopetrace.redaction.count", placeholders_in(line.text));
  const std::uint64_t start = time_of(content);
  const bool is_inbound = member_at(content, {"inbound"}) == Json(true);
  const std::string method = text_at(content, {"request", "method"});
  Json span = {{"traceId", trace_id_of(session, content)},
               {"spanId", made_id(session, content, kSpanIdDigits)},
               {"name", is_known_method(method) ? method : "HTTP"},
               {"kind", is_inbound ? kServer : kClient},
               {"startTimeUnixNano", std::to_string(start)},
               {"endTimeUnixNano", std::to_string(start + duration_of(content))},
               {"attributes", attributes.take()}};
  // A server's 4xx is its client's fault.
  const bool is_own_fault = !is_inbound || number_at(content, {"response", "status"}) / 100 != 4;
  if (has_failed(content) && is_own_fault) span["status"] = {{"code", kError}};
  return span;
}

Json resource_json(const Json& session) {
  Attributes attributes;
  const std::string target = text_at(session, {"target", "description"});
  attributes.text("service.name", target.empty() ? "unknown_service" : target);
  attributes.text("host.name", text_at(session, {"host"}));
  return {{"attributes", attributes.take()}};
}

}  // namespace

Status OtlpFormat::add(const ExportLine& line) {
  peers_.learn(line.content);
  if (line.is_session()) {
    session_ = text_at(line.content, {"session"});
    resource_ = resource_json(line.content);
  }
  if (text_at(line.content, {"type"}) != "http") return {};
  spans_.push_back(span_json(line, session_, peers_.find(line.content)));
  batch_bytes_ += line.text.size();
  const bool is_full = spans_.size() >= kSpansPerBatch || batch_bytes_ >= kBytesPerBatch;
  return is_full ? write_batch() : Status();
}

Status OtlpFormat::write_batch() {
  if (spans_.empty()) return {};
  const Json scope = {{"scope", {{"name", "scopetrace"}}}, {"spans", std::move(spans_)}};
  spans_ = Json::array();
  batch_bytes_ = 0;
  Json resource_spans = {{"resource", resource_}, {"scopeSpans", Json::array({scope})}};
  const Json traces = {{"resourceSpans", Json::array({std::move(resource_spans)})}};
  return file_.write(dump_line(traces));
}

Status OtlpFormat::finish() { return write_batch(); }

Result<std::unique_ptr<ExportFormat>> make_otlp_format(const ExportProfile& /*profile*/,
                                                       OutputFolder& folder) {
  ST_ASSIGN_OR_RETURN(ExportFile * file, folder.add("spans.jsonl"));
  return std::make_unique<OtlpFormat>(*file);
}

}  // namespace scopetrace
