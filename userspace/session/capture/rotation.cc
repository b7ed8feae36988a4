// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/rotation.h"

#include <utility>

#include "userspace/bundle/bundle_name.h"

namespace scopetrace {

bool Rotation::is_due(std::uint64_t now_ns, std::uint64_t part_bytes) const {
  if (part_ == kMaxParts) return false;
  const bool is_large = limits_.part_bytes != 0 && part_bytes >= limits_.part_bytes;
  const bool is_old = limits_.part_ns != 0 && now_ns - part_start_ns_ >= limits_.part_ns;
  return is_large || is_old;
}

Rotation::Step Rotation::next_step(std::uint64_t now_ns, std::uint64_t part_bytes) const {
  if (state_ == State::kReady) return Step::kTellRedactor;
  return state_ == State::kIdle && is_due(now_ns, part_bytes) ? Step::kAskOutput : Step::kNone;
}

void Rotation::told(std::uint64_t now_ns) {
  state_ = State::kTold;
  told_ns_ = now_ns;
}

bool Rotation::take_output(UniqueFd fd) {
  if (state_ != State::kAsked) return false;
  state_ = State::kReady;
  fd_ = std::move(fd);
  fill_random(leaf_salt_);
  return true;
}

std::optional<UniqueFd> Rotation::take_answer(std::uint64_t now_ns) {
  if (state_ != State::kTold) return std::nullopt;
  state_ = State::kIdle;
  ++part_;
  part_start_ns_ = now_ns;
  return std::move(fd_);
}

}  // namespace scopetrace
