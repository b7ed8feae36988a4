// SPDX-License-Identifier: Apache-2.0
// What is told of a message besides its text: names, times, the stored length.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "userspace/protocol/message.h"
#include "userspace/redact/redacted_message.h"

namespace scopetrace {

class TextScanner;

// Fields that carry the id of a request or a trace, the best known first.
inline constexpr std::array kRequestIdFields = {"x-request-id", "request-id", "x-correlation-id",
                                                "x-amzn-requestid", "x-amz-request-id"};
inline constexpr std::array kTraceIdFields = {"traceparent", "x-b3-traceid", "x-amzn-trace-id",
                                              "uber-trace-id", "x-cloud-trace-context"};

// complete, reset, timeout or cut
std::string_view outcome_name(Outcome outcome);
// Absent where one of the two times is not known or they contradict each other.
ExchangeTiming timing_of(const HttpExchange& exchange);
// CLOCK_BOOTTIME of the first byte seen; 0 when nothing was.
std::uint64_t first_ns(const HttpExchange& exchange);

// The redacted value of the first of these fields that the request has, else the answer; not of one
// that is longer than an id. Empty when there is none.
std::string redact_id(TextScanner& scanner, const HttpExchange& exchange,
                      std::span<const char* const> names);

// text, binary, ping, pong or close
std::string_view kind_name(WebSocketMessage::Kind kind);
// Whether its content may be told: a close has a reason.
bool is_text(WebSocketMessage::Kind kind);

// At most kMaxStoredBody bytes, whole UTF-8 characters. Returns whether something was cut off.
bool cut_to_stored(std::string& text);

}  // namespace scopetrace
