// SPDX-License-Identifier: Apache-2.0
// The engine behind `scrub`: one set of rules and one key for all inputs of a run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "cli/scrub_input.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

enum class ScrubFormat { kText, kRecords, kHttp };

// Equal values get equal tags in all its inputs. The key is random and is wiped at the end.
class ScrubEngine {
 public:
  // Errors: kCorrupt when the rules cannot be compiled.
  static Result<std::unique_ptr<ScrubEngine>> make(const RuleSet& rules, ScrubFormat format);

  // An input that is on its own; this must outlive it.
  std::unique_ptr<ScrubInput> begin_input();
  // Wipes what may be left of texts that were passed on.
  void forget();
  // Values replaced so far.
  std::map<std::string, std::uint64_t> by_class() const;

 private:
  explicit ScrubEngine(ScrubFormat format) : format_(format) {}

  ScrubFormat format_;
  std::unique_ptr<Detectors> detectors_;    // of text and records
  std::unique_ptr<TextScanner> scanner_;    // the same
  std::unique_ptr<HttpTextRedactor> http_;  // of messages
};

}  // namespace scopetrace
