// SPDX-License-Identifier: Apache-2.0
// scopetrace-export v1: what whoever exports signs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace {

inline constexpr std::string_view kExportNamespace = "export@scopetrace";  // of its signature
inline constexpr std::string_view kManifestName = "manifest";  // its file in the export's folder
inline constexpr std::string_view kVerifyTextName = "VERIFY.txt";

struct ExportManifest {
  std::string session;
  std::string host;          // that captured
  std::string verdict;       // of the bundle when it was exported
  std::string anchored;      // none, or ledger
  std::uint64_t time_s = 0;  // CLOCK_REALTIME
  std::string exporter;      // the principal as whom it is signed
  std::string profile;
  std::string third_party;    // that alone was selected; `any` without a selection
  std::uint64_t lines = 0;    // of the bundle, line 0 included
  std::uint64_t kept = 0;     // as they were
  std::uint64_t derived = 0;  // with something taken away or redacted again
  std::uint64_t withheld = 0;
  std::uint64_t unknown = 0;            // members and lines of no known kind, which were taken out
  std::map<std::string, Digest> files;  // all others of the folder but the manifest, 1 to 64
};

// The body, ready to be signed in namespace export@scopetrace.
std::string format_manifest(const ExportManifest& manifest);
// The inverse. kCorrupt for anything that format_manifest would not have written.
Result<ExportManifest> parse_manifest(std::string_view body);

}  // namespace scopetrace
