// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/finding.h"

#include <algorithm>
#include <tuple>

namespace scopetrace {
namespace {

std::size_t length(const Finding& finding) { return finding.range.end - finding.range.begin; }

// By place, then longest, then named before learned, then by class.
bool comes_before(const Finding& a, const Finding& b) {
  if (a.range.begin != b.range.begin) return a.range.begin < b.range.begin;
  return std::tuple(length(b), a.is_learned, a.class_name) <
         std::tuple(length(a), b.is_learned, b.class_name);
}

}  // namespace

void merge_findings(std::vector<Finding>& findings) {
  if (findings.size() < 2) return;
  if (!std::is_sorted(findings.begin(), findings.end(), comes_before)) {
    std::sort(findings.begin(), findings.end(), comes_before);
  }
  std::size_t kept = 0;
  std::size_t widest = length(findings[0]);
  for (std::size_t i = 1; i < findings.size(); ++i) {
    Finding& last = findings[kept];
    const Finding& next = findings[i];
    if (next.range.begin >= last.range.end) {
      findings[++kept] = next;
      widest = length(next);
      continue;
    }
    last.range.end = std::max(last.range.end, next.range.end);
    const bool is_better = length(next) > widest || (last.is_learned && !next.is_learned);
    if (!is_better) continue;
    last.class_name = next.class_name;
    last.is_learned = next.is_learned;
    widest = length(next);
  }
  findings.resize(kept + 1);
}

}  // namespace scopetrace
