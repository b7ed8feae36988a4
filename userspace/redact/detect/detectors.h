// SPDX-License-Identifier: Apache-2.0
// Finds secrets and personal data in any text: values that give themselves away, and values that
// their names give away.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/rules/rules.h"
#include "userspace/redact/scan/char_scan.h"
#include "userspace/redact/scan/finding.h"
#include "userspace/redact/scan/literal_scan.h"

namespace scopetrace {

// What one scan of a text needs and leaves behind; reused, so that a scan allocates nothing.
struct ScanWork {
  CharHits chars;                       // of the text
  std::vector<LiteralHit> literals;     // of the text
  std::vector<TextRange> placeholders;  // [REDACTED:…] of an earlier pass: never looked into
  std::vector<std::size_t> escapes;     // where \u00 stands
  std::vector<Finding> findings;
};

// All detectors. One pass finds literals (LiteralScan), one the characters that begin a number, an
// address or a long token (SIMD); verifiers look only around these hits. Not thread-safe. Time is
// linear in the text: each verifier looks at a bounded neighbourhood of its hit.
class Detectors {
 public:
  enum class Kind { kAll, kValues };  // kValues: no names; what a finished line is checked with

  // Copies what it needs of the rules. Errors: kCorrupt when the database cannot be compiled.
  static Result<std::unique_ptr<Detectors>> make(const RuleSet& rules);
  ~Detectors();

  // Replaces the content of `work` by what is found in `scan.text`; findings may overlap. Skips
  // placeholders. Of a text that is not final, `scan.undecided` says from where on more is needed.
  void find(ScanText& scan, Kind kind, ScanWork& work);

  const NameTable& names() const;
  // Wipes the names of the texts so far.
  void forget();

 private:
  struct State;
  explicit Detectors(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Drops findings that touch a placeholder.
void drop_inside(const std::vector<TextRange>& placeholders, std::vector<Finding>& findings);

}  // namespace scopetrace
