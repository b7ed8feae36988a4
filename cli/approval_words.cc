// SPDX-License-Identifier: Apache-2.0
#include "cli/approval_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/quantity.h"
#include "cli/terminal.h"
#include "scopes/sshsig.h"

namespace scopetrace {
namespace {

std::string name_parties(const Approval& approval) {
  return approval.has_any_third_party() ? "every third party"
                                        : join_words(approval.third_parties, ", ");
}

std::string_view name_content(Level level) {
  switch (level) {
    case Level::kMetadata:
      return "when, how often and with what status it was called";
    case Level::kHeaders:
      return "the headers";
    case Level::kShape:
      return "the headers and the structure of the bodies";
    case Level::kRedacted:
      return "the headers and the bodies";
  }
  return "";
}

std::string explain_certificate(const Certificate& certificate) {
  return fmt::format("certificate '{}' serial {} of authority {}",
                     escape_for_terminal(certificate.key_id.substr(0, 64)), certificate.serial,
                     certificate.authority.fingerprint());
}

}  // namespace

std::string join_words(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

std::string_view explain_level(Level level) {
  switch (level) {
    case Level::kMetadata:
      return "method, host, path template, status, sizes, timing; no header, no body";
    case Level::kHeaders:
      return "metadata, path, query names and redacted header values; no body";
    case Level::kShape:
      return "headers, and the structure and types of bodies without values";
    case Level::kRedacted:
      return "headers and bodies, with what the detectors know taken out";
  }
  return "";
}

std::string_view explain_leaks(Level level) {
  switch (level) {
    case Level::kMetadata:
      return "which hosts and kinds of paths are called, how often and how much";
    case Level::kHeaders:
      return "a name or identifier in a path; a secret in a header whose name and form no detector "
             "knows";
    case Level::kShape:
      return "the same as with headers: a name or identifier in a path, an unknown secret in a "
             "header; names of fields";
    case Level::kRedacted:
      return "whatever people wrote into bodies: names, addresses, health, business; identifiers "
             "in paths; a secret whose name and form no detector knows";
  }
  return "";
}

std::string summarize(const Approval& a) {
  return fmt::format("{} asks to see {} of {} between {} on {} and {}, for {}", a.requester,
                     name_content(a.level), explain_requests(a), explain_target(a.target), a.host,
                     name_parties(a), explain_span(a.max_seconds));
}

std::string explain_target(const ApprovalTarget& target) {
  switch (target.kind) {
    case TargetKind::kProcess: {
      std::string text = fmt::format("pid {} (uid {}", target.tgid, target.uid);
      if (target.unit != "none") text += ", unit " + target.unit;
      if (target.image != "none") text += ", container " + target.image.substr(0, 12);
      return text + ")";
    }
    case TargetKind::kCommand:
      return "a command that is started for it";
    case TargetKind::kUnit:
      return "every process of unit " + target.unit;
    case TargetKind::kContainer:
      return "every process of container " + target.group.substr(0, 12);
    case TargetKind::kCgroup:
      return "every process of cgroup " + target.group;
  }
  return "";
}

std::string explain_programs(const ApprovalTarget& target) {
  if (target.executables.empty()) return "any";
  std::vector<std::string> digests;
  for (const Digest& digest : target.executables) digests.push_back(format_digest(digest));
  return join_words(digests, ", ");
}

std::string explain_requests(const Approval& approval) {
  if (approval.has_any_request()) return "every request";
  if (approval.requests[0].kind == RequestKind::kFailed) {
    return "failed requests (status 400 and above, gRPC errors, reset, time-out)";
  }
  std::vector<std::string> matches;
  for (const RequestMatch& match : approval.requests) {
    matches.push_back(match.header + "=" + match.value);
  }
  return "requests with " + join_words(matches, " or ");
}

std::string explain_capture(std::uint32_t families) {
  constexpr std::array<std::pair<CaptureFamily, const char*>, 5> kWords = {{
      {kCaptureTls, "plaintext of TLS"},
      {kCaptureSockets, "connections and, above level metadata, what those without TLS carry"},
      {kCaptureFiles, "files it opens"},
      {kCaptureProcess, "starts and ends of processes"},
      {kCaptureLogs, "its log lines"},
  }};
  std::vector<std::string> words;
  for (const auto& [family, word] : kWords) {
    if ((families & family) != 0) words.emplace_back(word);
  }
  return join_words(words, ", ");
}

std::string explain_budget(const Approval& a) {
  const std::string text =
      fmt::format("{} and {}", explain_span(a.max_seconds), format_size(a.max_bytes));
  return a.uses == 1 ? text + ", once"
                     : fmt::format("{} in {} uses together: one budget", text, a.uses);
}

std::string explain_span(std::uint64_t seconds) {
  constexpr std::array<std::pair<std::uint64_t, char>, 4> kUnits = {
      {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::string text;
  for (const auto& [size, unit] : kUnits) {
    if (seconds < size) continue;
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", seconds / size, unit);
    seconds %= size;
  }
  return text.empty() ? "0s" : text;
}

std::string explain_means(std::string_view block) {
  const auto signature = parse_sshsig(block);
  if (!signature) return "cannot be read";
  std::string text = "plain key";
  if (const auto& fido = signature->signature.fido) {
    text = fido->is_touched() ? "security key, touched" : "security key, NOT touched";
    if (fido->is_user_verified()) text += ", PIN or biometrics";
  }
  const auto& certificate = signature->signer.certificate;
  return certificate ? explain_certificate(*certificate) + "; " + text : text;
}

std::vector<std::string> wrap_text(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    auto cut = text.rfind(' ', width);
    if (cut == std::string_view::npos || cut == 0) cut = width;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(std::min(text.size(), text[cut] == ' ' ? cut + 1 : cut));
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace scopetrace
