// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/channel.h"

#include <algorithm>

#include "bpf/event.h"
#include "userspace/bundle/frame.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCommBytes = ST_COMM_LEN - 1;

// Decoded bodies read from here; every failure is the same to the caller.
tl::unexpected<Error> broken(const char* what) {
  return fail(ErrorCode::kCorrupt, std::string("channel: ") + what);
}

// ---- writing -----------------------------------------------------------------------------------

template <class T>
void put(ByteVector& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  append(out, {reinterpret_cast<const std::byte*>(&value), sizeof(value)});
}

void put_claimed(ByteVector& out, const ClaimedCounters& claimed) {
  put(out, claimed.lost_user_events);
  put(out, claimed.truncated_bytes);
  put(out, claimed.redactions);
}

void put_stats(ByteVector& out, const StatsMessage& stats) {
  for (const std::uint64_t value :
       {stats.records, stats.corrupt_records, stats.payload_bytes, stats.lines, stats.frames,
        stats.dropped_messages, stats.withheld_bodies, stats.leak_guard_hits,
        stats.foreign_connections, stats.mixed_connections}) {
    put(out, value);
  }
}

// Puts a one-byte length and the text.
void put_name(ByteVector& out, const std::string& text) {
  put(out, static_cast<std::uint8_t>(text.size()));
  append(out, as_bytes(text));
}

// Puts the header before a payload.
EncodedMessage seal_payload(ChannelType type, const ByteVector& payload, int fd = -1) {
  ChannelHeader header;
  header.type = static_cast<std::uint16_t>(type);
  header.fd_count = fd >= 0 ? 1 : 0;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  EncodedMessage encoded;
  put(encoded.bytes, header);
  append(encoded.bytes, payload);
  encoded.fd = fd;
  return encoded;
}

using Encoded = Result<EncodedMessage>;

Encoded encode_one(const ConfigMessage& message) {
  if (message.json.size() > kMaxChannelPayload) {
    return fail(ErrorCode::kLimit, "channel: config is longer than 64 KiB");
  }
  const Bytes text = as_bytes(message.json);
  return seal_payload(ChannelType::kConfig, {text.begin(), text.end()});
}

Encoded encode_one(const RulesMessage& message) {
  ByteVector payload;
  put(payload, message.size_bytes);
  return seal_payload(ChannelType::kRules, payload, message.fd.get());
}

Encoded encode_one(const SecretMessage& message) {
  ByteVector payload;
  put(payload, message.source);
  return seal_payload(ChannelType::kSecret, payload, message.fd.get());
}

Encoded encode_one(const LevelMessage& message) {
  if (message.third_party.size() > kMaxThirdPartyBytes) {
    return fail(ErrorCode::kLimit, "channel: third party is longer than 253 bytes");
  }
  ByteVector payload;
  put(payload, message.level);
  put_name(payload, message.third_party);
  return seal_payload(ChannelType::kLevel, payload);
}

Encoded encode_one(const MemberMessage& message) {
  if (message.comm.size() > kMaxCommBytes) {
    return fail(ErrorCode::kLimit, "channel: a process's name is longer than 15 bytes");
  }
  ByteVector payload;
  put(payload, message.time_ns);
  put(payload, message.blind_ns);
  put(payload, message.tgid);
  put(payload, message.inner_tgid);
  put(payload, message.how);
  put_name(payload, message.comm);
  return seal_payload(ChannelType::kMember, payload);
}

Encoded encode_one(const RotateMessage& message) {
  return seal_payload(ChannelType::kRotate, {message.leaf_salt.begin(), message.leaf_salt.end()});
}

Encoded encode_one(const StopMessage&) { return seal_payload(ChannelType::kStop, {}); }

Encoded encode_one(const ReadyMessage& message) {
  ByteVector payload;
  put(payload, message.version);
  put(payload, message.landlock_abi);
  return seal_payload(ChannelType::kReady, payload);
}

Encoded encode_one(const HeartbeatMessage& message) {
  ByteVector payload;
  put(payload, message.boottime_ns);
  put(payload, message.ring_backlog_bytes);
  return seal_payload(ChannelType::kHeartbeat, payload);
}

Encoded encode_one(const FrameMessage& message) {
  ByteVector payload;
  put(payload, message.compressed_bytes);
  put(payload, message.raw_bytes);
  put(payload, message.line_count);
  put_claimed(payload, message.claimed);
  return seal_payload(ChannelType::kFrame, payload, message.fd.get());
}

Encoded encode_one(const StatsMessage& message) {
  ByteVector payload;
  put_stats(payload, message);
  return seal_payload(ChannelType::kStats, payload);
}

Encoded encode_one(const MuteMessage& message) {
  ByteVector payload;
  put(payload, message.conn_id);
  return seal_payload(ChannelType::kMute, payload);
}

Encoded encode_counts(ChannelType type, const DoneMessage& message) {
  if (message.redactions_by_class.size() > kMaxDoneClasses) {
    return fail(ErrorCode::kLimit, "channel: more than 512 redaction classes");
  }
  ByteVector payload;
  put(payload, message.end);
  put_claimed(payload, message.claimed);
  put_stats(payload, message.stats);
  put(payload, static_cast<std::uint16_t>(message.redactions_by_class.size()));
  for (const auto& [name, count] : message.redactions_by_class) {
    if (name.size() > kMaxClassNameBytes) {
      return fail(ErrorCode::kLimit, "channel: class name is longer than 64 bytes");
    }
    put_name(payload, name);
    put(payload, count);
  }
  return seal_payload(type, payload);
}

Encoded encode_one(const DoneMessage& message) {
  return encode_counts(ChannelType::kDone, message);
}

Encoded encode_one(const RotatedMessage& message) {
  return encode_counts(ChannelType::kRotated, message.so_far);
}

// ---- reading -----------------------------------------------------------------------------------

// Reads the fields of one payload; remembers whether any was missing, so that callers check once.
class FieldReader {
 public:
  explicit FieldReader(Bytes payload) : reader_(payload) {}

  template <class T>
  void get(T& value) {
    const auto read = reader_.read<T>();
    if (read) value = *read;
    is_short_ = is_short_ || !read;
  }
  void get_claimed(ClaimedCounters& claimed) {
    get(claimed.lost_user_events);
    get(claimed.truncated_bytes);
    get(claimed.redactions);
  }
  void get_stats(StatsMessage& stats) {
    for (std::uint64_t* value :
         {&stats.records, &stats.corrupt_records, &stats.payload_bytes, &stats.lines, &stats.frames,
          &stats.dropped_messages, &stats.withheld_bodies, &stats.leak_guard_hits,
          &stats.foreign_connections, &stats.mixed_connections}) {
      get(*value);
    }
  }
  void get_name(std::string& text) {
    std::uint8_t length = 0;
    get(length);
    const auto taken = reader_.take(length);
    if (taken) text = as_text(*taken);
    is_short_ = is_short_ || !taken;
  }
  bool is_short() const { return is_short_; }
  // Every field was there and nothing is left over.
  bool is_exact() const { return !is_short_ && reader_.empty(); }

 private:
  ByteReader reader_;
  bool is_short_ = false;
};

// A name that may go into signed text and JSON as it stands.
bool is_plain_name(std::string_view text, std::size_t max_bytes) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= max_bytes &&
         std::all_of(text.begin(), text.end(), is_plain);
}

// What a datagram's header promises, checked.
struct Opened {
  ChannelType type;
  Bytes payload;
};

Result<Opened> open_datagram(Bytes datagram, const UniqueFd& fd) {
  ByteReader reader(datagram);
  const auto header = reader.read<ChannelHeader>();
  if (!header) return broken("datagram shorter than its header");
  if (header->payload_bytes != reader.rest().size()) return broken("sizes do not add up");
  if (header->payload_bytes > kMaxChannelPayload) return broken("payload too long");
  if (header->fd_count != (fd ? 1 : 0)) return broken("descriptor count is wrong");
  return Opened{static_cast<ChannelType>(header->type), reader.rest()};
}

// Frame and secret messages, the rules: a descriptor must come; for all others none may.
bool wants_fd(ChannelType type) {
  return type == ChannelType::kRules || type == ChannelType::kSecret || type == ChannelType::kFrame;
}

Result<ToRedact> decode_rules(FieldReader fields, UniqueFd fd) {
  RulesMessage message;
  fields.get(message.size_bytes);
  if (!fields.is_exact() || message.size_bytes > kMaxRulesBytes) return broken("bad rules message");
  message.fd = std::move(fd);
  return message;
}

Result<ToRedact> decode_secret(FieldReader fields, UniqueFd fd) {
  SecretMessage message;
  fields.get(message.source);
  const bool is_known =
      message.source == SecretSource::kEnvironment || message.source == SecretSource::kFile;
  if (!fields.is_exact() || !is_known) return broken("bad secret message");
  message.fd = std::move(fd);
  return message;
}

Result<ToRedact> decode_level(FieldReader fields) {
  LevelMessage message;
  fields.get(message.level);
  fields.get_name(message.third_party);
  if (!fields.is_exact() || message.level > ChannelLevel::kRedacted ||
      message.third_party.size() > kMaxThirdPartyBytes) {
    return broken("bad level message");
  }
  return message;
}

Result<ToRedact> decode_member(FieldReader fields) {
  MemberMessage message;
  fields.get(message.time_ns);
  fields.get(message.blind_ns);
  fields.get(message.tgid);
  fields.get(message.inner_tgid);
  fields.get(message.how);
  fields.get_name(message.comm);
  const bool is_good = message.how <= ST_JOIN_MOVED && message.comm.size() <= kMaxCommBytes;
  if (!fields.is_exact() || !is_good) return broken("bad member message");
  return message;
}

Result<FromRedact> decode_ready(FieldReader fields) {
  ReadyMessage message;
  fields.get(message.version);
  fields.get(message.landlock_abi);
  if (!fields.is_exact() || message.version != ReadyMessage{}.version) {
    return broken("bad ready message");
  }
  return message;
}

Result<FromRedact> decode_heartbeat(FieldReader fields) {
  HeartbeatMessage message;
  fields.get(message.boottime_ns);
  fields.get(message.ring_backlog_bytes);
  if (!fields.is_exact()) return broken("bad heartbeat message");
  return message;
}

bool is_frame_in_bounds(const FrameMessage& message) {
  return message.compressed_bytes > 0 && message.compressed_bytes <= kMaxFrameCompressed &&
         message.raw_bytes > 0 && message.raw_bytes <= kMaxFrameRaw && message.line_count > 0 &&
         message.line_count <= kMaxFrameLines && message.line_count <= message.raw_bytes;
}

Result<FromRedact> decode_frame(FieldReader fields, UniqueFd fd) {
  FrameMessage message;
  fields.get(message.compressed_bytes);
  fields.get(message.raw_bytes);
  fields.get(message.line_count);
  fields.get_claimed(message.claimed);
  if (!fields.is_exact() || !is_frame_in_bounds(message)) return broken("bad frame message");
  message.fd = std::move(fd);
  return message;
}

Result<FromRedact> decode_stats(FieldReader fields) {
  StatsMessage message;
  fields.get_stats(message);
  if (!fields.is_exact()) return broken("bad stats message");
  return message;
}

Result<FromRedact> decode_mute(FieldReader fields) {
  MuteMessage message;
  fields.get(message.conn_id);
  if (!fields.is_exact() || message.conn_id == 0) return broken("bad mute message");
  return message;
}

// Reads one class of DONE; false when it is short or its name is not plain.
bool take_class(FieldReader& fields, DoneMessage& message) {
  std::pair<std::string, std::uint64_t> entry;
  fields.get_name(entry.first);
  fields.get(entry.second);
  if (fields.is_short() || !is_plain_name(entry.first, kMaxClassNameBytes)) return false;
  message.redactions_by_class.push_back(std::move(entry));
  return true;
}

Result<ToRedact> decode_rotate(Bytes payload) {
  RotateMessage message;
  if (payload.size() != message.leaf_salt.size()) return broken("bad rotate message");
  std::copy(payload.begin(), payload.end(), message.leaf_salt.begin());
  return message;
}

Result<DoneMessage> decode_counts(FieldReader fields) {
  DoneMessage message;
  std::uint16_t classes = 0;
  fields.get(message.end);
  fields.get_claimed(message.claimed);
  fields.get_stats(message.stats);
  fields.get(classes);
  if (message.end > RedactEnd::kChannel || classes > kMaxDoneClasses) {
    return broken("bad done message");
  }
  for (std::uint16_t i = 0; i < classes; ++i) {
    if (!take_class(fields, message)) return broken("bad redaction class");
  }
  if (!fields.is_exact()) return broken("bad done message");
  return message;
}

}  // namespace

Result<EncodedMessage> encode(const ToRedact& message) {
  return std::visit([](const auto& one) { return encode_one(one); }, message);
}

Result<EncodedMessage> encode(const FromRedact& message) {
  return std::visit([](const auto& one) { return encode_one(one); }, message);
}

Result<ToRedact> decode_to_redact(Bytes datagram, UniqueFd fd) {
  ST_ASSIGN_OR_RETURN(const Opened opened, open_datagram(datagram, fd));
  if (wants_fd(opened.type) != static_cast<bool>(fd)) return broken("descriptor count is wrong");
  const FieldReader fields(opened.payload);
  switch (opened.type) {
    case ChannelType::kConfig:
      return ConfigMessage{std::string(as_text(opened.payload))};
    case ChannelType::kRules:
      return decode_rules(fields, std::move(fd));
    case ChannelType::kSecret:
      return decode_secret(fields, std::move(fd));
    case ChannelType::kLevel:
      return decode_level(fields);
    case ChannelType::kMember:
      return decode_member(fields);
    case ChannelType::kRotate:
      return decode_rotate(opened.payload);
    case ChannelType::kStop:
      if (!opened.payload.empty()) return broken("bad stop message");
      return StopMessage{};
    default:
      return broken("unknown message type");
  }
}

Result<FromRedact> decode_from_redact(Bytes datagram, UniqueFd fd) {
  ST_ASSIGN_OR_RETURN(const Opened opened, open_datagram(datagram, fd));
  if (wants_fd(opened.type) != static_cast<bool>(fd)) return broken("descriptor count is wrong");
  const FieldReader fields(opened.payload);
  switch (opened.type) {
    case ChannelType::kReady:
      return decode_ready(fields);
    case ChannelType::kHeartbeat:
      return decode_heartbeat(fields);
    case ChannelType::kFrame:
      return decode_frame(fields, std::move(fd));
    case ChannelType::kStats:
      return decode_stats(fields);
    case ChannelType::kMute:
      return decode_mute(fields);
    case ChannelType::kDone:
      return decode_counts(fields);
    case ChannelType::kRotated:
      return decode_counts(fields).map(
          [](DoneMessage so_far) { return FromRedact(RotatedMessage{std::move(so_far)}); });
    default:
      return broken("unknown message type");
  }
}

}  // namespace scopetrace
