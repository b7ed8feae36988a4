// SPDX-License-Identifier: Apache-2.0
// A generated corpus that examines redaction: secrets and personal data of every rule, in the
// surroundings of real systems, and look-alikes that must be left alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/redact/rules/rules.h"

namespace scopetrace::testing {

// One text. A negative has no secrets and keeps the whole text.
struct CorpusRecord {
  std::string class_name;  // of the value; of a negative `neg-` and its kind
  std::string context;     // the template around the value; of a negative its kind
  std::string text;
  std::vector<std::string> secrets;  // must not survive, in the encoding in which they stand there
  std::vector<std::string> keep;     // must survive
  bool is_personal = false;
  bool is_optional = false;  // policy decides whether this is personal; scored apart

  bool is_negative() const { return secrets.empty(); }
};

struct CorpusOptions {
  std::uint64_t seed = 1;
  std::size_t contexts_per_value = 12;    // each context comes up about equally often
  std::size_t values_per_credential = 8;  // of a context that is itself the evidence
  std::size_t copies_of_negative = 6;
};

// The same records for the same rules and options, on any machine.
std::vector<CorpusRecord> make_corpus(const RuleSet& rules, const CorpusOptions& options);

// The record as one line of JSON, as the corpora of the project have it.
std::string to_json_line(const CorpusRecord& record, std::size_t number);

}  // namespace scopetrace::testing
