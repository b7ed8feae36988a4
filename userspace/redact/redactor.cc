// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/redactor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "userspace/protocol/grpc_status.h"
#include "userspace/protocol/message.h"
#include "userspace/redact/body/content.h"
#include "userspace/redact/body/message_redactor.h"
#include "userspace/redact/call/call_redactor.h"
#include "userspace/redact/connection_facts.h"
#include "userspace/redact/connection_teller.h"
#include "userspace/redact/leak_guard.h"
#include "userspace/redact/level_caps.h"
#include "userspace/redact/log/log_lines.h"
#include "userspace/redact/message_facts.h"
#include "userspace/redact/name_facts.h"
#include "userspace/redact/peers.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/scope_filter.h"
#include "userspace/redact/text/learned_sources.h"
#include "userspace/redact/text/text_scanner.h"
#include "userspace/redact/wire/wire_connections.h"

namespace scopetrace {
namespace {

// The rules at hand are those that the approval names.
Status check_detectors(const std::string& approved, const RuleSet& rules) {
  if (approved == rules.name()) return {};
  return fail(ErrorCode::kUsage, "detectors " + approved + ", but rules of " + rules.name());
}

void fill_text(RedactedStreamData& out, WireTold told) {
  out.protocol = told.protocol;
  out.text = std::move(told.text);
  out.is_cut = cut_to_stored(out.text);
  out.kept_bytes = out.text.size();
  if (out.text.empty())
    out.withheld = out.protocol == WireStream::kUnknown ? "unknown protocol" : "held back";
}

}  // namespace

struct Redactor::State final : public MessageSink {
  State(RedactorConfig c, ScopeFilter filter, std::unique_ptr<Detectors> d,
        Sink<RedactedMessage>& sink)
      : config(std::move(c)),
        caps(config.level),
        scope(std::move(filter)),
        peers(scope, caps, config.inbound),
        detectors(std::move(d)),
        scanner(*detectors, std::move(config.pseudonym_key)),
        wire(scanner),
        logs(scanner),
        guard(scanner),
        next(sink) {}

  bool has_family(std::string_view family) const {
    const auto& families = config.families;
    return std::find(families.begin(), families.end(), family) != families.end();
  }

  bool may_tell_processes() const { return has_family("process") && caps.of_everybody(); }

  Status push(Message message) override;
  Status finish() override;

  Status redact(const HttpExchange& exchange);
  Status drop() {
    ++counters.dropped_messages;
    return {};
  }
  Status redact(const WebSocketMessage& message);
  Status redact(const RawStreamData& data);
  Status redact(const StreamGap& gap);
  Status redact(const StreamEnd& end);
  Status redact(const StreamWindow& window);
  Status redact(const st_tls_peer_event& event);
  Status redact(const st_connection_event& event);
  Status redact(const st_process_event& event);
  Status redact(RedactedMember member, std::string_view comm);
  Status redact(const LogEvent& write);
  Status redact(const CallEvent& event);
  Status redact(const TlsHello& hello);
  Status redact(const DnsLookup& lookup);
  Status pass_logs(std::vector<RedactedLog> lines);
  Status end_logs(std::uint32_t tgid);

  Status tell_handshake(std::uint64_t conn_id);
  bool may_tell_connection(const st_connection_event& event) const;
  RedactedConnection tell(const st_connection_event& event);

  RedactedRequest redact_request(const HttpExchange& exchange);
  RedactedResponse redact_response(const HttpResponse& response);
  std::string redact_comm(std::string_view comm);
  void forget_sightings() {  // told by exchanges only
    scanner.take_sightings();
    scanner.take_data_classes();
  }
  void count_withheld(const std::optional<RedactedBody>& body);

  // The level of stream data; nullopt: out of scope, or turned off.
  std::optional<Level> level_of(std::uint64_t conn_id, bool is_plain) const;
  // Whether the approval names the family of these bytes. Those of plain sockets are not for level
  // metadata, which of sockets tells connections only.
  bool may_tell(bool is_plain, Level allowed) const {
    return is_plain ? has_family("sockets") && allowed > Level::kMetadata : has_family("tls");
  }
  RedactedStreamData tell_stream(const RawStreamData& data, Level allowed);
  void tell_message(const WebSocketMessage& message, Level allowed, RedactedStreamData& out);
  Status end_stream(const StreamEnd& end, st_direction direction);

  RedactorConfig config;
  LevelCaps caps;
  Level level = Level::kMetadata;  // of the exchange at hand
  ScopeFilter scope;
  Peers peers;
  ConnectionFacts facts;
  std::unique_ptr<Detectors> detectors;
  TextScanner scanner;
  WireConnections wire;
  LogLines logs;
  LeakGuard guard;
  Sink<RedactedMessage>& next;
  RedactionCounters counters;
  std::uint64_t exchanges = 0;
  Redactor* self = nullptr;  // the only maker of RedactedMessage
};

RedactedRequest Redactor::State::redact_request(const HttpExchange& exchange) {
  const HttpRequest& request = *exchange.request;
  MessageRedactor parts(scanner, level, "request");
  RedactedRequest out;
  out.method = parts.redact_method(request.method);
  out.target = parts.redact_target(request.target);
  out.host = parts.redact_short(third_party_of(exchange).value_or(""), "host");
  out.version = parts.redact_short(request.version, "version");
  out.fields = parts.redact_fields(request.fields);
  out.body = parts.redact_body(request.body, request.fields);
  out.trailers = parts.redact_fields(request.trailers);
  out.size_bytes = request.body.wire_bytes;
  return out;
}

RedactedResponse Redactor::State::redact_response(const HttpResponse& response) {
  MessageRedactor parts(scanner, level, "response");
  RedactedResponse out;
  out.status = response.status;
  out.reason = level == Level::kMetadata ? "" : parts.redact_short(response.reason, "reason");
  out.version = parts.redact_short(response.version, "version");
  out.fields = parts.redact_fields(response.fields);
  out.body = parts.redact_body(response.body, response.fields);
  out.trailers = parts.redact_fields(response.trailers);
  out.grpc_status = grpc_status_of(response);
  out.size_bytes = response.body.wire_bytes;
  return out;
}

void Redactor::State::count_withheld(const std::optional<RedactedBody>& body) {
  if (body && level >= Level::kShape && !body->withheld.empty()) ++counters.withheld_bodies;
}

Status Redactor::State::redact(const HttpExchange& exchange) {
  peers.note_proxy(exchange);
  const auto allowed = peers.level_of(exchange);
  if (!peers.agrees(exchange)) {
    peers.note_mixed(exchange);
    return drop();
  }
  if (!allowed || !may_tell(exchange.is_plain, *allowed) || !scope.allows(exchange)) {
    peers.note_dropped(exchange, !allowed);
    return drop();
  }
  level = *allowed;
  RedactedExchange out;
  out.origin = {.time_ns = first_ns(exchange), .tgid = exchange.tgid, .tid = exchange.tid};
  out.conn_id = exchange.conn_id;
  out.exchange_id = ++exchanges;
  out.inbound = exchange.inbound;
  out.correlation = scope.correlation_of(exchange);
  out.is_plain = exchange.is_plain;
  out.outcome = outcome_name(exchange.outcome);
  out.timing = timing_of(exchange);
  if (exchange.request) out.request = redact_request(exchange);
  if (exchange.response) out.response = redact_response(*exchange.response);
  out.request_id = redact_id(scanner, exchange, kRequestIdFields);
  out.trace_id = redact_id(scanner, exchange, kTraceIdFields);
  out.credentials = scanner.take_sightings();
  out.data_classes = scanner.take_data_classes();
  if (out.request) count_withheld(out.request->body);
  if (out.response) count_withheld(out.response->body);
  peers.note_kept(exchange, out.request ? out.request->host : "");
  ST_RETURN_IF_ERROR(tell_handshake(exchange.conn_id));
  return self->pass(std::move(out));
}

std::optional<Level> Redactor::State::level_of(std::uint64_t conn_id, bool is_plain) const {
  if (!scope.allows_streams()) return std::nullopt;
  if (!scope.allows_any_host() && !peers.is_in_scope(conn_id)) return std::nullopt;
  const auto allowed = peers.level_of(conn_id);
  return allowed && may_tell(is_plain, *allowed) ? allowed : std::nullopt;
}

Status Redactor::State::redact(const WebSocketMessage& message) {
  const auto allowed = level_of(message.conn_id, message.is_plain);
  if (!allowed || (message.inbound && !config.inbound)) return drop();
  RedactedStreamData out;
  out.origin = message.origin;
  out.conn_id = message.conn_id;
  out.direction = message.key.direction;
  out.length_bytes = message.body.wire_bytes;
  out.content_class = is_text(message.kind) ? "text" : "binary";
  out.protocol = "websocket";
  out.kind = kind_name(message.kind);
  out.close_code = message.close_code;
  out.is_plain = message.is_plain;
  tell_message(message, *allowed, out);
  return self->pass(std::move(out));
}

// Texts are redacted like a body whose type is not stated; of what is binary only the length is
// told.
void Redactor::State::tell_message(const WebSocketMessage& message, Level allowed,
                                   RedactedStreamData& out) {
  const HttpBody& body = message.body;
  if (allowed < Level::kShape) {
    out.withheld = "below the level";
  } else if (!is_text(message.kind)) {
    out.withheld = "binary";
  } else if (body.state == BodyState::kUndecodable) {
    out.withheld = body.reason;
  } else {
    out.is_shape = allowed == Level::kShape;
    out.is_cut = body.state == BodyState::kCut;
    scanner.set_place("");
    RedactedContent content =
        redact_content(scanner, body.content, {}, {.is_cut = out.is_cut, .as_shape = out.is_shape});
    out.text = std::move(content.text);
    out.withheld = std::move(content.withheld);
    out.is_cut = cut_to_stored(out.text) || out.is_cut;
    out.kept_bytes = out.text.size();
    scanner.take_data_classes();  // told by exchanges only
  }
}

Status Redactor::State::redact(const RawStreamData& data) {
  const auto allowed = level_of(data.conn_id, data.is_plain);
  if (!allowed) {
    wire.lose(data.key);
    return drop();
  }
  return self->pass(tell_stream(data, *allowed));
}

RedactedStreamData Redactor::State::tell_stream(const RawStreamData& data, Level allowed) {
  RedactedStreamData out;
  out.origin = data.origin;
  out.conn_id = data.conn_id;
  out.direction = data.key.direction;
  out.length_bytes = data.length_bytes;
  out.content_class = is_readable(data.content) ? "text" : "binary";
  out.is_plain = data.is_plain;
  if (allowed < Level::kShape) {
    wire.lose(data.key);
    out.withheld = "below the level";
    return out;
  }
  out.is_shape = allowed == Level::kShape;
  scanner.set_place("");
  fill_text(out, wire.push(data.key, out.is_shape ? WireDetail::kShape : WireDetail::kRedacted,
                           data.content));
  if (data.length_bytes > data.content.size()) wire.lose(data.key);
  scanner.take_data_classes();  // told by exchanges only
  return out;
}

Status Redactor::State::redact(const StreamGap& gap) {
  wire.lose(gap.key);
  const auto allowed = peers.level_of(gap.conn_id);
  if (!allowed || !may_tell(gap.is_plain, *allowed)) return drop();
  return self->pass(RedactedGap{gap});
}

// What was held back gets a line of its own.
Status Redactor::State::redact(const StreamEnd& end) {
  for (const st_direction direction : {ST_EGRESS, ST_INGRESS}) {
    ST_RETURN_IF_ERROR(end_stream(end, direction));
  }
  wire.forget(end.tls_id);
  return {};
}

// Lines of logs are put together within a window only.
Status Redactor::State::redact(const StreamWindow& /*window*/) {
  logs.change_window();
  return {};
}

Status Redactor::State::end_stream(const StreamEnd& end, st_direction direction) {
  const auto allowed = level_of(end.conn_id, end.is_plain);
  WireTold told = wire.finish({end.tls_id, direction});
  if (told.text.empty() || !allowed || *allowed < Level::kShape) return {};
  RedactedStreamData out;
  out.origin = end.origin;
  out.conn_id = end.conn_id;
  out.direction = direction;
  out.content_class = "text";
  out.is_plain = end.is_plain;
  out.is_shape = *allowed == Level::kShape;
  fill_text(out, std::move(told));
  return self->pass(std::move(out));
}

// Told by the connection's line.
Status Redactor::State::redact(const st_tls_peer_event& event) {
  peers.note_tie(event);
  return {};
}

// Connections to other third parties are told: whom the target talks to is what `sockets` is for.
Status Redactor::State::redact(const st_connection_event& event) {
  peers.note(event);
  facts.note(event);
  if (!may_tell_connection(event)) return drop();
  return self->pass(tell(event));
}

bool Redactor::State::may_tell_connection(const st_connection_event& event) const {
  const bool is_inbound = event.role == ST_ROLE_ACCEPTED && !config.inbound;
  return has_family("sockets") && !is_inbound && !peers.is_off(event.conn_id) &&
         caps.of_everybody();
}

RedactedConnection Redactor::State::tell(const st_connection_event& event) {
  RedactedConnection out = tell_connection(scanner, event, peers, facts, scope.allows_streams());
  forget_sightings();
  return out;
}

Status Redactor::State::redact(const TlsHello& hello) {
  peers.note(hello);
  facts.note(hello);
  return scope.allows_streams() ? tell_handshake(hello.conn_id) : Status();
}

// A handshake that is over, once; before anything that was encrypted behind it.
Status Redactor::State::tell_handshake(std::uint64_t conn_id) {
  ConnectionFacts::Facts* seen = facts.find(conn_id);
  if (seen == nullptr || !seen->record || !seen->is_final || seen->is_told) return {};
  seen->is_told = true;
  st_connection_event record = *seen->record;
  record.header.time_ns = seen->handshake.time_ns;
  record.header.tid = seen->handshake.tid;
  if (!may_tell_connection(record)) return drop();
  RedactedConnection out = tell(record);
  out.is_handshake = true;
  return self->pass(std::move(out));
}

// Questions about other third parties are told, as connections to them are.
Status Redactor::State::redact(const DnsLookup& lookup) {
  peers.note(lookup);
  const bool is_told = has_family("sockets") && scope.allows_threads() && caps.of_everybody() &&
                       caps.of_host(to_lower(lookup.question));
  if (!is_told) return drop();
  RedactedDns out = redact_dns(scanner, lookup);
  forget_sightings();
  return self->pass(std::move(out));
}

Status Redactor::State::redact(const LogEvent& write) {
  const auto allowed = scope.allows_threads() ? caps.of_everybody() : std::nullopt;
  if (has_family("logs") && allowed) return pass_logs(logs.take(write, *allowed));
  logs.skip(write);
  return drop();
}

Status Redactor::State::redact(const CallEvent& event) {
  const auto allowed = scope.allows_threads() ? caps.of_everybody() : std::nullopt;
  scanner.set_place("");
  auto call = allowed ? redact_call(scanner, event, *allowed) : std::nullopt;
  forget_sightings();
  if (!call || !has_family(call->family) || peers.is_closed(call->conn_id)) return drop();
  return self->pass(std::move(*call));
}

Status Redactor::State::pass_logs(std::vector<RedactedLog> lines) {
  forget_sightings();
  for (RedactedLog& line : lines) ST_RETURN_IF_ERROR(self->pass(std::move(line)));
  return {};
}

// Lines that nobody ended, of one process or (0) of all; nothing where logs may not be told now.
Status Redactor::State::end_logs(std::uint32_t tgid) {
  const auto allowed = caps.of_everybody();
  auto lines = logs.end(tgid, allowed.value_or(Level::kMetadata));
  if (has_family("logs") && allowed) return pass_logs(std::move(lines));
  counters.dropped_messages += lines.size();
  return {};
}

Status Redactor::State::finish() {
  ST_RETURN_IF_ERROR(end_logs(0));
  const auto allowed = caps.of_everybody();
  for (RedactedLogTotal& total : logs.totals(allowed.value_or(Level::kMetadata))) {
    if (!allowed) continue;
    ST_RETURN_IF_ERROR(self->pass(std::move(total)));
  }
  return next.finish();
}

Status Redactor::State::redact(const st_process_event& event) {
  if (event.header.type == ST_EVENT_EXIT) ST_RETURN_IF_ERROR(end_logs(event.header.tgid));
  if (!may_tell_processes()) return drop();
  RedactedProcess out{event, redact_comm({event.comm, strnlen(event.comm, sizeof(event.comm))})};
  std::memset(out.record.comm, 0, sizeof(out.record.comm));
  return self->pass(std::move(out));
}

Status Redactor::State::redact(RedactedMember member, std::string_view comm) {
  if (!may_tell_processes()) return drop();
  member.comm = redact_comm(comm);
  return self->pass(std::move(member));
}

// What a process is called may be what it was given.
std::string Redactor::State::redact_comm(std::string_view comm) {
  scanner.set_place("");
  std::string told = scanner.redact(comm);
  forget_sightings();
  return told;
}

Redactor::Redactor(std::unique_ptr<State> state) : state_(std::move(state)) { state_->self = this; }
Redactor::~Redactor() = default;

Result<std::unique_ptr<Redactor>> Redactor::make(RedactorConfig config, const RuleSet& rules,
                                                 Sink<RedactedMessage>& next) {
  ST_RETURN_IF_ERROR(check_detectors(config.detectors, rules));
  ST_ASSIGN_OR_RETURN(auto scope,
                      ScopeFilter::make(config.third_parties, config.requests, config.inbound));
  ST_ASSIGN_OR_RETURN(auto detectors, Detectors::make(rules));
  auto state =
      std::make_unique<State>(std::move(config), std::move(scope), std::move(detectors), next);
  return std::unique_ptr<Redactor>(new Redactor(std::move(state)));
}

Status Redactor::State::push(Message message) {
  auto passed = std::visit([this](const auto& item) { return redact(item); }, message);
  scanner.learn_pending();
  return passed;
}

Status Redactor::tell(RedactedMember member, std::string_view comm) {
  auto told = state_->redact(std::move(member), comm);
  state_->scanner.learn_pending();
  return told;
}

MessageSink& Redactor::input() { return *state_; }

Status Redactor::pass(RedactedMessage::Content content) {
  return state_->next.push(RedactedMessage(std::move(content)));
}

std::vector<std::uint64_t> Redactor::take_foreign_connections() {
  return state_->peers.take_foreign();
}

bool Redactor::learn(Bytes value) { return state_->scanner.learn(as_text(value)); }

std::size_t Redactor::learn_environment(Bytes environ_block) {
  return scopetrace::learn_environment(state_->scanner, environ_block);
}

std::size_t Redactor::learn_file(Bytes content) {
  return scopetrace::learn_file(state_->scanner, content);
}

void Redactor::set_level(std::string_view third_party, std::optional<Level> level) {
  state_->caps.set(third_party, level);
}

LeakGuard& Redactor::leak_guard() { return state_->guard; }

RedactionCounters Redactor::counters() const {
  RedactionCounters counters = state_->counters;
  counters.by_class = state_->scanner.by_class();
  counters.leak_guard_hits = state_->guard.hits();
  counters.foreign_connections = state_->peers.foreign_connections();
  counters.mixed_connections = state_->peers.mixed_connections();
  return counters;
}

}  // namespace scopetrace
