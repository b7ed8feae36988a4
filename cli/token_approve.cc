// SPDX-License-Identifier: Apache-2.0
// scopetrace token approve and merge: adds a reviewer's signature, unites those made in parallel.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "cli/signing.h"
#include "cli/token.h"
#include "scopes/target.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/session/front/host_service.h"

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

// Only a plain file can be replaced whole. A pipe would also wait for a writer for ever.
Status check_appendable(const std::string& path) {
  constexpr auto kHint = "print your signature alone: --signature-only";
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return fail_errno(ErrorCode::kNotFound, path);
  if (!S_ISREG(facts.st_mode)) {
    return fail(Error(ErrorCode::kUsage, path + " is no plain file, so nothing can be appended")
                    .with_hint(kHint));
  }
  if ((facts.st_mode & 0222) != 0 && ::access(path.c_str(), W_OK) == 0) return {};
  return fail(Error(ErrorCode::kIo, path + " is read-only").with_hint(kHint));
}

// Locks the file that has this name now: one that was replaced while its lock was awaited is
// another, and its lock would keep nobody out.
Result<UniqueFd> lock_document(const std::string& path) {
  while (true) {
    ST_ASSIGN_OR_RETURN(UniqueFd fd, open_file(path, O_RDONLY | O_NONBLOCK));
    if (::flock(fd.get(), LOCK_EX) != 0) return fail_errno("lock " + path);
    struct stat held {};
    struct stat named {};
    if (::fstat(fd.get(), &held) != 0) return fail_errno(path);
    const bool is_there = ::stat(path.c_str(), &named) == 0;
    if (is_there && held.st_dev == named.st_dev && held.st_ino == named.st_ino) return fd;
  }
}

// Replaces the file and keeps its mode and group, so that those who shared it go on sharing it.
Status replace_document(const std::string& path, int old, const SignedText& text) {
  struct stat facts {};
  if (::fstat(old, &facts) != 0) return fail_errno(path);
  ST_RETURN_IF_ERROR(write_file_atomically(path, format_signed_text(text.body, text.blocks), 0600));
  const bool kept = ::chown(path.c_str(), static_cast<uid_t>(-1), facts.st_gid) == 0;
  // Another group must not gain what this one was given.
  const mode_t mode = kept ? facts.st_mode & 0666 : facts.st_mode & 0606;
  if (::chmod(path.c_str(), mode) != 0) return fail_errno(path);
  return {};
}

// Appends the block to the file as it is now: two reviewers at once lose nothing, because the file
// is locked, read again and replaced whole. Takes over what others have signed meanwhile.
Status append_block(const std::string& named, ApprovalText* document, const std::string& block) {
  std::error_code error;
  const std::string path = std::filesystem::canonical(named, error);  // a link stays a link
  if (error) return fail(ErrorCode::kNotFound, named + ": " + error.message());
  ST_ASSIGN_OR_RETURN(const UniqueFd lock, lock_document(path));
  ST_ASSIGN_OR_RETURN(ApprovalText now, read_approval(path));
  if (now.text.body != document->text.body) {
    return fail(ErrorCode::kRefused, named + " was changed while it was being signed");
  }
  now.text.blocks.push_back(block);
  if (now.text.blocks.size() > kMaxSignatures) {
    return fail(ErrorCode::kLimit, named + " has all the signatures a document may have");
  }
  *document = std::move(now);
  return replace_document(path, lock.get(), document->text);
}

// For the ledger, where the approval's host is this one. A reviewer's machine may know nothing of
// scopetrace, and attach notes the approvers anyway: no failure is worth a word.
void note_on_host(const ApprovalText& document, const std::string& root) {
  const auto host = read_host();
  if (!host || host->name != document.approval.host) return;
  HostCall call;
  call.task = HostTask::kNoteApproval;
  call.root = root;
  call.text = format_signed_text(document.text.body, document.text.blocks);
  (void)call_host(std::move(call));
}

// Puts the block where the reviewer wants it.
Status deliver(const ApproveOptions& options, ApprovalText* document, const std::string& block,
               const std::string& root) {
  if (options.is_signature_only) return write_all(STDOUT_FILENO, as_bytes(block));
  if (options.path == "-") {
    document->text.blocks.push_back(block);
    ST_RETURN_IF_ERROR(
        write_new_document("", format_signed_text(document->text.body, document->text.blocks)));
  } else {
    ST_RETURN_IF_ERROR(append_block(options.path, document, block));
  }
  note_on_host(*document, root);
  return {};
}

Result<ExitCode> run_approve(const ApproveOptions& options, const std::string& root) {
  const bool is_replaced = options.path != "-" && !options.is_signature_only;
  if (is_replaced) ST_RETURN_IF_ERROR(check_appendable(options.path));
  ST_ASSIGN_OR_RETURN(const ChosenKey key, choose_reviewer_key(options, Folders(root)));
  ST_ASSIGN_OR_RETURN(ApprovalText document, read_approval(options.path));
  ST_ASSIGN_OR_RETURN(const std::string block,
                      sign_with(key, kApprovalNamespace, document.text.body));
  ST_RETURN_IF_ERROR(deliver(options, &document, block, root));
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
