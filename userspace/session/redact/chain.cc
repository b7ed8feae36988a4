// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/redact/chain.h"

#include <algorithm>

#include "userspace/base/file.h"
#include "userspace/bundle/encoder.h"
#include "userspace/bundle/frame_builder.h"
#include "userspace/protocol/dissector.h"
#include "userspace/redact/redactor.h"
#include "userspace/session/redact/guarded_lines.h"
#include "userspace/stream/reassembler.h"
#include "userspace/wire/decode.h"

namespace scopetrace {
namespace {

constexpr std::size_t kPseudonymKeyBytes = 32;
constexpr std::size_t kMaxSecretBytes = 8 << 20;  // an environment may be 6 MiB: execve(2)

// What goes on from the frame builder, counted.
class CountedFrames final : public Sink<DataFrame> {
 public:
  explicit CountedFrames(Sink<DataFrame>& next) : next_(next) {}

  Status push(DataFrame frame) override {
    ++frames_;
    lines_ += frame.leaves.size();
    return next_.push(std::move(frame));
  }
  Status finish() override { return next_.finish(); }

  std::uint64_t frames() const { return frames_; }
  std::uint64_t lines() const { return lines_; }

 private:
  Sink<DataFrame>& next_;
  std::uint64_t frames_ = 0;
  std::uint64_t lines_ = 0;
};

// The encoder is made after the redactor, whose leak guard stands behind it.
class LateEncoder final : public Sink<RedactedMessage> {
 public:
  void set(Encoder& encoder) { encoder_ = &encoder; }
  Status push(RedactedMessage message) override { return encoder_->push(std::move(message)); }
  Status finish() override { return encoder_->finish(); }

 private:
  Encoder* encoder_ = nullptr;
};

RedactorConfig redactor_config(const RedactConfig& config) {
  RedactorConfig made;
  made.level = parse_level(config.level).value_or(Level::kMetadata);
  made.detectors = config.redaction;
  made.third_parties = config.third_parties;
  made.requests = config.requests;
  made.families = config.families;
  made.inbound = config.inbound;
  made.pseudonym_key.resize(kPseudonymKeyBytes);
  fill_random(made.pseudonym_key);
  return made;
}

std::string join_name(std::uint8_t how) {
  switch (how) {
    case ST_JOIN_PRESENT:
      return "present";
    case ST_JOIN_FORKED:
      return "forked";
    case ST_JOIN_EXECUTED:
      return "executed";
    case ST_JOIN_MOVED:
      return "moved";
    default:
      return "";
  }
}

// A header field is looked for by the kernel (ProbeConfig::requests); "any" and "failed" are not.
ReassemblerLimits reassembler_limits(const RedactConfig& config) {
  ReassemblerLimits limits;
  limits.has_windows = std::any_of(
      config.requests.begin(), config.requests.end(),
      [](const std::string& request) { return request.find('=') != std::string::npos; });
  return limits;
}

// Whether bytes of the target came with the record: what a flag that turns all off leaves unread.
// A line for each kind, so that a new one does not compile before it is decided.
struct HasTargetBytes {
  bool operator()(const TlsEvent&) const { return true; }
  bool operator()(const LogEvent&) const { return true; }
  bool operator()(const CallEvent&) const { return true; }
  bool operator()(const HandshakeEvent&) const { return true; }
  bool operator()(const DnsEvent&) const { return true; }
  bool operator()(const st_tls_peer_event&) const { return false; }
  bool operator()(const st_tls_close_event&) const { return false; }
  bool operator()(const st_window_event&) const { return false; }
  bool operator()(const st_connection_event&) const { return false; }
  bool operator()(const st_process_event&) const { return false; }  // its name: the redactor's
};

}  // namespace

// Members in the order in which data flows backwards: each refers to those above it.
struct Chain::Stages {
  Stages(const RedactConfig& config, Sink<DataFrame>& next)
      : frames(next), builder(config.leaf_salt, frames, config.first_line) {}

  CountedFrames frames;
  FrameBuilder builder;
  LateEncoder late_encoder;
  std::unique_ptr<Redactor> redactor;
  std::unique_ptr<GuardedLines> guarded;
  std::unique_ptr<Encoder> encoder;
  DissectorCounters dissected;
  std::unique_ptr<Sink<StreamItem>> dissector;
  std::unique_ptr<Reassembler> reassembler;

  StatsMessage counted;  // what push() counts itself
  std::uint64_t discarded_records = 0;
  bool is_off = false;
};

Chain::Chain(std::unique_ptr<Stages> stages) : stages_(std::move(stages)) {}
Chain::~Chain() = default;

Result<std::unique_ptr<Chain>> Chain::make(const RedactConfig& config, Bytes rules,
                                           Sink<DataFrame>& frames) {
  ST_ASSIGN_OR_RETURN(const RuleSet rule_set, RuleSet::parse(rules));
  auto stages = std::make_unique<Stages>(config, frames);
  ST_ASSIGN_OR_RETURN(stages->redactor,
                      Redactor::make(redactor_config(config), rule_set, stages->late_encoder));
  stages->guarded = std::make_unique<GuardedLines>(stages->redactor->leak_guard(), stages->builder);
  stages->encoder = std::make_unique<Encoder>(config.clocks, *stages->guarded, config.first_line);
  stages->late_encoder.set(*stages->encoder);
  stages->dissector = make_dissector(stages->redactor->input(), &stages->dissected);
  stages->reassembler =
      std::make_unique<Reassembler>(*stages->dissector, reassembler_limits(config));
  return std::unique_ptr<Chain>(new Chain(std::move(stages)));
}

Status Chain::push(Bytes record) {
  ++stages_->counted.records;
  const auto event = decode(record);
  if (!event) {
    ++stages_->counted.corrupt_records;
    return {};
  }
  if (stages_->is_off && std::visit(HasTargetBytes(), *event)) {
    ++stages_->discarded_records;
    return {};
  }
  if (const auto* tls = std::get_if<TlsEvent>(&*event)) {
    stages_->counted.payload_bytes += tls->payload.size();
  }
  return stages_->reassembler->push(*event);
}

Status Chain::advance(std::uint64_t now_ns) {
  ST_RETURN_IF_ERROR(stages_->reassembler->advance(now_ns));
  return stages_->builder.flush(now_ns);
}

Status Chain::finish() { return stages_->reassembler->finish(); }

Status Chain::rotate(const LeafSalt& salt) {
  ST_RETURN_IF_ERROR(stages_->builder.restart(salt));
  stages_->encoder->restart(0);
  return {};
}

Status Chain::learn(const SecretMessage& secret) {
  ST_ASSIGN_OR_RETURN(std::string content, read_all(secret.fd.get(), kMaxSecretBytes));
  if (secret.source == SecretSource::kEnvironment) {
    stages_->redactor->learn_environment(as_bytes(content));
  } else {
    stages_->redactor->learn_file(as_bytes(content));
  }
  wipe(content);
  return {};
}

Status Chain::tell(const MemberMessage& member) {
  RedactedMember told;
  told.origin = {.time_ns = member.time_ns, .tgid = member.tgid, .tid = member.tgid};
  told.inner_tgid = member.inner_tgid == member.tgid ? 0 : member.inner_tgid;
  told.how = join_name(member.how);
  if (member.blind_ns != MemberMessage::kUnknownBlindNs) told.blind_ns = member.blind_ns;
  return stages_->redactor->tell(std::move(told), member.comm);
}

void Chain::set_level(const LevelMessage& message) {
  const bool is_off = message.level == ChannelLevel::kOff;
  if (message.third_party.empty()) stages_->is_off = is_off;
  const auto steps = static_cast<unsigned>(message.level);
  const auto level = static_cast<Level>(is_off ? 0 : steps - 1);  // the two count from 0 and 1
  stages_->redactor->set_level(message.third_party, is_off ? std::nullopt : std::optional(level));
}

std::vector<std::uint64_t> Chain::take_mutes() {
  std::vector<std::uint64_t> mutes = stages_->redactor->take_foreign_connections();
  for (const std::uint64_t conn_id : mutes) stages_->reassembler->mute(conn_id);
  return mutes;
}

ClaimedCounters Chain::claimed() const {
  ClaimedCounters claimed;
  const ReassemblerCounters& stream = stages_->reassembler->counters();
  claimed.lost_user_events = stages_->counted.corrupt_records + stages_->discarded_records +
                             stream.evicted_objects + stages_->dissected.evicted_connections;
  claimed.truncated_bytes = stream.gap_bytes;
  for (const auto& [name, count] : stages_->redactor->counters().by_class) {
    claimed.redactions += count;
  }
  return claimed;
}

StatsMessage Chain::stats() const {
  StatsMessage stats = stages_->counted;
  const RedactionCounters redaction = stages_->redactor->counters();
  stats.lines = stages_->frames.lines();
  stats.frames = stages_->frames.frames();
  stats.dropped_messages = redaction.dropped_messages;
  stats.withheld_bodies = redaction.withheld_bodies;
  stats.leak_guard_hits = redaction.leak_guard_hits;
  stats.foreign_connections = redaction.foreign_connections;
  stats.mixed_connections = redaction.mixed_connections;
  return stats;
}

DoneMessage Chain::done(RedactEnd end) const {
  DoneMessage done{.end = end, .claimed = claimed(), .stats = stats(), .redactions_by_class = {}};
  for (const auto& [name, count] : stages_->redactor->counters().by_class) {
    if (done.redactions_by_class.size() < kMaxDoneClasses) {
      done.redactions_by_class.emplace_back(name, count);
    }
  }
  return done;
}

}  // namespace scopetrace
