// SPDX-License-Identifier: Apache-2.0
// What redaction made of a corpus, counted.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/corpus/secret_corpus.h"

namespace scopetrace::testing {

// How many of how many.
struct Share {
  std::size_t hits = 0;
  std::size_t all = 0;

  void add(bool is_hit) { hits += is_hit ? 1U : 0U, ++all; }
  double percent() const {
    return all == 0 ? 100.0 : 100.0 * static_cast<double>(hits) / static_cast<double>(all);
  }
};

// What happened to one record.
struct Verdict {
  bool is_redacted = true;   // no secret survived whole
  bool is_half_gone = true;  // nor did the last half of one
  bool is_changed = false;
  std::vector<std::string> lost;  // of `keep`
};

Verdict judge(const CorpusRecord& record, const std::string& redacted);

struct CorpusScore {
  Share secrets, personal, optional;  // records whose every secret is gone
  Share halves;                       // positives of which no last half survived either
  Share keeps;                        // texts to keep that survived, negatives included
  Share kept_of_positives;
  Share false_positives;  // negatives that were changed: a low share is good
  std::map<std::string, Share> by_class, by_context;  // positives that were redacted
  std::map<std::string, Share> false_by_kind;
  std::map<std::string, Share> keep_by_context;

  void add(const CorpusRecord& record, const Verdict& verdict);
};

using RedactFunction = std::function<std::string(std::string_view)>;

// Redacts every record on its own.
CorpusScore score_corpus(const std::vector<CorpusRecord>& records, const RedactFunction& redact);

}  // namespace scopetrace::testing
