// SPDX-License-Identifier: Apache-2.0
// What a person sees of a running capture: one line that changes, and one sentence at the end.
#pragma once

#include <cstdint>
#include <cstdio>

#include "userspace/session/front/frontend.h"

namespace scopetrace {

// Writes to `out`. The changing line only appears on a terminal.
class AttachView {
 public:
  explicit AttachView(std::FILE* out);

  void show_ready(const CaptureReady& ready);
  void show_status(const CaptureStatus& status);
  // Removes the changing line, so that something else can be printed.
  void clear_line();
  void show_end(const AttachOutcome& outcome);

 private:
  std::FILE* out_;
  bool is_terminal_;
  bool is_line_shown_ = false;
  std::uint64_t limit_ns_ = 0;
};

}  // namespace scopetrace
