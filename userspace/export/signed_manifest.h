// SPDX-License-Identifier: Apache-2.0
// A manifest with the signature of whoever exported. What scopetrace-capture needs of exports.
#pragma once

#include <string>
#include <string_view>

#include "scopes/trust.h"
#include "userspace/export/manifest.h"

namespace scopetrace {

// A manifest with its one signature, which is good. kTampered when it is not.
struct SignedManifest {
  ExportManifest manifest;
  std::string body;
  SshIdentity signer;
};
Result<SignedManifest> open_manifest(std::string_view text);
// kUntrusted unless whoever signed may export, as the one that the manifest names.
Status check_exporter(const SignedManifest& document, const Trust& trust);

}  // namespace scopetrace
