// SPDX-License-Identifier: Apache-2.0
// Where the parts of a connection send their messages.
#pragma once

#include <utility>

#include "userspace/protocol/dissector.h"
#include "userspace/protocol/message.h"

namespace scopetrace {

// Sends messages on and remembers the first error, so that parsing code need not carry it. After an
// error nothing more is sent: the session is about to end.
class Outlet {
 public:
  Outlet(MessageSink& next, DissectorCounters& counters) : counters_(counters), next_(next) {}

  // Whether what is sent from now on was on its socket as it is, without TLS.
  void set_plain(bool is_plain) { is_plain_ = is_plain; }
  void send(Message message) {
    std::visit([this](auto& kind) { mark(kind); }, message);
    if (status_) status_ = next_.push(std::move(message));
  }
  const Status& status() const { return status_; }
  DissectorCounters& counters() { return counters_; }
  Status finish() { return status_ ? next_.finish() : status_; }

 private:
  template <class Kind>
  void mark(Kind& kind) const {
    if constexpr (requires { kind.is_plain; }) kind.is_plain = kind.is_plain || is_plain_;
  }

  DissectorCounters& counters_;
  MessageSink& next_;
  Status status_;
  bool is_plain_ = false;
};

}  // namespace scopetrace
