// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/terminal.h"

namespace scopetrace {
namespace {

using ClassCount = std::pair<std::string, std::uint64_t>;

std::vector<ClassCount> most_frequent_first(const ScrubReport& report) {
  std::vector<ClassCount> counts(report.by_class.begin(), report.by_class.end());
  std::stable_sort(counts.begin(), counts.end(),
                   [](const ClassCount& a, const ClassCount& b) { return a.second > b.second; });
  return counts;
}

std::uint64_t findings(const ScrubReport& report) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : report.by_class) sum += count;
  return sum;
}

std::string row(const std::string& name, std::uint64_t count) {
  return fmt::format("{:<28} {:>12}\n", name, count);
}

}  // namespace

std::string format_report_table(const ScrubReport& report) {
  std::string text = fmt::format("{:<28} {:>12}\n", "CLASS", "REPLACED");
  // Own rules name classes; the terminal obeys none of them.
  for (const auto& [name, count] : most_frequent_first(report))
    text += row(escape_for_terminal(name), count);
  text += row("all classes", findings(report)) + "\n";
  text += row("records", report.records);
  text += row("bytes read", report.read_bytes);
  text += row("bytes written", report.written_bytes);
  text += row("bytes withheld", report.withheld_bytes);
  if (!report.is_locked) text += "plaintext could not be locked in memory: see ulimit -l\n";
  return text;
}

std::string format_report_json(const ScrubReport& report) {
  const nlohmann::json json = {
      {"by_class", report.by_class},
      {"findings", findings(report)},
      {"memory_locked", report.is_locked},
      {"read_bytes", report.read_bytes},
      {"records", report.records},
      {"withheld_bytes", report.withheld_bytes},
      {"written_bytes", report.written_bytes},
  };
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace scopetrace
