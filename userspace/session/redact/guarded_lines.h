// SPDX-License-Identifier: Apache-2.0
// The leak guard's place in the chain: between encoder and frame builder.
#pragma once

#include <string>

#include "userspace/bundle/line_sink.h"
#include "userspace/redact/leak_guard.h"

namespace scopetrace {

// Passes clean lines on. Of a line that is not clean only what identifies it is kept (n, time,
// tgid, tid, conn, exchange), so that the numbering stays whole and the reader sees that it is
// missing.
class GuardedLines final : public LineSink {
 public:
  GuardedLines(LeakGuard& guard, LineSink& next) : guard_(guard), next_(next) {}

  Status push(std::string line) override;
  Status finish() override { return next_.finish(); }

 private:
  LeakGuard& guard_;
  LineSink& next_;
};

}  // namespace scopetrace
