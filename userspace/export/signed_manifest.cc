// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/signed_manifest.h"

#include <algorithm>

#include "scopes/sshsig.h"

namespace scopetrace {

Result<SignedManifest> open_manifest(std::string_view text) {
  const std::size_t end = text.find("\n\n");
  if (end == std::string_view::npos) return fail(ErrorCode::kTampered, "manifest: no signature");
  const std::string_view body = text.substr(0, end + 1);
  auto signature = parse_sshsig(text.substr(end + 2));
  if (!signature) return fail(std::move(signature).error().with_context("manifest"));
  ST_RETURN_IF_ERROR(
      verify_sshsig(*signature, kExportNamespace, as_bytes(body)).map_error([](Error error) {
        return std::move(error).with_context("manifest");
      }));
  ST_ASSIGN_OR_RETURN(ExportManifest manifest, parse_manifest(body));
  return SignedManifest{std::move(manifest), std::string(body), std::move(signature->signer)};
}

Status check_exporter(const SignedManifest& document, const Trust& trust) {
  ST_ASSIGN_OR_RETURN(
      const std::vector<std::string> names,
      trust.principals_of(document.signer, kExportNamespace, document.manifest.time_s));
  if (std::find(names.begin(), names.end(), document.manifest.exporter) != names.end()) return {};
  return fail(ErrorCode::kUntrusted, "the manifest was signed by another than it names");
}

}  // namespace scopetrace
