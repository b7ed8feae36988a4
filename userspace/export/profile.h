// SPDX-License-Identifier: Apache-2.0
// For whom an export is, and so what may be in it. docs/exports.md has the table.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/export/line_fields.h"

namespace scopetrace {

// What happens to a member of a kind. None of them adds anything.
enum class FieldAction {
  kKeep,      // as it is
  kWord,      // as it is, if it is a number or a short phrase of plain characters; else dropped
  kScrub,     // redacted again, by the profile's rules
  kTemplate,  // of a path, as at level metadata
  kApproved,  // the pattern of the approval that the name matches; else dropped
  kOffset,    // an instant, told as the time since the session began
  kDrop,
};

struct ExportProfile {
  std::string_view name;
  std::string_view redaction;  // rules that it redacts by again, as `scrub --profile` takes them
  std::array<FieldAction, kFieldKinds> actions;   // by FieldKind
  std::vector<std::string_view> dropped_types{};  // lines that do not leave at all
  bool keeps_evidence = false;                    // session text and approval may go along
  bool needs_party = false;                       // what went to others must not leave

  FieldAction action(FieldKind kind) const { return actions[static_cast<std::size_t>(kind)]; }
  bool drops(std::string_view type) const;
};

// responder, vendor, pci, hipaa, metadata.
const std::vector<ExportProfile>& export_profiles();
// kUsage names those that there are.
Result<ExportProfile> find_export_profile(std::string_view name);

}  // namespace scopetrace
