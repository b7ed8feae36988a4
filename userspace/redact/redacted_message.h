// SPDX-License-Identifier: Apache-2.0
// The type proof of redaction: the encoder accepts only RedactedMessage, which only Redactor makes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "userspace/redact/credential_sighting.h"
#include "userspace/stream/item.h"

namespace scopetrace {

struct RedactedField {
  std::string name;
  std::string value;  // [REDACTED:<class>:<tag>] in place of every finding
};

// A body after redaction. `text` is what may be stored; everything else is a length.
struct RedactedBody {
  std::string media_type;          // essence, lower case; empty when not stated
  std::string text;                // at most kMaxStoredBody bytes of redacted text
  bool is_shape = false;           // level shape: text is the structure with types, no values
  std::uint64_t length_bytes = 0;  // decoded length as far as known
  std::uint64_t kept_bytes = 0;    // of the redacted text
  bool is_cut = false;
  std::string withheld;  // a fixed phrase when text is empty on purpose, else empty
};

struct RedactedRequest {
  std::string method;
  std::string target;  // path template at level metadata, redacted path and query above
  std::string host;    // from the Host field, without user information
  std::string version;
  std::vector<RedactedField> fields;  // empty at level metadata
  std::optional<RedactedBody> body;
  std::vector<RedactedField> trailers;  // empty at level metadata
  std::uint64_t size_bytes = 0;         // of the body on the wire
};

struct RedactedResponse {
  unsigned status = 0;
  std::string reason;
  std::string version;
  std::vector<RedactedField> fields;
  std::optional<RedactedBody> body;
  std::vector<RedactedField> trailers;
  std::optional<unsigned> grpc_status;  // at any level, like the status
  std::uint64_t size_bytes = 0;
};

// Durations in nanoseconds; absent when not known.
struct ExchangeTiming {
  std::optional<std::uint64_t> send_ns;     // first to last byte of the request
  std::optional<std::uint64_t> wait_ns;     // last byte of the request to first of the response
  std::optional<std::uint64_t> receive_ns;  // first to last byte of the response
};

struct RedactedExchange {
  Origin origin;  // time of the first byte
  std::uint64_t conn_id = 0;
  std::uint64_t exchange_id = 0;  // counts from 1 in a session
  bool inbound = false;
  // Under request scope, why it belongs to the request: id (its own header field) | thread |
  // goroutine (sent while that served the request, and only that); else empty.
  std::string correlation;
  bool is_plain = false;  // it was on the socket without TLS
  std::string outcome;    // complete | timeout | reset | cut
  std::optional<RedactedRequest> request;
  std::optional<RedactedResponse> response;
  ExchangeTiming timing;
  std::string request_id;  // redacted value of the request-id field, else empty
  std::string trace_id;
  std::vector<CredentialSighting> credentials;
  std::vector<std::string> data_classes;  // sorted, unique
};

// Bytes of a stream that is not HTTP, or one message of WebSocket: what became final with them.
// `text` tells messages of a known protocol a line each, or the text of an unknown one; it may
// belong to bytes of earlier lines that were held back, and the end of a stream brings a line of
// length 0 for what was left.
struct RedactedStreamData {
  Origin origin;
  std::uint64_t conn_id = 0;
  st_direction direction = ST_EGRESS;
  std::uint64_t length_bytes = 0;
  std::string content_class;     // "text", "binary", …
  std::string protocol;          // "redis", …, "unknown"; empty while not decided
  std::string kind;              // of WebSocket: "text", "binary", "ping", "pong", "close"
  unsigned close_code = 0;       // of a close; 0 when it states none
  std::string text;              // at most kMaxStoredBody bytes of redacted text
  bool is_shape = false;         // level shape: text is the kinds of messages, no values
  std::uint64_t kept_bytes = 0;  // of the redacted text
  bool is_cut = false;
  std::string withheld;   // a fixed phrase when text is empty, else empty
  bool is_plain = false;  // it was on the socket without TLS
};

struct RedactedCertificate {
  std::string subject;  // common name
  std::string issuer;   // common name or organisation
  std::uint64_t names = 0;
  std::string not_before;  // YYYY-MM-DDTHH:MM:SSZ; empty when it cannot be read
  std::string not_after;
  std::string key_type;
  std::string digest;  // sha256:…
};

// What was said before it was encrypted.
struct RedactedTls {
  std::string version;                // chosen; empty: no answer was seen
  std::vector<std::string> versions;  // offered
  std::string cipher;
  std::string alpn;  // chosen; empty where it was encrypted, or none was
  std::vector<std::string> alpn_offered;
  std::string server_name;     // by SNI; empty: none, or no host name
  std::string server_name_is;  // given | none | malformed
  bool offers_ech = false;
  std::string certificate_is;  // seen | encrypted | none | unreadable | unknown
  std::optional<RedactedCertificate> certificate;
  bool is_cut = false;
};

// A connection with what is known of its third party.
struct RedactedConnection {
  st_connection_event record;
  st_peer_source tied_by = ST_PEER_NONE;  // how TLS was tied to it
  std::string third_party;                // host name; empty when unknown
  std::vector<std::string> known_by;      // how, of "sni", "dns", "host"; empty when unknown
  bool is_mixed = false;                  // names contradict each other: it is out of scope
  bool is_handshake = false;       // told for its handshake, which is over; not for record.state
  std::optional<RedactedTls> tls;  // as far as its handshake was seen
};

struct RedactedDnsRecord {
  std::string name;
  std::string type;
  std::string value;  // address or name; empty of types that are not told
  std::uint32_t ttl_seconds = 0;
};

// A question of the target and what became of it.
struct RedactedDns {
  Origin origin;  // of the question
  st_dns_event record;
  std::string question;
  std::string type;
  std::string outcome;  // answered | truncated | unreadable | timeout | open
  std::string rcode;    // of answered and truncated; else empty
  std::vector<RedactedDnsRecord> answers;
  std::uint64_t duration_ns = 0;  // up to the answer; 0: none came
};

struct RedactedGap {
  StreamGap gap;
};

struct RedactedProcess {
  st_process_event record;  // without its comm
  std::string comm;         // redacted
};

// A process came into the capture, or went out of it without ending. Capture tells it: no byte of
// the process's data is in it but its name.
struct RedactedMember {
  Origin origin;
  std::string comm;                       // redacted
  std::uint32_t inner_tgid = 0;           // in its own pid namespace
  std::string how;                        // present | forked | executed | moved; empty: it left
  std::optional<std::uint64_t> blind_ns;  // from joining to the last probe that it needed
};

// One line of a log, after redaction. All but `text` and `file` are of fixed words and counts.
struct RedactedLog {
  Origin origin;  // of the write that ended the line
  st_log_sink sink = ST_LOG_STDOUT;
  std::string file;      // redacted name of a log file; empty of others, and at metadata
  std::string format;    // json | logfmt | syslog | journal | text
  std::string severity;  // trace | debug | info | … ; empty when the line says none
  std::string shape;     // letters as a, digits as 0, findings as <class>
  std::vector<std::string> classes;  // found in the line, sorted, unique
  std::uint64_t length_bytes = 0;    // of the redacted line
  std::string text;                  // the redacted line; empty below level redacted
  std::string withheld;              // a fixed phrase when there is no line on purpose
};

// What all lines of one log amounted to; the last that is said of it.
struct RedactedLogTotal {
  Origin origin;  // of the last write
  st_log_sink sink = ST_LOG_STDOUT;
  std::string file;
  std::uint64_t lines = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t withheld_lines = 0;
  std::map<std::string, std::uint64_t> by_severity;  // without those that say none
};

// One argument of a system call. Flags and modes are texts: 0x241, 0644.
struct RedactedArgument {
  using Value = std::variant<std::int64_t, std::string>;
  std::string name;
  Value value;
};

// A system call that has ended.
struct RedactedCall {
  Origin origin;
  std::uint64_t conn_id = 0;
  std::string family;  // files | process | sockets
  std::string name;
  std::vector<RedactedArgument> arguments;
  std::int64_t result = 0;
  std::optional<std::uint64_t> duration_ns;
  std::string error;  // ENOENT, …; empty when the call did not fail
};

// Something that went through the Redactor. Nobody else can make one, so whatever takes a
// RedactedMessage cannot be handed plaintext by mistake.
class RedactedMessage {
 public:
  using Content = std::variant<RedactedExchange, RedactedStreamData, RedactedConnection,
                               RedactedGap, RedactedProcess, RedactedMember, RedactedLog,
                               RedactedLogTotal, RedactedCall, RedactedDns>;

  const Content& content() const { return content_; }

 private:
  friend class Redactor;
  friend class RedactedMessageForTest;  // tests/support only
  explicit RedactedMessage(Content content) : content_(std::move(content)) {}

  Content content_;
};

// What redaction did, for seals and summary. These are the redactor's claims.
struct RedactionCounters {
  std::map<std::string, std::uint64_t> by_class;  // replacements per class
  std::uint64_t withheld_bodies = 0;
  std::uint64_t dropped_messages = 0;     // out of scope or over the level
  std::uint64_t foreign_connections = 0;  // of another third party by SNI
  std::uint64_t mixed_connections = 0;    // whose names contradict each other
  std::uint64_t leak_guard_hits = 0;      // lines withheld at the last moment: a defect
};

inline constexpr std::size_t kMaxStoredBody = 128 * 1024;  // formats: bodies keep at most 128 KiB

}  // namespace scopetrace
