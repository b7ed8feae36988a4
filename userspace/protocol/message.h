// SPDX-License-Identifier: Apache-2.0
// Parsed, UNREDACTED messages. Only protocol/ and redact/ may include this file (a test greps).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "userspace/base/sink.h"
#include "userspace/protocol/dns_message.h"
#include "userspace/protocol/tls_facts.h"
#include "userspace/stream/item.h"

namespace scopetrace {

// One header field as it stood on the wire. Order and duplicates are kept.
struct HttpField {
  std::string name;
  std::string value;
  bool is_never_indexed = false;  // HPACK (RFC 7541 section 7.1.3): its sender holds it for secret
};

// How the name begins of a field whose own was never seen; no name on the wire can have it.
inline constexpr std::string_view kUnknownField = "<unknown:";

// Why a body's content is not there.
enum class BodyState {
  kNone,         // the message has no body
  kComplete,     // content holds all of it, transfer and content codings removed
  kCut,          // content holds its beginning; the rest went past the cap or was never seen
  kUndecodable,  // unknown or broken coding, over the budget, or a gap inside: content is empty
};

struct HttpBody {
  BodyState state = BodyState::kNone;
  std::string content;              // decoded bytes, at most kMaxBodyBytes
  std::uint64_t wire_bytes = 0;     // encoded length as seen, chunk framing excluded
  std::uint64_t decoded_bytes = 0;  // full decoded length as far as known
  std::string reason;               // of kCut and kUndecodable: a fixed phrase, never payload
};

struct HttpRequest {
  std::string method;
  std::string target;   // request-target as sent
  std::string version;  // "1.1", "2"
  std::vector<HttpField> fields;
  HttpBody body;
  std::vector<HttpField> trailers;  // behind the body
  std::uint64_t first_ns = 0;       // CLOCK_BOOTTIME of its first and last byte
  std::uint64_t last_ns = 0;
};

struct HttpResponse {
  unsigned status = 0;
  std::string reason;
  std::string version;
  std::vector<HttpField> fields;
  HttpBody body;
  std::vector<HttpField> trailers;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
};

// How an exchange ended.
enum class Outcome {
  kComplete,
  kReset,    // the stream ended before the response was whole
  kTimeout,  // the client closed without an answer
  kCut,      // a gap, or the session began or ended in the middle
};

// By what a request is known to be part of another one that is in scope.
enum class Cause : std::uint8_t {
  kNone,
  kThread,  // the thread that sent it was serving that one, and no other
  kRoutine  // the same of a goroutine
};

// A request stitched to its response.
struct HttpExchange {
  std::uint64_t tls_id = 0;
  std::uint64_t conn_id = 0;
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  bool inbound = false;   // the target answered it (server side)
  bool is_plain = false;  // it was on the socket as it is: no TLS
  Cause cause = Cause::kNone;
  Outcome outcome = Outcome::kComplete;
  std::optional<HttpRequest> request;  // at least one of the two is present
  std::optional<HttpResponse> response;
};

// Bytes of a stream that is not HTTP, in order. Cut anywhere: the redactor finds their messages.
struct RawStreamData {
  StreamKey key;
  std::uint64_t conn_id = 0;
  Origin origin;
  std::uint64_t length_bytes = 0;
  std::string content;  // at most kMaxBodyBytes of it
  bool is_plain = false;
};

// A message of WebSocket (RFC 6455), its fragments put together, or a control frame.
struct WebSocketMessage {
  enum class Kind { kText, kBinary, kPing, kPong, kClose };
  StreamKey key;
  std::uint64_t conn_id = 0;
  Origin origin;  // of its first byte
  Kind kind = Kind::kBinary;
  HttpBody body;                 // unmasked and decompressed
  std::uint16_t close_code = 0;  // of kClose; 0 when it states none
  bool inbound = false;          // the target is the server
  bool is_plain = false;
};

// What the handshake of a connection said so far. Comes as soon as the ClientHello is known, before
// anything that was encrypted, and again when nothing more will be known.
struct TlsHello {
  std::uint64_t conn_id = 0;
  Origin origin;           // of the last piece
  bool is_server = false;  // the target is the server
  bool is_final = false;
  TlsFacts facts;
};

// How a question of the target ended.
enum class DnsOutcome {
  kAnswered,
  kTruncated,   // the server asks to come by TCP
  kUnreadable,  // an answer came that is no DNS message, or is longer than is kept
  kTimeout,     // none came in kDnsPatienceNs
  kOpen,        // none had come when the session ended
};

// A question and what became of it.
struct DnsLookup {
  Origin origin;          // of the question
  st_dns_event record{};  // of the question: which server
  std::string question;
  std::string type;
  DnsOutcome outcome = DnsOutcome::kOpen;
  unsigned rcode = 0;              // of kAnswered and kTruncated
  std::vector<DnsRecord> answers;  // of the same
  std::uint64_t duration_ns = 0;   // up to the answer; of kTimeout and kOpen 0
};

// What the dissector makes of stream items. A gap comes behind the data before it; an end behind
// all that its TLS object had; a window where it stands among writes to logs.
using Message = std::variant<HttpExchange, WebSocketMessage, RawStreamData, StreamGap, StreamEnd,
                             StreamWindow, st_tls_peer_event, st_connection_event, st_process_event,
                             LogEvent, CallEvent, TlsHello, DnsLookup>;

// Receives messages. A class of its own, so that code which may not see a message (session/) can
// name it by forward declaration when it connects a redactor to make_dissector().
class MessageSink : public Sink<Message> {};

inline constexpr std::size_t kMaxBodyBytes = 256 * 1024;   // decoded bytes kept of one body
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;  // a header block beyond is given up

}  // namespace scopetrace
