// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/name_facts.h"

#include <algorithm>

#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {
namespace {

constexpr std::size_t kRandomBytes = 20;
constexpr std::ptrdiff_t kRandomOfEach = 4;

bool looks_random(std::string_view run) {
  const auto digits = std::count_if(run.begin(), run.end(), is_digit);
  const auto letters = static_cast<std::ptrdiff_t>(run.size()) - digits;
  return run.size() >= kRandomBytes && digits >= kRandomOfEach && letters >= kRandomOfEach;
}

std::string_view name_of(ServerNameState state) {
  switch (state) {
    case ServerNameState::kGiven:
      return "given";
    case ServerNameState::kNone:
      return "none";
    default:
      return "malformed";
  }
}

std::string_view name_of(CertificateState state) {
  switch (state) {
    case CertificateState::kSeen:
      return "seen";
    case CertificateState::kEncrypted:
      return "encrypted";
    case CertificateState::kNone:
      return "none";
    case CertificateState::kUnreadable:
      return "unreadable";
    case CertificateState::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(DnsOutcome outcome) {
  switch (outcome) {
    case DnsOutcome::kAnswered:
      return "answered";
    case DnsOutcome::kTruncated:
      return "truncated";
    case DnsOutcome::kUnreadable:
      return "unreadable";
    case DnsOutcome::kTimeout:
      return "timeout";
    case DnsOutcome::kOpen:
      break;
  }
  return "open";
}

RedactedCertificate redact_certificate(TextScanner& scanner, const CertificateFacts& facts) {
  return {.subject = redact_host_name(scanner, facts.subject),
          .issuer = scanner.redact(facts.issuer),
          .names = facts.names,
          .not_before = facts.not_before,
          .not_after = facts.not_after,
          .key_type = facts.key_type,
          .digest = facts.digest};
}

// Where the placeholder, run of letters and digits or other character that begins at `at` ends.
std::size_t end_of_part(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with(kPlaceholderMark)) {
    if (const auto end = placeholder_end(text, at)) return *end;
  }
  std::size_t end = at;
  while (end < text.size() && is_alnum(text[end])) ++end;
  return std::max(end, at + 1);
}

// Every run that looks drawn at random replaced, outside placeholders.
std::string replace_random(TextScanner& scanner, std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_part(text, at);
    const std::string_view part = text.substr(at, end - at);
    const bool is_random = is_alnum(part.front()) && looks_random(part);
    out += is_random ? scanner.replace("token", to_lower(part)) : std::string(part);
    at = end;
  }
  return out;
}

}  // namespace

std::string redact_host_name(TextScanner& scanner, std::string_view name) {
  scanner.set_place("");
  const std::string redacted = scanner.redact(name);
  return replace_random(scanner, redacted == name ? to_lower(name) : redacted);
}

RedactedTls redact_tls(TextScanner& scanner, const TlsFacts& facts) {
  RedactedTls out;
  out.version = facts.version;
  out.versions = facts.versions;
  out.cipher = facts.cipher;
  out.alpn = scanner.redact(facts.alpn);
  for (const std::string& protocol : facts.alpn_offered)
    out.alpn_offered.push_back(scanner.redact(protocol));
  out.server_name = redact_host_name(scanner, facts.server_name);
  out.server_name_is = name_of(facts.name_state);
  out.offers_ech = facts.offers_ech;
  out.certificate_is = name_of(facts.certificate_state);
  if (facts.certificate_state == CertificateState::kSeen)
    out.certificate = redact_certificate(scanner, facts.certificate);
  out.is_cut = facts.is_cut;
  return out;
}

RedactedDns redact_dns(TextScanner& scanner, const DnsLookup& lookup) {
  RedactedDns out;
  out.origin = lookup.origin;
  out.record = lookup.record;
  out.question = redact_host_name(scanner, lookup.question);
  out.type = lookup.type;
  out.outcome = name_of(lookup.outcome);
  if (lookup.outcome == DnsOutcome::kAnswered || lookup.outcome == DnsOutcome::kTruncated)
    out.rcode = dns_rcode_name(lookup.rcode);
  for (const DnsRecord& answer : lookup.answers) {
    out.answers.push_back(
        {.name = redact_host_name(scanner, answer.name),
         .type = answer.type,
         .value = answer.type == "CNAME" ? redact_host_name(scanner, answer.value) : answer.value,
         .ttl_seconds = answer.ttl_seconds});
  }
  out.duration_ns = lookup.duration_ns;
  return out;
}

}  // namespace scopetrace
