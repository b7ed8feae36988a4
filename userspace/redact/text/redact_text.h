// SPDX-License-Identifier: Apache-2.0
// Redaction of one text outside a session: what `scopetrace scrub` calls.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

// Redacts independent texts with one set of rules and one key: equal values get equal tags.
class TextScrubber {
 public:
  // Errors: kCorrupt when the rules cannot be compiled.
  static Result<std::unique_ptr<TextScrubber>> make(const RuleSet& rules, ByteVector pseudonym_key);
  ~TextScrubber();

  // `text` with every finding replaced. Nothing is remembered from one text to the next.
  std::string redact_text(std::string_view text);

 private:
  struct State;
  explicit TextScrubber(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace scopetrace
