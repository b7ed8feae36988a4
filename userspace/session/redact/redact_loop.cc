// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/redact/redact_loop.h"

#include <poll.h>

#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

// A record waits this long at most while traffic flows, and this long when it does not. Records
// are committed without wakeups, which would cost the target more than the probe itself.
constexpr int kBusyPollMs = 2;
constexpr int kIdlePollMs = 20;
constexpr std::uint64_t kIdleAfterNs = 100'000'000;
// Records of one turn at most, so that the channel and the clock are looked at in between.
constexpr unsigned kRecordsPerTurn = 2048;
constexpr std::uint64_t kReportNs = kNanosecondsPerSecond;

}  // namespace

Status FrameSender::push(DataFrame frame) {
  const ClaimedCounters claimed = chain_ == nullptr ? ClaimedCounters() : chain_->claimed();
  ST_ASSIGN_OR_RETURN(FrameMessage message, make_frame_message(frame, claimed));
  return send_message(channel_fd_, FromRedact(std::move(message)));
}

RedactEnd RedactLoop::run() {
  while (true) {
    const auto ended = turn();
    if (is_capture_gone_) return RedactEnd::kChannel;
    if (ended && *ended == RedactEnd::kStopped && state_ == State::kStopping) return stop();
    if (ended) continue;
    DoneMessage done = chain_ ? chain_->done(error_end_) : DoneMessage();
    done.end = error_end_;
    (void)send_message(channel_fd_, FromRedact(std::move(done)));  // capture may have gone as well
    return error_end_;
  }
}

// One round of channel, ring and clock.
Result<RedactEnd> RedactLoop::turn() {
  error_end_ = RedactEnd::kChannel;
  ST_RETURN_IF_ERROR(receive());
  bool has_more = false;
  if (state_ == State::kRunning) {
    ST_ASSIGN_OR_RETURN(has_more, drain_ring());
    error_end_ = RedactEnd::kPipeline;
    ST_RETURN_IF_ERROR(chain_->advance(boottime_ns()));
  }
  error_end_ = RedactEnd::kChannel;
  ST_RETURN_IF_ERROR(report());
  if (has_more || state_ == State::kStopping || is_capture_gone_) return RedactEnd::kStopped;
  const bool is_busy = boottime_ns() - last_record_ns_ < kIdleAfterNs;
  pollfd channel{.fd = channel_fd_, .events = POLLIN, .revents = 0};
  poll(&channel, 1, is_busy ? kBusyPollMs : kIdlePollMs);
  return RedactEnd::kStopped;
}

Status RedactLoop::receive() {
  while (true) {
    ST_ASSIGN_OR_RETURN(Received<ToRedact> received, receive_to_redact(channel_fd_));
    if (received.state == ReceiveState::kClosed) is_capture_gone_ = true;
    if (received.state != ReceiveState::kMessage) return {};
    ST_RETURN_IF_ERROR(handle(std::move(*received.message)));
  }
}

Status RedactLoop::handle(ToRedact message) {
  if (auto* config = std::get_if<ConfigMessage>(&message)) {
    config_json_ = std::move(config->json);
    return {};
  }
  if (auto* rules = std::get_if<RulesMessage>(&message)) {
    error_end_ = RedactEnd::kBadConfig;
    if (chain_) return fail(ErrorCode::kCorrupt, "rules came twice");
    ST_ASSIGN_OR_RETURN(const ByteVector bytes,
                        read_sealed_memfd(rules->fd.get(), rules->size_bytes));
    ST_ASSIGN_OR_RETURN(const RedactConfig config, parse_redact_config(config_json_));
    ST_ASSIGN_OR_RETURN(chain_, Chain::make(config, bytes, frames_));
    frames_.set_chain(chain_.get());
    state_ = State::kRunning;
    return {};
  }
  if (std::holds_alternative<StopMessage>(message)) {
    state_ = State::kStopping;
    return {};
  }
  if (!chain_) return fail(ErrorCode::kCorrupt, "message before configuration");
  if (const auto* secret = std::get_if<SecretMessage>(&message)) return chain_->learn(*secret);
  if (const auto* member = std::get_if<MemberMessage>(&message)) return chain_->tell(*member);
  if (const auto* rotation = std::get_if<RotateMessage>(&message)) return rotate(*rotation);
  if (const auto* level = std::get_if<LevelMessage>(&message)) {
    chain_->set_level(*level);
  }
  return {};
}

Status RedactLoop::rotate(const RotateMessage& rotation) {
  ST_RETURN_IF_ERROR(chain_->rotate(rotation.leaf_salt));
  RotatedMessage rotated{.so_far = chain_->done(RedactEnd::kStopped)};
  return send_message(channel_fd_, FromRedact(std::move(rotated)));
}

// Whether records are left for another turn.
Result<bool> RedactLoop::drain_ring() {
  for (unsigned i = 0; i < kRecordsPerTurn; ++i) {
    error_end_ = RedactEnd::kRing;
    ST_ASSIGN_OR_RETURN(const std::optional<Bytes> record, ring_.next());
    if (!record) return false;
    error_end_ = RedactEnd::kPipeline;
    ST_RETURN_IF_ERROR(chain_->push(*record));
    ring_.release();
    last_record_ns_ = boottime_ns();
    ST_RETURN_IF_ERROR(mute());
  }
  return true;
}

// Asks capture to stop copying what is another third party's.
Status RedactLoop::mute() {
  for (const std::uint64_t conn_id : chain_->take_mutes()) {
    ST_RETURN_IF_ERROR(send_message(channel_fd_, FromRedact(MuteMessage{.conn_id = conn_id})));
  }
  return {};
}

Status RedactLoop::report() {
  const std::uint64_t now_ns = boottime_ns();
  if (now_ns - last_report_ns_ < kReportNs) return {};
  last_report_ns_ = now_ns;
  const HeartbeatMessage heartbeat{.boottime_ns = now_ns,
                                   .ring_backlog_bytes = ring_.backlog_bytes()};
  ST_RETURN_IF_ERROR(send_message(channel_fd_, FromRedact(heartbeat)));
  if (!chain_) return {};
  return send_message(channel_fd_, FromRedact(chain_->stats()));
}

// The probes are off by now: what is in the ring is all there will be.
RedactEnd RedactLoop::stop() {
  const auto emptied = [this]() -> Status {
    if (!chain_) return {};
    for (bool has_more = true; has_more;) {
      ST_ASSIGN_OR_RETURN(has_more, drain_ring());
      ST_RETURN_IF_ERROR(chain_->advance(boottime_ns()));
      ST_RETURN_IF_ERROR(report());
    }
    error_end_ = RedactEnd::kPipeline;
    return chain_->finish();
  }();
  const RedactEnd end = emptied ? RedactEnd::kStopped : error_end_;
  (void)send_message(channel_fd_, FromRedact(chain_ ? chain_->done(end) : DoneMessage()));
  return end;
}

}  // namespace scopetrace
