// SPDX-License-Identifier: Apache-2.0
#include "scopes/approval_rules.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <utility>

#include "scopes/break_glass.h"
#include "scopes/recipient.h"

namespace scopetrace {
namespace {

constexpr std::array<std::pair<CaptureFamily, std::string_view>, 5> kFamilies = {{
    {kCaptureTls, "tls"},
    {kCaptureSockets, "sockets"},
    {kCaptureFiles, "files"},
    {kCaptureProcess, "process"},
    {kCaptureLogs, "logs"},
}};

constexpr std::uint64_t kMaxSeconds = 7 * 86'400;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 40;
constexpr std::uint64_t kMaxEventRate = 10'000'000;
constexpr std::uint64_t kMaxValiditySeconds = 31 * 86'400;
constexpr std::uint64_t kMaxUses = 5;
constexpr std::uint64_t kMaxApprovals = 14;  // 16 blocks less the host's and the requester's

bool all_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_nonce(std::string_view text) {
  const auto bytes = from_hex(text);
  return bytes && bytes->size() == 16;
}

bool is_fingerprint(std::string_view text) {
  constexpr std::size_t kLength = 7 + 43;
  return text.size() == kLength && text.starts_with("SHA256:") &&
         from_base64(std::string(text.substr(7)) + "=").has_value();
}

bool is_host_name(std::string_view text) {
  if (text.size() > 253 || text.starts_with('.') || text.ends_with('.')) return false;
  return all_of(text, ".-_ABCDEFGHIJKLMNOPQRSTUVWXYZ") && text.find("..") == text.npos;
}

// A principal as the trust file spells it.
bool is_principal(std::string_view text) {
  return text.size() <= 128 && all_of(text, "@._-+:ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

bool is_url(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://")) &&
         text.find(' ') == text.npos && text.find('@') == text.npos;
}

constexpr std::array<std::string_view, 4> kBuiltinProfiles = {"standard", "pci", "gdpr", "hipaa"};
constexpr std::size_t kMaxPresets = 8;  // as many profiles as can be composed
constexpr std::size_t kMaxPresetName = 32;

bool is_preset_name(std::string_view text) {
  return text.size() <= kMaxPresetName && all_of(text, "-");
}

// Built-in ones in their order, then own ones in that of the alphabet, so that one composition has
// one text.
bool are_presets(const std::vector<std::string>& presets) {
  if (presets.empty() || presets.size() > kMaxPresets || presets[0] != "standard") return false;
  const auto own = std::find_if(presets.begin(), presets.end(), is_own_profile);
  const auto* at = kBuiltinProfiles.begin();
  const bool is_ordered = std::all_of(presets.begin(), own, [&](const std::string& preset) {
    at = std::find(at, kBuiltinProfiles.end(), preset);
    return at != kBuiltinProfiles.end() && at++ != nullptr;
  });
  return is_ordered && std::all_of(own, presets.end(), is_own_profile) &&
         std::all_of(own, presets.end(), is_preset_name) &&
         std::adjacent_find(own, presets.end(), std::greater_equal<>()) == presets.end();
}

bool are_third_parties(const Approval& a) {
  if (a.has_any_third_party()) return true;
  return !a.third_parties.empty() && a.third_parties.size() <= 32 &&
         std::all_of(a.third_parties.begin(), a.third_parties.end(),
                     [](const std::string& host) { return host != "any" && is_third_party(host); });
}

bool are_requests(const Approval& a) {
  if (a.requests.size() == 1) return true;
  return !a.requests.empty() && a.requests.size() <= 8 &&
         std::all_of(a.requests.begin(), a.requests.end(),
                     [](const RequestMatch& match) { return match.kind == RequestKind::kHeader; });
}

bool are_sources(const std::vector<std::string>& learn) {
  using Sources = std::vector<std::string>;
  return learn.empty() || learn == Sources{"env"} || learn == Sources{"files"} ||
         learn == Sources{"env", "files"};
}

bool is_between(std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  return value >= least && value <= most;
}

// One rule: when it does not hold, the text says what does.
struct Rule {
  bool holds;
  const char* text;
};
std::optional<std::string> first_fault(std::initializer_list<Rule> rules) {
  for (const Rule& rule : rules) {
    if (!rule.holds) return rule.text;
  }
  return std::nullopt;
}

template <class Test>
bool all(const std::vector<std::string>& values, std::size_t most, Test test) {
  return values.size() <= most && std::all_of(values.begin(), values.end(), test);
}

std::optional<std::string> fault_of_names(const Approval& a) {
  return first_fault({
      {is_uuid(a.id) && a.id[14] == '7', "id: is not a UUID version 7"},
      {is_principal(a.requester), "requester: is not a principal such as carol@corp.example"},
      {is_host_name(a.host), "host: is not a host name"},
      {is_fingerprint(a.host_key), "host: key is not a SHA256 fingerprint"},
      {is_uuid(a.boot_id), "host: boot is not a boot id"},
      {is_nonce(a.nonce), "nonce: is not 32 hexadecimal digits"},
  });
}

std::optional<std::string> fault_of_scope(const Approval& a) {
  return first_fault({
      {are_third_parties(a), "third-party: is not any alone, or 1 to 32 lower-case host names"},
      {are_requests(a), "request: is not any or failed alone, or 1 to 8 name=value"},
      {are_presets(a.presets),
       "redaction: is not standard, +pci, +gdpr, +hipaa in this order, then own profiles"},
      {are_sources(a.learn), "learn: is not none, env, files or env,files"},
      {all(a.recipients, 16, is_recipient),
       "recipient: is not an X25519 key of age (age1...) or an ssh-ed25519 key"},
      {all(a.replay, 8, is_url), "replay: is not none, or 1 to 8 http URLs"},
  });
}

std::optional<std::string> fault_of_bounds(const Approval& a) {
  return first_fault({
      {a.not_before_s < a.not_after_s, "not-after: is not after not-before"},
      {a.not_after_s - a.not_before_s <= kMaxValiditySeconds,
       "not-after: is more than 31 days after not-before"},
      {is_between(a.max_seconds, 1, kMaxSeconds), "max-seconds: is not between 1 and 604800"},
      {is_between(a.max_bytes, 1, kMaxBytes), "max-bytes: is not between 1 and 1 TiB"},
      {is_between(a.max_events_per_second, 1, kMaxEventRate),
       "max-events-per-second: is not between 1 and 10000000"},
      {is_between(a.max_cpu_percent, 1, 100), "max-cpu-percent: is not between 1 and 100"},
      {is_between(a.uses, 1, kMaxUses), "uses: is not between 1 and 5"},
      {a.approvals <= kMaxApprovals, "approvals: is more than 14"},
  });
}

}  // namespace

std::vector<std::string> order_presets(std::vector<std::string> presets) {
  std::vector<std::string> ordered = {"standard"};
  for (const std::string_view name : kBuiltinProfiles) {
    const bool is_named = std::find(presets.begin(), presets.end(), name) != presets.end();
    if (is_named && name != ordered[0]) ordered.emplace_back(name);
  }
  std::sort(presets.begin(), presets.end());
  presets.erase(std::unique(presets.begin(), presets.end()), presets.end());
  std::copy_if(presets.begin(), presets.end(), std::back_inserter(ordered), is_own_profile);
  return ordered;
}

bool is_own_profile(std::string_view preset) {
  const auto* end = kBuiltinProfiles.end();
  return std::find(kBuiltinProfiles.begin(), end, preset) == end;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

std::string format_capture(std::uint32_t families) {
  std::string text;
  for (const auto& [family, name] : kFamilies) {
    if ((families & family) != 0) text += (text.empty() ? "" : ",") + std::string(name);
  }
  return text;
}

std::optional<std::uint32_t> parse_capture(std::string_view text) {
  std::uint32_t families = 0;
  for (const std::string& part : split_list(text, ',')) {
    const auto* at = std::find_if(kFamilies.begin(), kFamilies.end(),
                                  [&](const auto& family) { return family.second == part; });
    if (at == kFamilies.end()) return std::nullopt;
    families |= at->first;
  }
  if (format_capture(families) != text) return std::nullopt;  // another order, or one twice
  return families;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<bool> parse_yes_no(std::string_view text) {
  if (text == "yes") return true;
  if (text == "no") return false;
  return std::nullopt;
}

std::string format_request(const RequestMatch& match) {
  if (match.kind == RequestKind::kAny) return "any";
  if (match.kind == RequestKind::kFailed) return "failed";
  return match.header + "=" + match.value;
}

std::optional<RequestMatch> parse_request(std::string_view text) {
  if (text == "any") return RequestMatch{};
  if (text == "failed") return RequestMatch{RequestKind::kFailed, "", ""};
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size()) return std::nullopt;
  const std::string_view header = text.substr(0, equals);
  if (header.size() > 64 || !all_of(header, "-_")) return std::nullopt;
  return RequestMatch{RequestKind::kHeader, std::string(header),
                      std::string(text.substr(equals + 1))};
}

bool is_third_party(std::string_view text) {
  if (text == "any") return true;
  if (text.starts_with("*.")) text.remove_prefix(2);
  return text.size() <= 253 && all_of(text, ".-") && !text.starts_with('.') &&
         !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

bool is_unit_name(std::string_view text) {
  const bool is_known = text.ends_with(".service") || text.ends_with(".scope");
  return is_known && text.size() <= 128 && text.front() != '.' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '/' && c != '='; });
}

bool is_group_path(std::string_view text) {
  if (text.size() < 2 || text.size() > 400 || text.front() != '/') return false;
  const bool is_printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  const auto parts = split_list(text.substr(1), '/');
  return is_printable && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return !part.empty() && part != "." && part != "..";
         });
}

std::optional<std::string> fault_of_approval(const Approval& approval) {
  if (auto fault = fault_of_names(approval)) return fault;
  if (auto fault = fault_of_scope(approval)) return fault;
  if (auto fault = fault_of_break_glass(approval)) return fault;
  return fault_of_bounds(approval);
}

}  // namespace scopetrace
