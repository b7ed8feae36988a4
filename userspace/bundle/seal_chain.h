// SPDX-License-Identifier: Apache-2.0
// What each seal of a bundle must say, and who must have signed it, given what came before.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/seal.h"
#include "userspace/bundle/session_text.h"

namespace scopetrace {

// Follows the seals of one bundle. Of the sealed frame it looks at size and digest as stored, so
// that whoever decompresses does it behind these and behind the signature. The lines and their root
// are for that one to judge.
class SealChain {
 public:
  // Begins behind a session text whose frame has content of this digest.
  void begin(const SessionText& session, const Digest& content);
  // Checks the seal in `frame`, which follows the data frame `data`, or none (null), and goes on
  // behind it. The error's message says what is wrong; then the chain ends here.
  Result<Seal> take(const Frame& frame, const Frame* data);

  // Of the content of the frame taken last.
  const Digest& head() const { return head_; }
  // The last seal has come.
  bool is_closed() const { return is_closed_; }

 private:
  std::string fault_in(const Seal& seal, const Frame* data) const;

  std::string session_;
  Digest head_{};
  std::string key_;  // that the next seal must be signed with
  std::uint64_t next_index_ = 0;
  std::uint64_t next_line_ = 0;
  std::uint64_t last_boottime_ns_ = 0;
  LossCounters losses_;
  bool is_closed_ = false;
};

}  // namespace scopetrace
