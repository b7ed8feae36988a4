// SPDX-License-Identifier: Apache-2.0
// scopetrace audit: reads and checks the ledger, and lets an approver accept the clock.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/ascii.h"
#include "cli/commands.h"
#include "cli/grants.h"
#include "cli/signing.h"
#include "cli/token.h"
#include "scopes/clock_rule.h"
#include "scopes/ledger_audit.h"
#include "scopes/ledger_reader.h"
#include "scopes/target.h"
#include "userspace/base/crypto.h"
#include "userspace/base/file.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxLog = std::size_t{256} << 20;  // bytes of one log that is searched

struct AuditOptions {
  std::string ledger_path;
  std::string key_path;
  std::vector<std::string> logs;
  std::vector<std::string> copies;
  std::string format = "csv";
  std::string from;
  std::string to;
  std::string reason;
  std::string signing_key_path;
  std::string principal;
  bool is_json = false;
};

// The entries and the signed head, from a folder or from the program that owns them.
struct OpenLedger {
  UniqueFd entries;
  std::string checkpoint;
};

Result<OpenLedger> open_ledger(const AuditOptions& options, const std::string& root) {
  OpenLedger ledger;
  if (options.ledger_path.empty()) {
    HostCall call;
    call.task = HostTask::kLedger;
    call.root = root;
    ST_ASSIGN_OR_RETURN(HostAnswer answer, call_host(std::move(call)));
    return OpenLedger{std::move(answer.fd), std::move(answer.text)};
  }
  const std::string& folder = options.ledger_path;
  ST_ASSIGN_OR_RETURN(ledger.entries, open_file(folder + "/entries.jsonl", O_RDONLY));
  auto checkpoint = read_file(folder + "/checkpoint", kMaxSignedText);
  if (checkpoint) ledger.checkpoint = std::move(*checkpoint);
  return ledger;
}

// The key that the ledger must be signed with: a public key file, or the host's line of a trust
// file.
Result<PublicKey> find_host_key(const AuditOptions& options, const std::string& root) {
  if (!options.key_path.empty()) {
    auto key = read_public_key(options.key_path);
    if (key) return key;
  }
  const std::string path =
      options.key_path.empty() ? Folders(root).allowed_signers() : options.key_path;
  ST_ASSIGN_OR_RETURN(const TrustFile trust, TrustFile::read(path));
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  for (const TrustLine& line : trust.lines()) {
    const auto has = [](const auto& names, std::string_view name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    const bool is_current = !line.valid_before_s;
    if (is_current && has(line.namespaces, kAuditNamespace) &&
        (has(line.principals, host_principal(host.name)) || !options.key_path.empty())) {
      return line.key;
    }
  }
  return fail(Error(ErrorCode::kUntrusted, path + " names no key of this host for audit@scopetrace")
                  .with_hint("--key HOST_KEY.pub"));
}

Result<std::string> read_log(const std::string& path) {
  return path == "-" ? read_all(STDIN_FILENO, kMaxLog) : read_file(path, kMaxLog);
}

Result<LedgerEvidence> gather_evidence(const AuditOptions& options) {
  LedgerEvidence evidence;
  for (const std::string& path : options.logs) {
    ST_ASSIGN_OR_RETURN(const std::string text, read_log(path));
    evidence.add_log(text, path);
  }
  for (const std::string& folder : options.copies) {
    struct stat facts {};
    const bool is_folder = ::stat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
    ST_ASSIGN_OR_RETURN(const UniqueFd fd,
                        open_file(is_folder ? folder + "/entries.jsonl" : folder, O_RDONLY));
    ST_RETURN_IF_ERROR(evidence.add_copy(fd.get(), folder));
  }
  return evidence;
}

ExitCode exit_code_of(LedgerVerdict verdict) {
  switch (verdict) {
    case LedgerVerdict::kGood:
      return ExitCode::kDone;
    case LedgerVerdict::kRollback:
      return ExitCode::kRollback;
    case LedgerVerdict::kTampered:
      return ExitCode::kTampered;
    case LedgerVerdict::kUntrusted:
      return ExitCode::kUntrusted;
  }
  return ExitCode::kTampered;
}

void print_report(const LedgerReport& report) {
  fmt::print("ledger: {}\n", ledger_verdict_name(report.verdict));
  for (const std::string& reason : report.reasons) fmt::print("  ! {}\n", reason);
  fmt::print("  entries   {}\n  head      {}\n", report.head.count,
             format_digest(report.head.head));
  if (report.compared == 0) {
    fmt::print("  note      rollback not checked: give --log or --copy\n");
  } else {
    fmt::print("  compared  {} earlier heads\n", report.compared);
  }
  if (report.ignored > 0) {
    fmt::print("  ignored   {} checkpoints by keys that are none of this host's\n", report.ignored);
  }
}

void print_report_json(const LedgerReport& report) {
  const nlohmann::ordered_json json = {{"verdict", ledger_verdict_name(report.verdict)},
                                       {"exit", static_cast<int>(exit_code_of(report.verdict))},
                                       {"reasons", report.reasons},
                                       {"entries", report.head.count},
                                       {"head", format_digest(report.head.head)},
                                       {"compared", report.compared},
                                       {"ignored", report.ignored}};
  fmt::print("{}\n", json.dump(2));
}

Result<ExitCode> run_verify(const AuditOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const PublicKey key, find_host_key(options, root));
  ST_ASSIGN_OR_RETURN(const LedgerEvidence evidence, gather_evidence(options));
  ST_ASSIGN_OR_RETURN(const OpenLedger ledger, open_ledger(options, root));
  const LedgerReport report = audit_ledger(ledger.entries.get(), ledger.checkpoint, key, evidence);
  options.is_json ? print_report_json(report) : print_report(report);
  return exit_code_of(report.verdict);
}

void print_entry(const LedgerRecord& entry) {
  std::string text =
      fmt::format("{:>6}  {}  {:<15}", entry.n, entry.time.substr(0, 19), entry.event);
  for (const auto& [name, value] : entry.fields) text += fmt::format(" {}={}", name, value);
  fmt::print("{}\n", text);
}

Result<ExitCode> run_show(const AuditOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const OpenLedger ledger, open_ledger(options, root));
  if (options.is_json) {
    ST_ASSIGN_OR_RETURN(const std::string text, read_all(ledger.entries.get(), kMaxLog));
    ST_RETURN_IF_ERROR(write_all(STDOUT_FILENO, as_bytes(text)));
    return ExitCode::kDone;
  }
  ST_RETURN_IF_ERROR(read_ledger(ledger.entries.get(), [](const LedgerRecord& entry) -> Status {
    print_entry(entry);
    return {};
  }));
  return ExitCode::kDone;
}

// Seconds of an option; `otherwise` when it is not given.
Result<std::uint64_t> time_of(const char* option, const std::string& text,
                              std::uint64_t otherwise) {
  if (text.empty()) return otherwise;
  const auto time = parse_seconds(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (time) return *time;
  return fail(Error(ErrorCode::kUsage, std::string(option) + " '" + text + "' is no time")
                  .with_hint("write UTC as 2027-01-31 or 2027-01-31T00:00:00Z"));
}

Result<ExitCode> run_export(const AuditOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const std::uint64_t from_s, time_of("--from", options.from, 0));
  ST_ASSIGN_OR_RETURN(const std::uint64_t to_s, time_of("--to", options.to, UINT64_MAX));
  ST_ASSIGN_OR_RETURN(const OpenLedger ledger, open_ledger(options, root));
  GrantTable grants(from_s, to_s);
  ST_RETURN_IF_ERROR(read_ledger(ledger.entries.get(), [&](const LedgerRecord& entry) -> Status {
    grants.add(entry);
    return {};
  }));
  const std::string text = options.format == "csv" ? grants.to_csv() : grants.to_json_lines();
  ST_RETURN_IF_ERROR(write_all(STDOUT_FILENO, as_bytes(text)));
  return ExitCode::kDone;
}

Result<std::string> sign_acceptance(const AuditOptions& options, const Folders& folders) {
  ST_RETURN_IF_ERROR(check_ascii("--reason", options.reason));
  ST_ASSIGN_OR_RETURN(const HostFacts host, read_host());
  ClockAcceptance acceptance;
  acceptance.host = host.name;
  acceptance.boot = host.boot_id;
  acceptance.clocks = ClockPair::now();
  ST_ASSIGN_OR_RETURN(
      const TextSigner signer,
      find_signer(options.principal, options.signing_key_path, kClockNamespace, folders));
  acceptance.by = signer.principal;
  acceptance.reason = options.reason;
  std::array<std::byte, 16> nonce;
  fill_random(nonce);
  acceptance.nonce = to_hex(nonce);
  ST_ASSIGN_OR_RETURN(const std::string body, format_clock_acceptance(acceptance));
  ST_ASSIGN_OR_RETURN(const std::string block, sign_with(signer.key, kClockNamespace, body));
  return format_signed_text(body, std::vector<std::string>{block});
}

Result<ExitCode> run_accept_clock(const AuditOptions& options, const std::string& root) {
  HostCall call;
  call.task = HostTask::kAcceptClock;
  call.root = root;
  ST_ASSIGN_OR_RETURN(call.text, sign_acceptance(options, Folders(root)));
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, call_host(std::move(call)));
  for (const std::string& note : answer.notes) fmt::print(stderr, "{}\n", note);
  return ExitCode::kDone;
}

void add_ledger_option(CLI::App& command, AuditOptions& options) {
  command.add_option("--ledger", options.ledger_path, "Folder of a ledger; default: this host's");
}

CLI::App* add_show(CLI::App& audit, AuditOptions& options) {
  CLI::App* show = audit.add_subcommand("show", "Print the entries");
  add_ledger_option(*show, options);
  show->add_flag("--json", options.is_json, "Print the entries as they are");
  add_examples(*show, {"scopetrace audit show", "scopetrace audit show --json | jq -r .event"});
  return show;
}

CLI::App* add_verify(CLI::App& audit, AuditOptions& options) {
  CLI::App* verify = audit.add_subcommand("verify", "Find entries that were edited or taken away");
  add_ledger_option(*verify, options);
  verify->add_option("--key", options.key_path,
                     "Host key (.pub) or trust file; default: this host's");
  verify->add_option("--log", options.logs, "Log or file with checkpoints of earlier; - reads one");
  verify->add_option("--copy", options.copies, "An earlier copy of the ledger");
  verify->add_flag("--json", options.is_json, "Print JSON");
  add_examples(*verify,
               {"journalctl -t scopetrace-capture -o cat | scopetrace audit verify --log -",
                "scopetrace audit verify --ledger ./copied --key host_key.pub"});
  return verify;
}

CLI::App* add_export(CLI::App& audit, AuditOptions& options) {
  CLI::App* write = audit.add_subcommand("export", "Print one row per capture, for auditors");
  add_ledger_option(*write, options);
  write->add_option("--format", options.format, "csv or jsonl")
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->capture_default_str();
  write->add_option("--from", options.from, "First day or moment, UTC");
  write->add_option("--to", options.to, "Last moment, UTC");
  add_examples(*write, {"scopetrace audit export --from 2026-10-01 > grants.csv",
                        "scopetrace audit export --format jsonl | jq ."});
  return write;
}

CLI::App* add_accept_clock(CLI::App& audit, AuditOptions& options) {
  CLI::App* accept =
      audit.add_subcommand("accept-clock", "State that this host's clock is right now");
  accept->add_option("--reason", options.reason, "Why it was set, for the ledger")->required();
  accept->add_option("--key", options.signing_key_path, "Private key; default: ssh-agent");
  accept->add_option("--as", options.principal, "Your name in the trust file");
  add_examples(*accept,
               {"scopetrace audit accept-clock --reason 'NTP was down since boot'",
                "scopetrace audit accept-clock --reason 'battery' --key ~/.ssh/id_ed25519"});
  return accept;
}

}  // namespace

Command add_audit_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<AuditOptions>();
  CLI::App* audit = app.add_subcommand("audit", "Read and check the ledger of captures");
  audit->require_subcommand(1);
  const CLI::App* show = add_show(*audit, *options);
  const CLI::App* verify = add_verify(*audit, *options);
  const CLI::App* write = add_export(*audit, *options);
  add_accept_clock(*audit, *options);
  return {audit, [=, &global] {
            if (show->parsed()) return run_show(*options, global.root);
            if (verify->parsed()) return run_verify(*options, global.root);
            if (write->parsed()) return run_export(*options, global.root);
            return run_accept_clock(*options, global.root);
          }};
}

}  // namespace scopetrace
