// SPDX-License-Identifier: Apache-2.0
// scopetrace trust: who may sign what on this host.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.h"
#include "scopes/host.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/export/manifest.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxTrustFileBytes = 1 << 20;

struct TrustFileOptions {
  std::string principal;
  std::string key_path;
  std::string purposes = "request,approval";
  std::string until;
  bool is_authority = false;
  bool is_json = false;
};

// What a person may sign with a purpose. Whoever asks or approves may also revoke; an approver may
// accept the clock.
const std::map<std::string, std::vector<std::string_view>, std::less<>>& purposes() {
  static const std::map<std::string, std::vector<std::string_view>, std::less<>> table = {
      {"request", {kRequestNamespace, kRevokeNamespace}},
      {"approval", {kApprovalNamespace, kRevokeNamespace, kClockNamespace}},
      {"review", {kReviewNamespace}},
      {"revoke", {kRevokeNamespace}},
      {"clock", {kClockNamespace}},
      {"export", {kExportNamespace}},
      {"host", {kHostNamespace}},
      {"audit", {kAuditNamespace}},
      {"session", {kSessionNamespace}},
      {"bundle", {kBundleNamespace}}};
  return table;
}

// `request,approval` to the namespaces that stand in the file, each once.
Result<std::vector<std::string>> namespaces_of(const std::string& list) {
  std::vector<std::string> namespaces;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    const auto purpose = purposes().find(word);
    if (purpose == purposes().end()) {
      return fail(
          Error(ErrorCode::kUsage, "'" + word + "' is no purpose of a key")
              .with_hint("people sign for request, approval, review, revoke, clock or export"));
    }
    for (const std::string_view name : purpose->second) {
      const bool is_known =
          std::find(namespaces.begin(), namespaces.end(), name) != namespaces.end();
      if (!is_known) namespaces.emplace_back(name);
    }
  }
  return namespaces;
}

Result<TrustLine> make_line(const TrustFileOptions& options) {
  ST_ASSIGN_OR_RETURN(const PublicKey key, read_public_key(options.key_path));
  ST_ASSIGN_OR_RETURN(std::vector<std::string> namespaces, namespaces_of(options.purposes));
  std::optional<std::uint64_t> until;
  if (!options.until.empty()) {
    until = parse_seconds(options.until);
    if (!until) {
      return fail(Error(ErrorCode::kUsage, "--until '" + options.until + "' is no time")
                      .with_hint("write UTC as 2027-01-31T00:00:00Z"));
    }
  }
  return TrustLine{.principals = {options.principal},
                   .namespaces = std::move(namespaces),
                   .valid_after_s = {},
                   .valid_before_s = until,
                   .key = key,
                   .comment = "",
                   .is_authority = options.is_authority};
}

Result<ExitCode> run_add(const TrustFileOptions& options, const std::string& root) {
  const std::string path = Folders(root).allowed_signers();
  ST_ASSIGN_OR_RETURN(const TrustLine line, make_line(options));
  auto old = read_file(path, kMaxTrustFileBytes);
  if (!old) return fail(std::move(old).error().with_hint("scopetrace init creates it"));
  const std::string changed = *old + format_trust_line(line) + "\n";
  ST_RETURN_IF_ERROR(TrustFile::parse(changed));  // a name it would refuse never gets in
  ST_RETURN_IF_ERROR(write_file_atomically(path, changed, 0644));
  fmt::print("{} may sign {} with {}{}\n", options.principal, options.purposes,
             line.is_authority ? "keys certified by " : "", line.key.fingerprint());
  return ExitCode::kDone;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string format_until(const TrustLine& line) {
  return line.valid_before_s ? format_seconds(*line.valid_before_s) : "always";
}

// `request,approval`: all our namespaces end alike.
std::string format_purposes(std::vector<std::string> namespaces) {
  constexpr std::string_view kEnd = "@scopetrace";
  for (std::string& name : namespaces) {
    if (name.ends_with(kEnd)) name.resize(name.size() - kEnd.size());
  }
  return join(namespaces);
}

void print_table(const TrustFile& file) {
  constexpr const char* kRow = "{:<28} {:<33} {:<21} {}\n";
  fmt::print(kRow, "PRINCIPAL", "MAY SIGN", "UNTIL", "KEY");
  for (const TrustLine& line : file.lines()) {
    fmt::print(kRow, join(line.principals), format_purposes(line.namespaces), format_until(line),
               (line.is_authority ? "authority " : "") + line.key.fingerprint());
  }
}

void print_json(const TrustFile& file) {
  auto rows = nlohmann::ordered_json::array();
  for (const TrustLine& line : file.lines()) {
    rows.push_back({{"principals", line.principals},
                    {"namespaces", line.namespaces},
                    {"until", format_until(line)},
                    {"key", line.key.fingerprint()},
                    {"authority", line.is_authority},
                    {"type", key_type_name(line.key.type())}});
  }
  fmt::print("{}\n", rows.dump(2));
}

Result<ExitCode> run_list(const TrustFileOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const TrustFile file, TrustFile::read(Folders(root).allowed_signers()));
  options.is_json ? print_json(file) : print_table(file);
  return ExitCode::kDone;
}

}  // namespace

Command add_trust_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<TrustFileOptions>();
  CLI::App* command = app.add_subcommand("trust", "Say whose keys count for what");
  command->require_subcommand(1);
  CLI::App* add = command->add_subcommand("add", "Trust a person's public key");
  add->add_option("principal", options->principal, "Name of the person")->required();
  add->add_option("keyfile", options->key_path, "Their public key (.pub)")->required();
  add->add_option("--for", options->purposes, "What they may sign: request,approval")
      ->capture_default_str();
  add->add_flag("--cert-authority", options->is_authority,
                "The key is an authority: it certifies the person's keys (ssh-keygen -s)");
  add->add_option("--until", options->until, "Last moment, as 2027-01-31T00:00:00Z");
  add_examples(*add,
               {"scopetrace trust add alice@corp.example alice.pub --for request,approval",
                "scopetrace trust add bob@corp.example bob.pub --until 2027-01-31T00:00:00Z"});
  CLI::App* list = command->add_subcommand("list", "Print the trust file as a table");
  list->add_flag("--json", options->is_json, "Print JSON");
  add_examples(*list, {"scopetrace trust list", "scopetrace trust list --json"});
  return {command, [options, &global, add] {
            return add->parsed() ? run_add(*options, global.root) : run_list(*options, global.root);
          }};
}

}  // namespace scopetrace
