// SPDX-License-Identifier: Apache-2.0
// Finds values that give themselves away, in any text. Stateless between calls.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/redact/finding.h"
#include "userspace/redact/names.h"
#include "userspace/redact/rules.h"

namespace scopetrace {

// All value detectors: one vectorscan database of literals leads to shapes, JOSE objects, private
// keys, URLs and addresses; digit runs are found by hand. Every hit is verified.
// Not thread-safe (one scratch space). Time is linear in the text: each verifier looks at a bounded
// neighbourhood of its hit.
class Detectors {
 public:
  // Copies what it needs of the rules. Errors: kCorrupt when the database cannot be compiled.
  static Result<std::unique_ptr<Detectors>> make(const RuleSet& rules);
  ~Detectors();

  // Appends findings in `text`; they may overlap. Skips placeholders.
  void find_values(std::string_view text, std::vector<Finding>& findings);
  // Appends the values of `name: value`, `name=value`, `<name>value</name>`, `--name value` and
  // similar pairs whose name is sensitive.
  void find_named(std::string_view text, std::vector<Finding>& findings) const;

  const NameTable& names() const;

 private:
  struct State;
  explicit Detectors(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace scopetrace
