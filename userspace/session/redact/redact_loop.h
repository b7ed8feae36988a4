// SPDX-License-Identifier: Apache-2.0
// The redactor's life: configured over the channel, drains the ring, hands frames over, stops.
#pragma once

#include <memory>

#include "userspace/base/result.h"
#include "userspace/session/channel.h"
#include "userspace/session/channel_io.h"
#include "userspace/session/redact/chain.h"
#include "userspace/wire/ring.h"

namespace scopetrace {

// Sends frames to capture together with the counts as they are then.
class FrameSender final : public Sink<DataFrame> {
 public:
  explicit FrameSender(int channel_fd) : channel_fd_(channel_fd) {}

  void set_chain(const Chain* chain) { chain_ = chain; }
  Status push(DataFrame frame) override;
  Status finish() override { return {}; }

 private:
  int channel_fd_;
  const Chain* chain_ = nullptr;
};

// One session of scopetrace-redact. One thread; the ring and the channel are borrowed.
class RedactLoop {
 public:
  RedactLoop(const RingMemory& ring, int channel_fd)
      : ring_(ring), channel_fd_(channel_fd), frames_(channel_fd) {}

  // Runs until STOP was obeyed, capture has gone, or something is broken. Records are left in the
  // ring until CONFIG and RULES have come. The answer was sent as DONE.
  RedactEnd run();

 private:
  enum class State { kWaiting, kRunning, kStopping };

  Result<RedactEnd> turn();
  Status receive();
  Status handle(ToRedact message);
  Status rotate(const RotateMessage& rotation);
  Result<bool> drain_ring();
  Status mute();
  Status report();
  RedactEnd stop();

  RingReader ring_;
  int channel_fd_;
  FrameSender frames_;
  std::unique_ptr<Chain> chain_;
  std::string config_json_;
  State state_ = State::kWaiting;
  RedactEnd error_end_ = RedactEnd::kPipeline;  // what the next error means
  bool is_capture_gone_ = false;
  std::uint64_t last_report_ns_ = 0;
  std::uint64_t last_record_ns_ = 0;
};

}  // namespace scopetrace
