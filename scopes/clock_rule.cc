// SPDX-License-Identifier: Apache-2.0
#include "scopes/clock_rule.h"

#include <algorithm>
#include <optional>

#include "scopes/ledger_reader.h"
#include "scopes/sshsig.h"

namespace scopetrace {
namespace {

constexpr KeyRule kKeys[] = {
    {"host"},
    {"boot"},
    {"boottime-ns", ValueType::kDecimal},
    {"realtime-ns", ValueType::kDecimal},
    {"by"},
    {"reason"},
    {"nonce"},
};
constexpr std::string_view kAcceptedEvent = "clock-accepted";

// What the entries say about the time of one boot.
struct LedgerTime {
  std::optional<ClockPair> base;      // the first entry of this boot, or what was accepted since
  std::uint64_t newest_other_ns = 0;  // the newest wall clock of all earlier boots
};

std::optional<ClockPair> accepted_clocks(const LedgerRecord& entry) {
  const auto boottime = parse_decimal(entry.value("boottime_ns"));
  const auto realtime = parse_decimal(entry.value("realtime_ns"));
  if (!boottime || !realtime) return std::nullopt;
  return ClockPair{*boottime, *realtime};
}

Result<LedgerTime> read_time(const std::string& folder, const std::string& boot) {
  LedgerTime time;
  ST_RETURN_IF_ERROR(
      find_in_ledger(folder, ledger_needle("boot", boot), [&](const LedgerRecord& entry) -> Status {
        if (entry.boot != boot) return {};
        if (!time.base) time.base = ClockPair{entry.boottime_ns, entry.realtime_ns};
        const auto accepted =
            entry.event == kAcceptedEvent ? accepted_clocks(entry) : std::optional<ClockPair>();
        if (accepted) time.base = accepted;
        return {};
      }));
  if (time.base) return time;
  ST_RETURN_IF_ERROR(find_in_ledger(folder, "\"boot\":", [&](const LedgerRecord& entry) -> Status {
    time.newest_other_ns = std::max(time.newest_other_ns, entry.realtime_ns);
    return {};
  }));
  return time;
}

std::string seconds_between(std::uint64_t a_ns, std::uint64_t b_ns) {
  return std::to_string((std::max(a_ns, b_ns) - std::min(a_ns, b_ns)) / kNanosecondsPerSecond);
}

Error behind(std::uint64_t now_ns, std::uint64_t expected_ns) {
  return Error(ErrorCode::kRefused, "the clock of this host is " +
                                        seconds_between(now_ns, expected_ns) +
                                        " s behind its ledger")
      .with_hint("set the clock; if it is right now: scopetrace audit accept-clock --reason WHY");
}

Error ahead(std::uint64_t now_ns, std::uint64_t expected_ns) {
  return Error(ErrorCode::kRefused, "the clock of this host was set " +
                                        seconds_between(now_ns, expected_ns) +
                                        " s ahead since it was booted")
      .with_hint("an approver may accept it: scopetrace audit accept-clock --reason WHY");
}

bool was_accepted_before(const std::string& folder, const std::string& body_digest) {
  bool found = false;
  const Status read = find_in_ledger(folder, ledger_needle("body", body_digest),
                                     [&](const LedgerRecord& entry) -> Status {
                                       found = found || entry.event == kAcceptedEvent;
                                       return {};
                                     });
  return found || !read;  // in doubt it was
}

Status check_fit(const ClockAcceptance& accepted, const ClockFacts& facts) {
  if (accepted.host != facts.host || accepted.boot != facts.boot) {
    return fail(ErrorCode::kRefused, "the acceptance is of another host or boot");
  }
  const std::uint64_t expected_ns = accepted.clocks.to_realtime_ns(facts.now.boottime_ns);
  const std::uint64_t shift_ns =
      std::max(expected_ns, facts.now.realtime_ns) - std::min(expected_ns, facts.now.realtime_ns);
  if (shift_ns <= kMaxClockShiftNs) return {};
  return fail(ErrorCode::kRefused, "the acceptance is of another time than the clock shows now");
}

Status check_signer(const SignedText& text, const std::string& by, const Trust& trust,
                    std::uint64_t now_s) {
  if (text.blocks.size() != 1) return fail(ErrorCode::kRefused, "not one signature");
  ST_ASSIGN_OR_RETURN(const SshSignature signature, parse_sshsig(text.blocks.front()));
  ST_RETURN_IF_ERROR(verify_sshsig(signature, kClockNamespace, as_bytes(text.body)));
  const auto names = trust.principals_of(signature.signer, kClockNamespace, now_s);
  if (!names) return fail(ErrorCode::kRefused, names.error().message());
  if (std::find(names->begin(), names->end(), by) != names->end()) return {};
  return fail(ErrorCode::kRefused, "the acceptance is not signed by " + by);
}

}  // namespace

const SignedTextSchema kClockSchema = {"clock", kKeys};

Result<std::uint64_t> judge_clock(const std::string& ledger_folder, const ClockFacts& facts) {
  ST_ASSIGN_OR_RETURN(const LedgerTime time, read_time(ledger_folder, facts.boot));
  const std::uint64_t now_ns = facts.now.realtime_ns;
  if (!time.base) {
    if (now_ns + kMaxClockShiftNs < time.newest_other_ns) {
      return fail(behind(now_ns, time.newest_other_ns));
    }
    return now_ns;
  }
  const std::uint64_t expected_ns = time.base->to_realtime_ns(facts.now.boottime_ns);
  if (now_ns + kMaxClockShiftNs < expected_ns) return fail(behind(now_ns, expected_ns));
  if (expected_ns + kMaxClockShiftNs < now_ns) return fail(ahead(now_ns, expected_ns));
  return std::max(expected_ns, now_ns);
}

Result<std::string> format_clock_acceptance(const ClockAcceptance& acceptance) {
  const std::vector<SignedField> fields = {
      {"host", acceptance.host},
      {"boot", acceptance.boot},
      {"boottime-ns", std::to_string(acceptance.clocks.boottime_ns)},
      {"realtime-ns", std::to_string(acceptance.clocks.realtime_ns)},
      {"by", acceptance.by},
      {"reason", acceptance.reason},
      {"nonce", acceptance.nonce}};
  return build_signed_body(kClockSchema, fields);
}

Result<LedgerEntry> check_clock_acceptance(std::string_view text, const std::string& ledger_folder,
                                           const Trust& trust, const ClockFacts& facts) {
  ST_ASSIGN_OR_RETURN(const SignedText parsed, parse_signed_text(text, kClockSchema));
  ClockAcceptance accepted;
  accepted.host = parsed.value("host");
  accepted.boot = parsed.value("boot");
  accepted.by = parsed.value("by");
  accepted.clocks = {parse_decimal(parsed.value("boottime-ns")).value(),
                     parse_decimal(parsed.value("realtime-ns")).value()};
  ST_RETURN_IF_ERROR(check_fit(accepted, facts));
  ST_RETURN_IF_ERROR(
      check_signer(parsed, accepted.by, trust, facts.now.realtime_ns / kNanosecondsPerSecond));
  const std::string body = format_digest(sha256(as_bytes(parsed.body)));
  if (was_accepted_before(ledger_folder, body)) {
    return fail(ErrorCode::kRefused, "the acceptance was used before");
  }
  return LedgerEntry{std::string(kAcceptedEvent),
                     {{"body", body},
                      {"by", accepted.by},
                      {"reason", std::string(parsed.value("reason"))},
                      {"boottime_ns", std::to_string(accepted.clocks.boottime_ns)},
                      {"realtime_ns", std::to_string(accepted.clocks.realtime_ns)}}};
}

}  // namespace scopetrace
