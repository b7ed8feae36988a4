// SPDX-License-Identifier: Apache-2.0
// The messages between scopetrace-capture and scopetrace-redact, and their encoding.
//
// One message is one datagram of a SOCK_SEQPACKET pair: ChannelHeader, payload, at most one file
// descriptor. Host byte order. capture takes everything that redact sends for hostile: decoding is
// pure, checks every bound, and a message that breaks a rule is kCorrupt and ends the session.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/format.h"

namespace scopetrace {

// Numbers are never reused.
enum class ChannelType : std::uint16_t {
  // capture to redact
  kConfig = 1,
  kRules = 2,
  kSecret = 3,
  kLevel = 4,
  kStop = 5,
  kMember = 6,
  kRotate = 7,
  // redact to capture
  kReady = 33,
  kHeartbeat = 34,
  kFrame = 35,
  kStats = 36,
  kMute = 37,
  kDone = 38,
  kRotated = 39,
};

// First bytes of every datagram; the sizes must add up to the datagram's exactly.
struct ChannelHeader {
  std::uint16_t type = 0;
  std::uint16_t fd_count = 0;       // descriptors that travel along: 0 or 1
  std::uint32_t payload_bytes = 0;  // after this header
};
static_assert(sizeof(ChannelHeader) == 8, "layout of ChannelHeader crosses a process boundary");

inline constexpr std::size_t kMaxChannelPayload = 64 * 1024;
inline constexpr std::size_t kMaxChannelDatagram = sizeof(ChannelHeader) + kMaxChannelPayload;
inline constexpr std::size_t kMaxRulesBytes = 4 << 20;
inline constexpr std::size_t kMaxDoneClasses = 512;         // classes named in DoneMessage
inline constexpr std::size_t kMaxClassNameBytes = 64;       // lower-case letters, digits and "_-."
inline constexpr std::size_t kMaxThirdPartyBytes = 253;     // RFC 1035 section 2.3.4
inline constexpr std::uint32_t kMaxFrameLines = 64 * 1024;  // 2 MiB raw in lines of 32 bytes

// ---- capture to redact -------------------------------------------------------------------------

// First message: the JSON text of a RedactConfig (redact_config.h).
struct ConfigMessage {
  std::string json;
};
// The texts of the redaction profiles, one behind the other, sealed memfd. `size_bytes` is at most
// kMaxRulesBytes.
struct RulesMessage {
  UniqueFd fd;
  std::uint32_t size_bytes = 0;
};
enum class SecretSource : std::uint8_t { kEnvironment = 1, kFile = 2 };
// An opened but unread source of secret values to learn (/proc/PID/environ, a mounted secret).
struct SecretMessage {
  UniqueFd fd;
  SecretSource source = SecretSource::kEnvironment;
};
// How much of messages is kept from now on. It only ever caps the approval's level.
enum class ChannelLevel : std::uint8_t {
  kOff = 0,
  kMetadata = 1,
  kHeaders = 2,
  kShape = 3,
  kRedacted = 4,
};
struct LevelMessage {
  ChannelLevel level = ChannelLevel::kOff;
  std::string third_party;  // host name; empty: every third party
};
// A process came into the capture or went out of it: a line of the bundle.
struct MemberMessage {
  std::uint64_t time_ns = 0;  // CLOCK_BOOTTIME
  std::uint64_t blind_ns = kUnknownBlindNs;
  std::uint32_t tgid = 0;
  std::uint32_t inner_tgid = 0;
  std::uint8_t how = 0;  // enum st_join of bpf/event.h; 0: it left
  std::string comm;      // at most 15 bytes, without NUL

  static constexpr std::uint64_t kUnknownBlindNs = ~std::uint64_t{0};
};
// Lines from now on belong to the next part of the bundle: they count from 0, under this leaf salt.
// The answer is ROTATED, behind the last FRAME of the old part.
struct RotateMessage {
  std::array<std::byte, kLeafSaltBytes> leaf_salt{};
};
// Drain the ring, finish every stage, send the last FRAME, then DONE.
struct StopMessage {};

using ToRedact = std::variant<ConfigMessage, RulesMessage, SecretMessage, LevelMessage, StopMessage,
                              MemberMessage, RotateMessage>;

// ---- redact to capture -------------------------------------------------------------------------

// The sandbox is closed and the ring is mapped: only now may capture send keys and attach.
struct ReadyMessage {
  std::uint32_t version = 1;       // of this protocol; another one is refused
  std::uint32_t landlock_abi = 0;  // 0: this kernel has no Landlock, so that layer is missing
};
struct HeartbeatMessage {
  std::uint64_t boottime_ns = 0;
  std::uint64_t ring_backlog_bytes = 0;  // not yet consumed
};
// The redactor's own counts, cumulative. capture states them as claims.
struct ClaimedCounters {
  std::uint64_t lost_user_events = 0;
  std::uint64_t truncated_bytes = 0;
  std::uint64_t redactions = 0;
};
// One data frame. The memfd holds the compressed bytes, then 32 bytes of leaf hash a line; all four
// seals are set. Read it with read_frame().
struct FrameMessage {
  UniqueFd fd;
  std::uint32_t compressed_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint32_t line_count = 0;
  ClaimedCounters claimed;
};
// Progress for --live and metrics, cumulative; all claims.
struct StatsMessage {
  std::uint64_t records = 0;          // ring records decoded
  std::uint64_t corrupt_records = 0;  // refused by the decoder
  std::uint64_t payload_bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t frames = 0;
  std::uint64_t dropped_messages = 0;  // out of scope or over the level
  std::uint64_t withheld_bodies = 0;
  std::uint64_t leak_guard_hits = 0;
  std::uint64_t foreign_connections = 0;  // of another third party by SNI
  std::uint64_t mixed_connections = 0;    // whose names contradict each other
};
// This connection is out of scope: the kernel need not copy it any more. Never 0.
struct MuteMessage {
  std::uint64_t conn_id = 0;
};
// Why redact ended. A fixed code: redact has no log and sends no text of its own making.
enum class RedactEnd : std::uint32_t {
  kStopped = 0,    // STOP was obeyed
  kBadConfig = 1,  // CONFIG or RULES refused
  kRing = 2,       // the ring broke its format
  kPipeline = 3,   // a stage failed
  kChannel = 4,    // a message of capture's broke its format
};
struct DoneMessage {
  RedactEnd end = RedactEnd::kStopped;
  ClaimedCounters claimed;
  StatsMessage stats;
  std::vector<std::pair<std::string, std::uint64_t>> redactions_by_class;
};

// ROTATE was obeyed. What DONE would say if it came here.
struct RotatedMessage {
  DoneMessage so_far;
};

using FromRedact = std::variant<ReadyMessage, HeartbeatMessage, FrameMessage, StatsMessage,
                                MuteMessage, DoneMessage, RotatedMessage>;

// ---- encoding (pure) ---------------------------------------------------------------------------

// A datagram with the descriptor that goes with it (borrowed from the message; -1: none).
struct EncodedMessage {
  ByteVector bytes;
  int fd = -1;
};
// Errors: kLimit when a text is longer than its bound; nothing is cut silently.
Result<EncodedMessage> encode(const ToRedact& message);
Result<EncodedMessage> encode(const FromRedact& message);

// Decodes one datagram; takes `fd` (empty: none came) into the message that needs it and closes it
// otherwise. Errors: kCorrupt for an unknown or wrong-way type, sizes that do not add up, a missing
// or surplus descriptor, values out of their stated range.
Result<ToRedact> decode_to_redact(Bytes datagram, UniqueFd fd);
Result<FromRedact> decode_from_redact(Bytes datagram, UniqueFd fd);

}  // namespace scopetrace
