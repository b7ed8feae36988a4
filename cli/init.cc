// SPDX-License-Identifier: Apache-2.0
// scopetrace init: makes folders, host key, default policy and trust file; twice is as once.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "cli/commands.h"
#include "scopes/host.h"
#include "scopes/policy.h"
#include "scopes/target.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

struct InitOptions {
  std::string environment = "production";
  bool is_rotating = false;
};

// Says what happened to one thing.
void report(bool is_new, std::string_view what, const std::string& path) {
  fmt::print("  {:<8} {:<12} {}\n", is_new ? "created" : "kept", what, path);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Status make_all_folders(const Folders& folders) {
  ST_RETURN_IF_ERROR(make_folders(folders.config(), 0755));
  ST_RETURN_IF_ERROR(make_folders(folders.state(), 0700));
  for (const std::string& folder :
       {folders.ledger(), folders.uses(), folders.revocations(), folders.bundles()}) {
    ST_RETURN_IF_ERROR(make_folders(folder, 0700));
  }
  return {};
}

// The state of an installed host belongs to its capture user; so must what root has just made.
Status give_to_owner(const Folders& folders) {
  struct stat state {};
  if (::stat(folders.state().c_str(), &state) != 0) return fail_errno(folders.state());
  if (state.st_uid == ::geteuid()) return {};
  for (const std::string& path :
       {folders.ledger(), folders.uses(), folders.revocations(), folders.bundles(),
        folders.host_key(), folders.host_key() + ".pub"}) {
    if (::lchown(path.c_str(), state.st_uid, state.st_gid) != 0) return fail_errno(path);
  }
  return {};
}

Status ensure_host_key(const Folders& folders, const std::string& host) {
  const bool is_new = !exists(folders.host_key());
  if (is_new) {
    ST_RETURN_IF_ERROR(
        write_key_pair(SigningKey::generate(), folders.host_key(), host_principal(host)));
  }
  report(is_new, "host key", folders.host_key());
  return {};
}

Status ensure_file(const std::string& path, std::string_view what, std::string_view content) {
  const bool is_new = !exists(path);
  if (is_new) ST_RETURN_IF_ERROR(write_file_atomically(path, content, 0644));
  report(is_new, what, path);
  return {};
}

TrustLine host_line(const PublicKey& key, const std::string& host) {
  return {.principals = {host_principal(host)},
          .namespaces = {std::string(kHostNamespace), std::string(kSessionNamespace),
                         std::string(kBundleNamespace), std::string(kAuditNamespace)},
          .valid_after_s = {},
          .valid_before_s = {},
          .key = key,
          .comment = ""};
}

// The trust file of a new host knows one key: its own.
Result<std::string> first_trust_file(const Folders& folders, const std::string& host) {
  ST_ASSIGN_OR_RETURN(const PublicKey key, read_public_key(folders.host_key()));
  return "# Who may sign what: scopetrace trust add PRINCIPAL KEYFILE --for request,approval\n" +
         format_trust_line(host_line(key, host)) + "\n";
}

void print_next_steps(const std::string& root) {
  const std::string program = root.empty() ? "scopetrace" : "scopetrace --root " + root;
  fmt::print(
      "\nOnce each person's key is known (scopetrace trust add), a capture takes three commands:\n"
      "  {0} token request --pid PID --third-party HOST --reason WHY -o my.approval\n"
      "  {0} token approve my.approval\n"
      "  {0} attach --approval my.approval --pid PID\n",
      program);
}

// The trust file with the host's earlier keys ended now and its present one added; as it was when
// that is what it says.
Result<std::string> renew_host_line(const std::string& text, const PublicKey& key,
                                    const std::string& host) {
  ST_ASSIGN_OR_RETURN(const TrustFile file, TrustFile::parse(text));
  const std::uint64_t now_s = realtime_ns() / kNanosecondsPerSecond;
  std::string renewed = text;
  for (TrustLine line : file.lines()) {
    const bool is_host = line.principals == std::vector<std::string>{host_principal(host)};
    if (is_host && line.key == key) return text;
    if (!is_host || line.valid_before_s) continue;
    const std::string before = format_trust_line(line);
    line.valid_before_s = now_s;
    const auto at = renewed.find(before);
    if (at != std::string::npos) renewed.replace(at, before.size(), format_trust_line(line));
  }
  return renewed + format_trust_line(host_line(key, host)) + "\n";
}

// Also completes a rotation that was interrupted before the trust file was written.
Status trust_own_key(const Folders& folders, const PublicKey& key, const std::string& host) {
  constexpr std::size_t kMaxTrustFile = 1 << 20;
  ST_ASSIGN_OR_RETURN(const std::string text, read_file(folders.allowed_signers(), kMaxTrustFile));
  ST_ASSIGN_OR_RETURN(const std::string renewed, renew_host_line(text, key, host));
  if (renewed == text) return {};
  return write_file_atomically(folders.allowed_signers(), renewed, 0644);
}

Result<ExitCode> run_rotation(const std::string& root) {
  const Folders folders(root);
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  HostCall call;
  call.task = HostTask::kRotateKey;
  call.root = root;
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, call_host(std::move(call)));
  ST_ASSIGN_OR_RETURN(const PublicKey key, PublicKey::from_line(answer.text));
  ST_RETURN_IF_ERROR(trust_own_key(folders, key, host.name));
  fmt::print("the host key is {} now; approvals that name the old one are refused\n",
             key.fingerprint());
  return ExitCode::kDone;
}

Result<ExitCode> run_init(const InitOptions& options, const std::string& root) {
  if (options.is_rotating) return run_rotation(root);
  const Folders folders(root);
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  ST_RETURN_IF_ERROR(make_all_folders(folders));
  ST_RETURN_IF_ERROR(ensure_host_key(folders, host.name));
  ST_RETURN_IF_ERROR(give_to_owner(folders));
  ST_RETURN_IF_ERROR(
      ensure_file(folders.policy(), "policy", format_default_policy(options.environment)));
  ST_ASSIGN_OR_RETURN(const std::string trust, first_trust_file(folders, host.name));
  ST_RETURN_IF_ERROR(ensure_file(folders.allowed_signers(), "trust file", trust));
  ST_ASSIGN_OR_RETURN(const PublicKey key, read_public_key(folders.host_key()));
  ST_RETURN_IF_ERROR(trust_own_key(folders, key, host.name));
  print_next_steps(root);
  return ExitCode::kDone;
}

}  // namespace

Command add_init_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Create host key, default policy and trust file");
  command->add_option("--environment", options->environment, "Environment of the default policy")
      ->check(CLI::IsMember({"production", "staging", "test", "development"}))
      ->capture_default_str();
  command->add_flag("--rotate-host-key", options->is_rotating,
                    "Replace the host key by one that the old one vouches for, in the ledger");
  add_examples(*command,
               {"scopetrace init", "scopetrace --root /tmp/try init --environment development"});
  return {command, [options, &global] { return run_init(*options, global.root); }};
}

}  // namespace scopetrace
