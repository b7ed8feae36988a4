// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text_scanner.h"

#include <algorithm>
#include <array>

#include "userspace/base/crypto.h"
#include "userspace/redact/encodings.h"
#include "userspace/redact/named_values.h"
#include "userspace/redact/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kTagBytes = 8;
constexpr std::size_t kMinEncoded = 24;     // characters of a base64 run worth decoding
constexpr std::size_t kMaxEncoded = 65536;  // longer runs are decoded up to here
constexpr std::size_t kMaxPending = 4096;   // values waiting to be learned
constexpr std::size_t kMaxSightings = 256;  // per exchange

// Classes of personal data; every other class is a credential.
constexpr std::array kPersonal = {
    "email",     "phone",          "pan",         "track2",          "iban",
    "ssn",       "national-id",    "passport",    "driving-licence", "medical-record",
    "cvv",       "date-of-birth",  "person-name", "postal-address",  "postal-code",
    "device-id", "account-number", "client-ip"};

bool is_personal(std::string_view class_name) {
  return std::find(kPersonal.begin(), kPersonal.end(), class_name) != kPersonal.end();
}

bool is_base64_char(char c) {
  return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
}
// Ends a percent-encoded field.
bool ends_field(char c) {
  return is_space(c) || c == '&' || c == '=' || c == '?' || c == ';' || c == '"' || c == '\'' ||
         c == '<' || c == '>' || c == ',' || c == '/';
}

}  // namespace

TextScanner::TextScanner(Detectors& detectors, ByteVector pseudonym_key)
    : detectors_(detectors), key_(std::move(pseudonym_key)) {}

TextScanner::~TextScanner() {
  wipe(key_);
  for (std::string& value : pending_) wipe(value);
}

std::vector<Finding> TextScanner::find_all(std::string_view text, unsigned depth) {
  std::vector<Finding> findings;
  detectors_.find_named(text, findings);
  detectors_.find_values(text, findings);
  vault_.find(text, findings);
  if (depth < kMaxDepth) {
    find_base64(text, depth, findings);
    find_percent(text, depth, findings);
  }
  merge_findings(findings);
  return findings;
}

bool TextScanner::hides_something(std::string_view token, unsigned depth) {
  return is_readable(token) && !find_all(token, depth + 1).empty();
}

void TextScanner::find_base64(std::string_view text, unsigned depth,
                              std::vector<Finding>& findings) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_base64_char(text[end])) ++end;
    const std::string_view run = text.substr(at, std::min(end - at, kMaxEncoded));
    const auto decoded = run.size() >= kMinEncoded ? decode_base64(run) : std::nullopt;
    if (decoded && hides_something(*decoded, depth)) findings.push_back({{at, end}, "encoded"});
    at = std::max(end, at + 1);
  }
}

void TextScanner::find_percent(std::string_view text, unsigned depth,
                               std::vector<Finding>& findings) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at)) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < 1024 && !ends_field(text[begin - 1])) --begin;
    std::size_t end = at;
    while (end < text.size() && end - at < kMaxEncoded && !ends_field(text[end])) ++end;
    const std::string_view field = text.substr(begin, end - begin);
    const std::string decoded = decode_percent(field, false);
    if (decoded.size() != field.size() && hides_something(decoded, depth)) {
      findings.push_back({{begin, end}, "encoded"});
    }
    at = std::max(end, at + 1);
  }
}

std::string TextScanner::redact(std::string_view text, unsigned depth) {
  const std::vector<Finding> findings = find_all(text, depth);
  if (findings.empty()) return std::string(text);
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (const Finding& finding : findings) {
    out += text.substr(at, finding.range.begin - at);
    out += replace(finding.class_name,
                   text.substr(finding.range.begin, finding.range.end - finding.range.begin));
    at = finding.range.end;
  }
  out += text.substr(at);
  return out;
}

std::string TextScanner::redact_named(std::string_view name, std::string_view value,
                                      unsigned depth) {
  auto class_name = names().class_of(name);
  if (!class_name) class_name = contextual_class(name, value);
  if (class_name && is_plausible_value(*class_name, value)) return replace(*class_name, value);
  return redact(value, depth);
}

std::string TextScanner::replace(std::string_view class_name, std::string_view value) {
  ++by_class_[std::string(class_name)];
  std::string tag;
  if (class_name != "learned" && !names().is_low_entropy(class_name)) {
    std::string message(class_name);
    message += '\0';
    message += value;
    const Digest mac = hmac_sha256(key_, as_bytes(message));
    tag = to_hex(Bytes(mac).first(kTagBytes));
    wipe(message);
    if (pending_.size() < kMaxPending && !is_personal(class_name)) pending_.emplace_back(value);
  }
  see(class_name, tag);
  std::string placeholder = "[REDACTED:" + std::string(class_name);
  if (!tag.empty()) placeholder += ":" + tag;
  return placeholder + "]";
}

void TextScanner::see(std::string_view class_name, const std::string& tag) {
  if (is_personal(class_name)) {
    data_classes_[std::string(class_name)] = true;
    return;
  }
  if (place_.empty() || sightings_.size() >= kMaxSightings) return;
  sightings_.push_back({std::string(class_name), tag, place_, ""});
}

bool TextScanner::has_finding(std::string_view line) {
  std::vector<Finding> findings;
  detectors_.find_values(line, findings);
  vault_.find(line, findings);
  return !findings.empty();
}

void TextScanner::learn_pending() {
  for (std::string& value : pending_) {
    vault_.learn(value);
    wipe(value);
  }
  pending_.clear();
}

std::vector<CredentialSighting> TextScanner::take_sightings() {
  return std::exchange(sightings_, {});
}

std::vector<std::string> TextScanner::take_data_classes() {
  std::vector<std::string> classes;
  for (const auto& [name, seen] : data_classes_) classes.push_back(name);
  data_classes_.clear();
  return classes;
}

}  // namespace scopetrace
