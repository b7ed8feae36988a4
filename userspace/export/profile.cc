// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/profile.h"

#include <algorithm>

namespace scopetrace {
namespace {

using enum FieldAction;

}  // namespace

bool ExportProfile::drops(std::string_view type) const {
  return std::find(dropped_types.begin(), dropped_types.end(), type) != dropped_types.end();
}

const std::vector<ExportProfile>& export_profiles() {
  // Actions in the order of FieldKind: fact, time, party, address, target, text, id, own.
  static const std::vector<ExportProfile> profiles = {
      {.name = "responder",
       .redaction = "standard",
       .actions = {kKeep, kKeep, kKeep, kKeep, kKeep, kKeep, kKeep, kKeep},
       .keeps_evidence = true},
      {.name = "vendor",
       .redaction = "standard+pci+gdpr",
       .actions = {kWord, kKeep, kKeep, kKeep, kScrub, kScrub, kScrub, kDrop},
       .dropped_types = {"process", "syscall", "log", "log-total"},
       .needs_party = true},
      {.name = "pci",
       .redaction = "standard+pci",
       .actions = {kKeep, kKeep, kScrub, kKeep, kScrub, kScrub, kScrub, kScrub}},
      {.name = "hipaa",
       .redaction = "standard+hipaa",
       .actions = {kWord, kOffset, kApproved, kDrop, kDrop, kDrop, kDrop, kDrop}},
      {.name = "metadata",
       .redaction = "standard",
       .actions = {kWord, kKeep, kScrub, kDrop, kTemplate, kDrop, kDrop, kDrop}},
  };
  return profiles;
}

Result<ExportProfile> find_export_profile(std::string_view name) {
  std::string names;
  for (const ExportProfile& profile : export_profiles()) {
    if (profile.name == name) return profile;
    names.append(names.empty() ? "" : ", ").append(profile.name);
  }
  return fail(Error(ErrorCode::kUsage, "no profile of exports has this name")
                  .with_hint("there are " + names));
}

}  // namespace scopetrace
