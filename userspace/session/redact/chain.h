// SPDX-License-Identifier: Apache-2.0
// The pipeline of one session, from ring record to compressed frame, as one object.
#pragma once

#include <memory>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/level.h"
#include "userspace/base/sink.h"
#include "userspace/bundle/frame.h"
#include "userspace/bundle/merkle.h"
#include "userspace/session/channel.h"
#include "userspace/session/redact_config.h"

namespace scopetrace {

// decode ▶ reassemble ▶ parse ▶ redact ▶ encode ▶ leak guard ▶ compress. One thread.
class Chain {
 public:
  // Errors: kUsage or kCorrupt for a configuration or rules that some stage refuses.
  // `frames` must outlive the chain.
  static Result<std::unique_ptr<Chain>> make(const RedactConfig& config, Bytes rules,
                                             Sink<DataFrame>& frames);
  ~Chain();

  // Takes one ring record, borrowed for the call. A record that does not decode is counted.
  Status push(Bytes record);
  // Tells the stages the time (CLOCK_BOOTTIME), a few times a second: frames close by age.
  Status advance(std::uint64_t now_ns);
  // Empties every stage; the last frame goes out. Nothing may be pushed after it.
  Status finish();

  // Closes the open frame; the next line is the first of another part of the bundle.
  Status rotate(const LeafSalt& salt);

  // Learns secret values from an inherited descriptor; what cannot be read is not learned.
  // An error ends the session: what was not learned would not be found either.
  Status learn(const SecretMessage& secret);
  // A line about a process that joined or left, as far as the redactor tells processes.
  Status tell(const MemberMessage& member);
  // Caps the level of a third party (empty: all) from the next message on; kOff for all discards
  // every later record of plaintext unread.
  void set_level(const LevelMessage& message);

  // Connections whose payload is not wanted any more, each once; what is missing of them from now
  // on is no loss.
  std::vector<std::uint64_t> take_mutes();

  ClaimedCounters claimed() const;
  StatsMessage stats() const;
  DoneMessage done(RedactEnd end) const;

 private:
  struct Stages;
  explicit Chain(std::unique_ptr<Stages> stages);
  std::unique_ptr<Stages> stages_;
};

}  // namespace scopetrace
