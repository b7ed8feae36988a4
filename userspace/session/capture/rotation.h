// SPDX-License-Identifier: Apache-2.0
// When a bundle goes on in another part, and what that waits for. Pure: time and facts come in, the
// next step goes out.
#pragma once

#include <cstdint>
#include <optional>

#include "userspace/base/unique_fd.h"
#include "userspace/bundle/merkle.h"

namespace scopetrace {

// Each limit on its own; 0: never.
struct RotationLimits {
  std::uint64_t part_bytes = 0;  // as written; a part goes over it by what was on its way
  std::uint64_t part_ns = 0;
};

inline constexpr std::uint64_t kRotateAnswerNs = 5'000'000'000;  // for the redactor

// idle → (due) output asked for → (it came) redactor told → (it answered) idle, in the next part.
// After kMaxParts the last part grows on: names have no more numbers.
class Rotation {
 public:
  enum class Step {
    kNone,
    kAskOutput,    // of the front end: the next part's output
    kTellRedactor  // leaf_salt() is the next part's
  };

  Rotation(RotationLimits limits, std::uint64_t now_ns) : limits_(limits), part_start_ns_(now_ns) {}

  // What to do now, until it is said to be done: a front end that is stopped is asked later.
  // `part_bytes` is the size of part().
  Step next_step(std::uint64_t now_ns, std::uint64_t part_bytes) const;
  void asked() { state_ = State::kAsked; }
  void told(std::uint64_t now_ns);

  // The output came. False when none was asked for.
  bool take_output(UniqueFd fd);
  // The redactor obeyed: the output of the part that begins now. Nothing when it was not told to:
  // then it misbehaves.
  std::optional<UniqueFd> take_answer(std::uint64_t now_ns);

  bool is_on() const { return limits_.part_bytes != 0 || limits_.part_ns != 0; }
  // The redactor was told and does not answer.
  bool is_stalled(std::uint64_t now_ns) const {
    return state_ == State::kTold && now_ns - told_ns_ > kRotateAnswerNs;
  }
  const LeafSalt& leaf_salt() const { return leaf_salt_; }
  std::uint32_t part() const { return part_; }  // that the redactor's lines belong to

 private:
  enum class State { kIdle, kAsked, kReady, kTold };

  bool is_due(std::uint64_t now_ns, std::uint64_t part_bytes) const;

  RotationLimits limits_;
  State state_ = State::kIdle;
  std::uint64_t part_start_ns_;
  std::uint64_t told_ns_ = 0;
  std::uint32_t part_ = 1;
  UniqueFd fd_;
  LeafSalt leaf_salt_{};
};

}  // namespace scopetrace
