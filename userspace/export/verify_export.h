// SPDX-License-Identifier: Apache-2.0
// Checks an export: who signed it, and whether its files are the ones that were signed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "userspace/bundle/verify.h"
#include "userspace/export/manifest.h"

namespace scopetrace {

struct ExportReport {
  Verdict verdict = Verdict::kComplete;  // COMPLETE, UNTRUSTED or TAMPERED
  std::vector<std::string> reasons;      // why it is not COMPLETE; never captured bytes
  std::vector<std::string> notes;        // what was not checked
  ExportManifest manifest;               // as signed; empty unless the signature is good
  std::string key;                       // fingerprint of the key that signed it
};

// The folder's content is hostile. Without `inputs.trust` the verdict is never better than
// UNTRUSTED. Fails only when a file cannot be read; what is wrong is in the report.
Result<ExportReport> verify_export(const std::string& folder, const VerifyInputs& inputs);

// One JSON object, LF at its end.
std::string format_export_report_json(const ExportReport& report, bool is_strict);

}  // namespace scopetrace
