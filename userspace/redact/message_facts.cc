// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/message_facts.h"

#include "userspace/redact/body/message_redactor.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxIdBytes = 128;  // of a request or trace id

std::optional<std::uint64_t> between(std::uint64_t from_ns, std::uint64_t to_ns) {
  if (from_ns == 0 || to_ns < from_ns) return std::nullopt;
  return to_ns - from_ns;
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
      return "complete";
    case Outcome::kReset:
      return "reset";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kCut:
      return "cut";
  }
  return "cut";
}

ExchangeTiming timing_of(const HttpExchange& exchange) {
  ExchangeTiming timing;
  const auto& request = exchange.request;
  const auto& response = exchange.response;
  if (request) timing.send_ns = between(request->first_ns, request->last_ns);
  if (request && response) timing.wait_ns = between(request->last_ns, response->first_ns);
  if (response) timing.receive_ns = between(response->first_ns, response->last_ns);
  return timing;
}

std::uint64_t first_ns(const HttpExchange& exchange) {
  if (exchange.request) return exchange.request->first_ns;
  return exchange.response ? exchange.response->first_ns : 0;
}

std::string redact_id(TextScanner& scanner, const HttpExchange& exchange,
                      std::span<const char* const> names) {
  const auto pick = [&](const std::vector<HttpField>& fields) -> std::string {
    for (const std::string_view name : names) {
      const auto value = field_value(fields, name);
      if (value && value->size() <= kMaxIdBytes) return scanner.redact(*value);
    }
    return {};
  };
  scanner.set_place("");
  std::string id = exchange.request ? pick(exchange.request->fields) : "";
  if (id.empty() && exchange.response) id = pick(exchange.response->fields);
  return id;
}

std::string_view kind_name(WebSocketMessage::Kind kind) {
  switch (kind) {
    case WebSocketMessage::Kind::kText:
      return "text";
    case WebSocketMessage::Kind::kBinary:
      return "binary";
    case WebSocketMessage::Kind::kPing:
      return "ping";
    case WebSocketMessage::Kind::kPong:
      return "pong";
    case WebSocketMessage::Kind::kClose:
      return "close";
  }
  return "binary";
}

bool is_text(WebSocketMessage::Kind kind) {
  return kind == WebSocketMessage::Kind::kText || kind == WebSocketMessage::Kind::kClose;
}

bool cut_to_stored(std::string& text) {
  if (text.size() <= kMaxStoredBody) return false;
  std::size_t end = kMaxStoredBody;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return true;
}

}  // namespace scopetrace
