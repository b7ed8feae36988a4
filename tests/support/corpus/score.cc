// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/score.h"

namespace scopetrace::testing {
namespace {

// The last half of a short secret turns up by chance.
constexpr std::size_t kMinHalf = 6;

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool holds_half(const std::string& text, std::string_view secret) {
  const std::string_view half = secret.substr(secret.size() / 2);
  return half.size() >= kMinHalf && holds(text, half);
}

}  // namespace

Verdict judge(const CorpusRecord& record, const std::string& redacted) {
  Verdict verdict;
  verdict.is_changed = redacted != record.text;
  for (const std::string& secret : record.secrets) {
    verdict.is_redacted = verdict.is_redacted && !holds(redacted, secret);
    verdict.is_half_gone = verdict.is_half_gone && !holds_half(redacted, secret);
  }
  verdict.is_half_gone = verdict.is_half_gone && verdict.is_redacted;
  for (const std::string& keep : record.keep) {
    if (!holds(redacted, keep)) verdict.lost.push_back(keep);
  }
  return verdict;
}

void CorpusScore::add(const CorpusRecord& record, const Verdict& verdict) {
  const std::size_t kept = record.keep.size() - verdict.lost.size();
  keeps.hits += kept, keeps.all += record.keep.size();
  if (record.is_negative()) {
    false_positives.add(verdict.is_changed);
    false_by_kind[record.context].add(verdict.is_changed);
    return;
  }
  kept_of_positives.hits += kept, kept_of_positives.all += record.keep.size();
  (record.is_optional   ? optional
   : record.is_personal ? personal
                        : secrets)
      .add(verdict.is_redacted);
  halves.add(verdict.is_half_gone);
  by_class[record.class_name].add(verdict.is_redacted);
  by_context[record.context].add(verdict.is_redacted);
  keep_by_context[record.context].hits += kept;
  keep_by_context[record.context].all += record.keep.size();
}

CorpusScore score_corpus(const std::vector<CorpusRecord>& records, const RedactFunction& redact) {
  CorpusScore score;
  for (const CorpusRecord& record : records) score.add(record, judge(record, redact(record.text)));
  return score;
}

}  // namespace scopetrace::testing
