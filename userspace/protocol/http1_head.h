// SPDX-License-Identifier: Apache-2.0
// Start lines and header blocks of HTTP/1 (RFC 9112 sections 2 to 6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/protocol/message.h"

namespace scopetrace {

inline constexpr std::size_t kMaxFields = 1024;  // of one header block

enum class Http1Kind { kRequest, kResponse };

// A start line with its fields, case, order and duplicates kept.
struct Http1Head {
  Http1Kind kind = Http1Kind::kRequest;
  std::string method;  // of requests
  std::string target;
  unsigned status = 0;  // of responses
  std::string reason;
  std::string version;
  std::vector<HttpField> fields;
};

// Where the body ends.
enum class Http1Framing {
  kNone,
  kLength,
  kChunked,
  kUntilClose,
  kTunnel,   // everything after the head belongs to another protocol (101, CONNECT)
  kInvalid,  // contradictory: the next message cannot be found
};

struct Http1BodyPlan {
  Http1Framing framing = Http1Framing::kNone;
  std::uint64_t length_bytes = 0;    // of kLength
  std::vector<std::string> codings;  // transfer and content codings as applied
};

// Whether `bytes` may be the front of a start line, or are one. False at the first byte that
// cannot: binary data is refused early. Either kind, no line end inside.
bool may_start_message(std::string_view bytes);

// A complete start line, without its line end.
std::optional<Http1Head> parse_start_line(std::string_view line);

// One header line without its line end: name and value, blanks around both removed. The colon that
// begins a pseudo-header's name (RFC 9113 section 8.3) belongs to it. Nothing without a name.
struct FieldLine {
  std::string_view name;
  std::string_view value;
};
std::optional<FieldLine> parse_field_line(std::string_view line);

// A complete block from the start line to the empty line. Lenient like servers are: bare LF, folded
// lines, spaces around names. Lines without a colon are left out and counted. Nothing when the
// start line is wrong, the block holds a NUL, or it has more than kMaxFields fields.
std::optional<Http1Head> parse_head(std::string_view block, std::uint64_t& malformed_fields);

// The lines behind the last chunk (RFC 9112 section 7.1.2), as lenient as parse_head().
std::vector<HttpField> parse_trailers(std::string_view lines, std::uint64_t& malformed_fields);

// Where the body of this message ends (RFC 9112 section 6.3). `request_method` is that of the
// request a response answers, empty when unknown. Transfer-Encoding wins over Content-Length.
Http1BodyPlan plan_body(const Http1Head& head, std::string_view request_method);

// What an answer upgrades its connection to (RFC 9110 section 7.8). Nothing for any other answer,
// and for protocols that are not read.
struct Http1Upgrade {
  enum class Protocol : std::uint8_t { kHttp2, kWebSocket };
  Protocol protocol = Protocol::kHttp2;
  std::string extensions;  // of kWebSocket: the fields Sec-WebSocket-Extensions, joined
};
std::optional<Http1Upgrade> upgrade_of(const Http1Head& head);

}  // namespace scopetrace
