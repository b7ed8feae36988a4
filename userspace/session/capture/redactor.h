// SPDX-License-Identifier: Apache-2.0
// The scopetrace-redact process, as capture sees it: started, spoken to, watched, ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/session/channel.h"
#include "userspace/session/channel_io.h"

namespace scopetrace {

inline constexpr int kRedactRingFd = 3;
inline constexpr int kRedactChannelFd = 4;
inline constexpr std::uint64_t kRedactReadyMs = 2000;  // sandbox closed and ring mapped, or killed

// Owns one redactor. Destroying it kills the process.
class RedactorProcess {
 public:
  // Starts `program` with the ring and a channel, nothing else open and no environment, and waits
  // for READY. kIo when it dies or is silent; the message says how it ended.
  static Result<RedactorProcess> start(const std::string& program, int ring_fd);
  RedactorProcess(RedactorProcess&& other) noexcept;
  RedactorProcess& operator=(RedactorProcess&&) = delete;
  ~RedactorProcess();

  pid_t tgid() const { return tgid_; }
  int channel_fd() const { return channel_.get(); }
  int death_fd() const { return death_.get(); }  // readable once it is dead
  const ReadyMessage& ready() const { return ready_; }

  // Never blocks for long: kIo when its queue stays full.
  Status send(const ToRedact& message) { return send_message(channel_.get(), message); }
  Result<Received<FromRedact>> receive() { return receive_from_redact(channel_.get()); }
  // Kills it and takes its end. Messages that it sent can still be received.
  void kill();

 private:
  RedactorProcess() = default;
  Status wait_ready();

  pid_t tgid_ = -1;
  UniqueFd channel_;
  UniqueFd death_;
  ReadyMessage ready_;
};

}  // namespace scopetrace
