// SPDX-License-Identifier: Apache-2.0
// Input: one line of a bundle.
// Property: under every profile what leaves is one line of JSON without a member that no rule
// knows, and filtering it once more takes nothing else away; a proof entry or a manifest that is
// read is written as it was.
#include <cstdint>
#include <cstdlib>

#include "tests/support/fuzz_target.h"
#include "tests/unit/export/made_line.h"
#include "userspace/export/line_filter.h"
#include "userspace/export/manifest.h"
#include "userspace/export/subset_proof.h"

namespace {

using scopetrace::Json;

std::vector<scopetrace::LineFilter> make_filters() {
  std::vector<scopetrace::LineFilter> filters;
  for (const auto& profile : scopetrace::export_profiles()) {
    // Scrubbing has a fuzz target of its own, and times since a start cannot be told twice.
    if (profile.name == "responder" || profile.name == "metadata") {
      filters.push_back(scopetrace::LineFilter::make(profile).value());
    }
  }
  return filters;
}

void check_line(scopetrace::LineFilter& filter, const scopetrace::ExportLine& out) {
  Json again = Json::parse(out.text, nullptr, false);
  if (again.is_discarded() || out.text.find('\n') != out.text.size() - 1) std::abort();
  again.erase("derived");
  const std::string left = scopetrace::dump_line(again);
  const auto unknown = filter.unknown_members();
  const auto second = filter.apply(left, again);
  if (!second || filter.unknown_members() != unknown) std::abort();
}

void check_texts(std::string_view text) {
  const auto entry = scopetrace::parse_proof_entry(text);
  if (entry && scopetrace::format_proof_entry(*entry) != text) std::abort();
  const auto manifest = scopetrace::parse_manifest(text);
  if (manifest && scopetrace::format_manifest(*manifest) != text) std::abort();
}

}  // namespace

std::vector<std::string> make_seeds() {
  std::vector<std::string> seeds;
  for (const auto& rules : scopetrace::all_line_rules())
    seeds.push_back(scopetrace::made_line(rules));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto filters = make_filters();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_texts(text);
  const Json line = Json::parse(text, nullptr, false);
  for (auto& filter : filters) {
    const auto out = filter.apply(text, line);
    if (!out) continue;
    scopetrace::count_accepted();
    check_line(filter, *out);
  }
  return 0;
}
