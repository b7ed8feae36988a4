// SPDX-License-Identifier: Apache-2.0
#include "cli/export_verdict.h"

#include <fmt/core.h>

#include "userspace/base/clock.h"
#include "userspace/export/verify_export.h"

namespace scopetrace {
namespace {

void print_export_report(const std::string& path, const ExportReport& report) {
  fmt::print("{}: {}\n", path, verdict_name(report.verdict));
  for (const std::string& reason : report.reasons) fmt::print("  ! {}\n", reason);
  const ExportManifest& manifest = report.manifest;
  if (manifest.exporter.empty()) return;
  fmt::print("  exporter  {} ({}), {}\n", manifest.exporter, report.key,
             format_seconds(manifest.time_s));
  fmt::print("  profile   {}, third party {}\n", manifest.profile, manifest.third_party);
  fmt::print("  session   {} on {}, which was {}\n", manifest.session, manifest.host,
             manifest.verdict);
  fmt::print("  content   {} of {} lines as they were, {} derived, {} withheld\n", manifest.kept,
             manifest.lines, manifest.derived, manifest.withheld);
  for (const std::string& note : report.notes) fmt::print("  note      {}\n", note);
}

}  // namespace

Result<Verdict> verify_and_print_export(const std::string& path, const VerifyInputs& inputs,
                                        bool is_json, bool is_strict) {
  ST_ASSIGN_OR_RETURN(const ExportReport report, verify_export(path, inputs));
  if (is_json) {
    fmt::print("{}", format_export_report_json(report, is_strict));
  } else {
    print_export_report(path, report);
  }
  return report.verdict;
}

}  // namespace scopetrace
