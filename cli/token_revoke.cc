// SPDX-License-Identifier: Apache-2.0
// scopetrace token revoke: ends an approval for good, a running capture under it included.
#include <fmt/core.h>

#include <array>
#include <memory>

#include "cli/ascii.h"
#include "cli/signing.h"
#include "cli/token.h"
#include "scopes/approval_rules.h"
#include "scopes/revocation.h"
#include "userspace/base/clock.h"
#include "userspace/base/crypto.h"
#include "userspace/base/file.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

struct RevokeOptions {
  std::string subject;  // file or id
  std::string reason;
  std::string key_path;
  std::string principal;
  std::string output_path;
  bool is_install = false;
};

// What is revoked: an approval at hand, or one of which only the id is known.
struct Subject {
  std::string id;
  std::optional<Digest> body;
  std::string text;  // the approval, or its id
};

Result<Subject> find_subject(const std::string& named) {
  if (is_uuid(named)) return Subject{named, std::nullopt, named};
  ST_ASSIGN_OR_RETURN(const ApprovalText document, read_approval(named));
  return Subject{document.approval.id, document.body_digest(),
                 format_signed_text(document.text.body, document.text.blocks)};
}

std::string make_nonce() {
  std::array<std::byte, 16> nonce;
  fill_random(nonce);
  return to_hex(nonce);
}

Result<std::string> sign_revocation(const RevokeOptions& options, const Subject& subject,
                                    const TextSigner& signer) {
  Revocation revocation;
  revocation.approval = subject.id;
  revocation.body = subject.body;
  revocation.by = signer.principal;
  revocation.reason = options.reason;
  revocation.time_s = realtime_ns() / kNanosecondsPerSecond;
  revocation.nonce = make_nonce();
  ST_ASSIGN_OR_RETURN(const std::string body, format_revocation(revocation));
  ST_ASSIGN_OR_RETURN(const std::string block, sign_with(signer.key, kRevokeNamespace, body));
  return format_signed_text(body, std::vector<std::string>{block});
}

Status install(const Subject& subject, const std::string& text, const std::string& root) {
  HostCall call;
  call.task = HostTask::kRevoke;
  call.root = root;
  call.text = text;
  call.about = subject.text;
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, call_host(std::move(call)));
  for (const std::string& note : answer.notes) fmt::print(stderr, "{}\n", note);
  return {};
}

Result<ExitCode> run_revoke(const RevokeOptions& options, const std::string& root) {
  ST_RETURN_IF_ERROR(check_ascii("--reason", options.reason));
  ST_ASSIGN_OR_RETURN(const Subject subject, find_subject(options.subject));
  const Folders folders(root);
  ST_ASSIGN_OR_RETURN(const TextSigner signer,
                      find_signer(options.principal, options.key_path, kRevokeNamespace, folders));
  ST_ASSIGN_OR_RETURN(const std::string text, sign_revocation(options, subject, signer));
  if (!options.output_path.empty() || !options.is_install) {
    ST_RETURN_IF_ERROR(write_new_document(options.output_path, text));
  }
  if (options.is_install) {
    ST_RETURN_IF_ERROR(install(subject, text, root));
  } else {
    fmt::print(stderr, "not in force yet: on its host, scopetrace token revoke … --install\n");
  }
  return ExitCode::kDone;
}

}  // namespace

Command add_token_revoke(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<RevokeOptions>();
  CLI::App* revoke = token.add_subcommand("revoke", "End an approval for good");
  revoke->add_option("approval", options->subject, "Approval file, or its id")->required();
  revoke->add_option("--reason", options->reason, "Why, for the ledger")->required();
  revoke->add_option("--key", options->key_path, "Private key; default: ssh-agent");
  revoke->add_option("--as", options->principal, "Your name in the trust file");
  revoke->add_option("-o,--output", options->output_path, "New file for the signed revocation");
  revoke->add_flag("--install", options->is_install,
                   "Put it in force on this host: a running capture ends within 2 seconds");
  add_examples(*revoke,
               {"scopetrace token revoke inc-4711.approval --reason 'wrong host' --install",
                "scopetrace token revoke 0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9d --reason "
                "'key lost' -o inc-4711.revocation"});
  return {revoke, [options, &global] { return run_revoke(*options, global.root); }};
}

}  // namespace scopetrace
