// SPDX-License-Identifier: Apache-2.0
// The stage between parsing and encoding: scope, level, redaction. The only maker of
// RedactedMessage.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/level.h"
#include "userspace/base/sink.h"
#include "userspace/redact/redacted_message.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

class LeakGuard;
class MessageSink;  // defined in protocol/message.h, which only protocol/ and redact/ may include

// What the approval allows. Defaults allow nothing.
struct RedactorConfig {
  Level level = Level::kMetadata;
  std::string detectors = "standard";      // the rule set's name: "standard+pci"
  std::vector<std::string> third_parties;  // exact host, "*.host", or "any"
  std::vector<std::string> requests;       // "header=value", "failed", or "any"
  std::vector<std::string> families;       // of "tls", "sockets", "files", "process", "logs"
  bool inbound = false;                    // also exchanges that the target answered
  ByteVector pseudonym_key;  // 32 random bytes of this session; wiped with the Redactor
};

// Drops what is out of scope, then replaces every secret and every personal datum.
//
// Order for an exchange: scope (dropped and counted before anything is looked at), level, names,
// value shapes, learned values. Denies by default: what cannot be decoded, is cut or follows a gap
// is a length with a reason. Values found are learned and searched for in all later messages.
// Bounded: depth, sizes and number of learned values have caps; going over one withholds.
// One thread. The sink must outlive the Redactor; the rules are copied into detectors.
class Redactor {
 public:
  // Errors: kUsage for rules of another name, a bad pattern of a third party or request; kCorrupt
  // when the rules cannot be compiled.
  static Result<std::unique_ptr<Redactor>> make(RedactorConfig config, const RuleSet& rules,
                                                Sink<RedactedMessage>& next);
  ~Redactor();

  // Where the dissector puts messages. What it passes on is finished by its finish().
  MessageSink& input();

  // A line that capture wants told: members that join and leave. `comm`, its name as it is, becomes
  // the member's own, redacted. Dropped as a process line is: without the family `process`, and
  // while everything is off.
  Status tell(RedactedMember member, std::string_view comm);

  // Searches for this value, in plain, percent, base64 and hexadecimal form, from now on. For
  // values of secret-looking names of the target's environment. Values below 8 bytes or too common
  // to be secret are ignored; returns whether it was taken.
  bool learn(Bytes value);
  // Learns the values of secret-looking names in a NUL-separated NAME=value block, as of
  // /proc/TGID/environ. Returns how many were taken.
  std::size_t learn_environment(Bytes environ_block);
  // Learns the content of a mounted secret file: the trimmed whole (≤ 4 KiB) and each line's value.
  std::size_t learn_file(Bytes content);
  // A flag changed: holds from the next message on. `third_party` as in LevelCaps::set(); nullopt:
  // nothing of it is kept any more. Never above the approval's level.
  void set_level(std::string_view third_party, std::optional<Level> level);

  // Connections that turned out to be another third party's, each once: nothing more of them is
  // wanted. Not those of a proxy, which may carry any.
  std::vector<std::uint64_t> take_foreign_connections();

  // Scans finished lines with the same detectors and learned values. Valid while this lives.
  LeakGuard& leak_guard();
  // leak_guard_hits is filled from the guard.
  RedactionCounters counters() const;

 private:
  struct State;
  explicit Redactor(std::unique_ptr<State> state);

  Status pass(RedactedMessage::Content content);

  std::unique_ptr<State> state_;
};

}  // namespace scopetrace
