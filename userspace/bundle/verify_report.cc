// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/verify_report.h"

#include "userspace/bundle/json_line.h"

namespace scopetrace {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kComplete:
      return "COMPLETE";
    case Verdict::kCompleteWithLoss:
      return "COMPLETE_WITH_LOSS";
    case Verdict::kIncomplete:
      return "INCOMPLETE";
    case Verdict::kRollback:
      return "ROLLBACK";
    case Verdict::kUntrusted:
      return "UNTRUSTED";
    case Verdict::kTampered:
      return "TAMPERED";
  }
  return "TAMPERED";
}

int verdict_exit(Verdict verdict, bool is_strict) {
  switch (verdict) {
    case Verdict::kComplete:
      return 0;
    case Verdict::kCompleteWithLoss:
      return is_strict ? 4 : 0;
    case Verdict::kIncomplete:
      return 5;
    case Verdict::kRollback:
      return 6;
    case Verdict::kTampered:
      return 7;
    case Verdict::kUntrusted:
      return 8;
  }
  return 7;
}

std::string format_report_json(const VerifyReport& report, bool is_strict) {
  return dump_line({{"verdict", verdict_name(report.verdict)},
                    {"exit", verdict_exit(report.verdict, is_strict)},
                    {"reasons", report.reasons},
                    {"notes", report.notes},
                    {"anchored", report.anchored},
                    {"host", report.host},
                    {"host_key", report.host_key},
                    {"session", report.session},
                    {"part", report.part},
                    {"approval", report.approval},
                    {"approvers", report.approvers},
                    {"approvals_required", json_number(report.approvals_required)},
                    {"environment", report.environment},
                    {"lines", json_number(report.lines)},
                    {"seals", json_number(report.seals)},
                    {"verified_bytes", json_number(report.verified_bytes)},
                    {"end", report.end},
                    {"losses", losses_json(report.losses)}});
}

}  // namespace scopetrace
