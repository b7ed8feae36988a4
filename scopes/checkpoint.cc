// SPDX-License-Identifier: Apache-2.0
#include "scopes/checkpoint.h"

#include <algorithm>
#include <array>

#include "scopes/sshsig.h"
#include "scopes/trust.h"

namespace scopetrace {
namespace {

constexpr KeyRule kKeys[] = {
    {"host"}, {"count", ValueType::kDecimal},       {"head", ValueType::kDigest},
    {"boot"}, {"boottime-ns", ValueType::kDecimal}, {"realtime", ValueType::kNanoseconds},
};
constexpr std::string_view kLineStart = "scopetrace-audit-v1 ";
constexpr std::size_t kArmourWidth = 70;  // characters of base64 a line, as ssh-keygen writes

// The base64 of an armoured block, without its line breaks.
std::string strip_armour(std::string_view block) {
  block.remove_prefix(kSshsigBegin.size());
  block = block.substr(0, block.find(kSshsigEnd));
  std::string text(block);
  std::erase(text, '\n');
  return text;
}

std::string add_armour(std::string_view base64) {
  std::string block = std::string(kSshsigBegin) + "\n";
  for (; !base64.empty(); base64.remove_prefix(std::min(kArmourWidth, base64.size()))) {
    block += std::string(base64.substr(0, kArmourWidth)) + "\n";
  }
  return block + std::string(kSshsigEnd) + "\n";
}

// The next word of `rest`, which is shortened by it.
std::string_view take_word(std::string_view* rest) {
  const auto end = std::min(rest->find_first_of(" \n\""), rest->size());
  const std::string_view word = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return word;
}

}  // namespace

const SignedTextSchema kAuditSchema = {"audit", kKeys};

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& host_key) {
  const std::vector<SignedField> fields = {
      {"host", checkpoint.host},
      {"count", std::to_string(checkpoint.count)},
      {"head", format_digest(checkpoint.head)},
      {"boot", checkpoint.boot},
      {"boottime-ns", std::to_string(checkpoint.clocks.boottime_ns)},
      {"realtime", format_nanoseconds(checkpoint.clocks.realtime_ns)}};
  ST_ASSIGN_OR_RETURN(const std::string body, build_signed_body(kAuditSchema, fields));
  const std::vector<std::string> blocks = {make_sshsig(host_key, kAuditNamespace, as_bytes(body))};
  return format_signed_text(body, blocks);
}

Result<VerifiedCheckpoint> parse_checkpoint(std::string_view text) {
  ST_ASSIGN_OR_RETURN(const SignedText parsed, parse_signed_text(text, kAuditSchema));
  if (parsed.blocks.size() != 1) return fail(ErrorCode::kCorrupt, "checkpoint: not one signature");
  ST_ASSIGN_OR_RETURN(PublicKey key,
                      verify_sshsig(parsed.blocks.front(), kAuditNamespace, as_bytes(parsed.body)));
  Checkpoint checkpoint;
  checkpoint.host = parsed.value("host");
  checkpoint.count = parse_decimal(parsed.value("count")).value();
  checkpoint.head = parse_digest(parsed.value("head")).value();
  checkpoint.boot = parsed.value("boot");
  checkpoint.clocks.boottime_ns = parse_decimal(parsed.value("boottime-ns")).value();
  const std::string_view realtime = parsed.value("realtime");
  const auto seconds = parse_seconds(std::string(realtime.substr(0, 19)) + "Z");
  const auto fraction = parse_decimal(realtime.substr(20, 9));
  checkpoint.clocks.realtime_ns =
      seconds.value_or(0) * kNanosecondsPerSecond + fraction.value_or(0);
  return VerifiedCheckpoint{std::move(checkpoint), std::move(key)};
}

std::string format_checkpoint_line(std::string_view signed_text) {
  const auto parsed = parse_signed_text(signed_text, kAuditSchema);
  if (!parsed) return "";
  std::string line(kLineStart);
  for (const SignedField& field : parsed->fields) line += field.value + " ";
  return line + strip_armour(parsed->blocks.front());
}

std::optional<std::string> find_checkpoint_line(std::string_view log_line) {
  const auto at = log_line.find(kLineStart);
  if (at == log_line.npos) return std::nullopt;
  std::string_view rest = log_line.substr(at + kLineStart.size());
  std::vector<SignedField> fields;
  for (const KeyRule& rule : kKeys) {
    fields.push_back({std::string(rule.key), std::string(take_word(&rest))});
  }
  const auto body = build_signed_body(kAuditSchema, fields);
  if (!body) return std::nullopt;
  const std::vector<std::string> blocks = {add_armour(take_word(&rest))};
  return format_signed_text(*body, blocks);
}

}  // namespace scopetrace
