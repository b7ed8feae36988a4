// SPDX-License-Identifier: Apache-2.0
// scopetrace token approve and merge: adds a reviewer's signature, unites those made in parallel.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include <memory>

#include "cli/signing.h"
#include "cli/token.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

struct ApproveOptions {
  std::string path;
  std::string key_path;
  std::string principal;
  bool is_signature_only = false;
};

struct MergeOptions {
  std::vector<std::string> paths;
  std::string output_path;
};

// The reviewer's key. Where this host's trust file is at hand, a key that would not count is
// refused before it signs.
Result<ChosenKey> choose_reviewer_key(const ApproveOptions& options, const Folders& folders) {
  const auto trust = TrustFile::read(folders.allowed_signers());
  ST_ASSIGN_OR_RETURN(ChosenKey key, choose_key_here(options.principal, options.key_path,
                                                     kApprovalNamespace, folders));
  if (!trust || options.principal.empty()) return key;
  ST_RETURN_IF_ERROR(trust->check(options.principal, key.identity, kApprovalNamespace,
                                  realtime_ns() / kNanosecondsPerSecond));
  return key;
}

// Appends the block to the file as it is now: two reviewers at once lose nothing, because the file
// is locked, read again and replaced whole.
Status append_block(const std::string& path, const std::string& body, const std::string& block) {
  ST_ASSIGN_OR_RETURN(const UniqueFd lock, open_file(path, O_RDONLY));
  if (::flock(lock.get(), LOCK_EX) != 0) return fail_errno("lock " + path);
  ST_ASSIGN_OR_RETURN(ApprovalText now, read_approval(path));
  if (now.text.body != body) {
    return fail(ErrorCode::kRefused, path + " was changed while it was being signed");
  }
  now.text.blocks.push_back(block);
  if (now.text.blocks.size() > kMaxSignatures) {
    return fail(ErrorCode::kLimit, path + " has all the signatures a document may have");
  }
  return write_file_atomically(path, format_signed_text(now.text.body, now.text.blocks), 0600);
}

Result<ExitCode> run_approve(const ApproveOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const ChosenKey key, choose_reviewer_key(options, Folders(root)));
  ST_ASSIGN_OR_RETURN(ApprovalText document, read_approval(options.path));
  ST_ASSIGN_OR_RETURN(const std::string block,
                      sign_with(key, kApprovalNamespace, document.text.body));
  if (options.is_signature_only) {
    ST_RETURN_IF_ERROR(write_all(STDOUT_FILENO, as_bytes(block)));
  } else if (options.path == "-") {
    document.text.blocks.push_back(block);
    ST_RETURN_IF_ERROR(
        write_new_document("", format_signed_text(document.text.body, document.text.blocks)));
  } else {
    ST_RETURN_IF_ERROR(append_block(options.path, document.text.body, block));
  }
  fmt::print(stderr, "signed approval {}, requested by {}\n", document.approval.id,
             document.approval.requester);
  return ExitCode::kDone;
}

Result<ExitCode> run_merge(const MergeOptions& options) {
  std::vector<ApprovalText> parts;
  for (const std::string& path : options.paths) {
    ST_ASSIGN_OR_RETURN(ApprovalText part, read_approval(path));
    parts.push_back(std::move(part));
  }
  ST_ASSIGN_OR_RETURN(const std::string merged, merge_approvals(parts));
  ST_RETURN_IF_ERROR(write_new_document(options.output_path, merged));
  return ExitCode::kDone;
}

}  // namespace

Command add_token_approve(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<ApproveOptions>();
  CLI::App* approve = token.add_subcommand("approve", "Sign an approval as a reviewer");
  approve->add_option("file", options->path, "Approval; - is standard input")->required();
  approve->add_option("--key", options->key_path, "Private key; default: ssh-agent");
  approve->add_option("--as", options->principal, "Your name in the trust file, to check the key");
  approve->add_flag("--signature-only", options->is_signature_only,
                    "Print only your signature, for token merge or cat >>");
  add_examples(*approve,
               {"scopetrace token approve inc-4711.approval --key ~/.ssh/id_ed25519",
                "scopetrace token approve - --signature-only < inc-4711.approval > alice.sig"});
  return {approve, [options, &global] { return run_approve(*options, global.root); }};
}

Command add_token_merge(CLI::App& token, const GlobalOptions&) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* merge = token.add_subcommand("merge", "Unite signatures that were made in parallel");
  merge->add_option("files", options->paths, "Approvals with the same text")->required();
  merge->add_option("-o,--output", options->output_path, "New file")->required();
  add_examples(*merge, {"scopetrace token merge alice.approval bob.approval -o inc-4711.approval",
                        "scopetrace token merge *.approval -o all.approval"});
  return {merge, [options] { return run_merge(*options); }};
}

}  // namespace scopetrace
