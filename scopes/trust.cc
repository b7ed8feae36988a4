// SPDX-License-Identifier: Apache-2.0
#include "scopes/trust.h"

#include <algorithm>

#include "scopes/text_lines.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxTrustFile = 1 << 20;
constexpr std::string_view kAuthority = "cert-authority";

// Letters, digits and what names and addresses need; no wildcard, negation, quote or blank.
bool is_plain_name(std::string_view name) {
  constexpr std::string_view kOthers = "@._-+:";
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

std::optional<std::vector<std::string>> split_names(std::string_view list) {
  std::vector<std::string> names;
  while (true) {
    const auto comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    if (!is_plain_name(name)) return std::nullopt;
    names.emplace_back(name);
    if (comma == std::string_view::npos) return names;
    list.remove_prefix(comma + 1);
  }
}

// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`. Without Z stock tools mean local time.
std::optional<std::uint64_t> parse_validity(std::string_view text) {
  if (!text.ends_with('Z')) return std::nullopt;
  std::string digits(text.substr(0, text.size() - 1));
  if (digits.size() == 8) digits += "0000";
  if (digits.size() == 12) digits += "00";
  if (digits.size() != 14) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t size) { return digits.substr(at, size); };
  return parse_seconds(part(0, 4) + "-" + part(4, 2) + "-" + part(6, 2) + "T" + part(8, 2) + ":" +
                       part(10, 2) + ":" + part(12, 2) + "Z");
}

std::string format_validity(std::uint64_t time_s) {
  std::string text = format_seconds(time_s);
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'T'; });
  return text;
}

// The options of a line while it is parsed.
struct LineOptions {
  bool is_authority = false;
  std::vector<std::string> namespaces;
  std::optional<std::uint64_t> valid_after_s;
  std::optional<std::uint64_t> valid_before_s;
};

// One `name="value"`; the fault, or nothing.
std::optional<std::string> set_option(std::string_view name, std::string_view value,
                                      LineOptions* options) {
  if (name == "namespaces" && options->namespaces.empty()) {
    const auto names = split_names(value);
    if (!names) return "bad namespaces, or a wildcard in them";
    options->namespaces = *names;
    return std::nullopt;
  }
  const bool after = name == "valid-after";
  if (!after && name != "valid-before") return "unknown or repeated option";
  auto& slot = after ? options->valid_after_s : options->valid_before_s;
  const auto time = parse_validity(value);
  if (!time || slot) return std::string(name) + " is not a time with Z";
  slot = time;
  return std::nullopt;
}

// Takes `name="value"` off the front; the fault, or nothing.
std::optional<std::string> take_value_option(std::string_view* rest, LineOptions* options) {
  const auto equals = rest->find("=\"");
  const auto blank = rest->find(' ');
  if (equals == std::string_view::npos || blank < equals) return "unknown option";
  const auto end = rest->find('"', equals + 2);
  if (end == std::string_view::npos) return "a quote is not closed";
  const auto value = rest->substr(equals + 2, end - equals - 2);
  if (auto fault = set_option(rest->substr(0, equals), value, options)) return fault;
  rest->remove_prefix(end + 1);
  return std::nullopt;
}

// Takes `cert-authority` off the front when it stands there whole.
bool take_authority(std::string_view* rest, LineOptions* options) {
  if (!rest->starts_with(kAuthority) || options->is_authority) return false;
  const std::string_view after = rest->substr(kAuthority.size());
  if (!after.starts_with(',') && !after.starts_with(' ')) return false;
  *rest = after;
  options->is_authority = true;
  return true;
}

// The comma separated options; the fault, or nothing. Takes them off `rest`.
std::optional<std::string> take_options(std::string_view* rest, LineOptions* options) {
  while (true) {
    if (!take_authority(rest, options)) {
      if (auto fault = take_value_option(rest, options)) return fault;
    }
    const bool more = rest->starts_with(',');
    if (!more && !rest->starts_with(' ')) return "no blank after the options";
    rest->remove_prefix(1);
    if (!more) return std::nullopt;
  }
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

Result<TrustLine> parse_line(std::string_view line) {
  if (!is_printable(line)) return fail(ErrorCode::kCorrupt, "is not printable ASCII");
  const auto blank = line.find(' ');
  const auto principals = split_names(line.substr(0, blank));
  if (blank == std::string_view::npos || !principals) {
    return fail(ErrorCode::kCorrupt, "bad principal, or a wildcard in it");
  }
  std::string_view rest = line.substr(blank + 1);
  LineOptions options;
  if (!rest.starts_with("ssh-") && !rest.starts_with("sk-") && !rest.starts_with("ecdsa-")) {
    if (const auto fault = take_options(&rest, &options)) return fail(ErrorCode::kCorrupt, *fault);
  }
  if (options.namespaces.empty()) return fail(ErrorCode::kCorrupt, "has no namespaces=");
  ST_ASSIGN_OR_RETURN(PublicKey key, PublicKey::from_line(rest));
  const auto type_end = rest.find(' ');
  const auto key_end = rest.find(' ', type_end + 1);
  std::string comment(key_end == std::string_view::npos ? "" : rest.substr(key_end + 1));
  return TrustLine{
      *principals,    options.namespaces, options.valid_after_s, options.valid_before_s,
      std::move(key), std::move(comment), options.is_authority};
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Why a line does not count, or nothing.
std::optional<std::string> fault_of(const TrustLine& line, std::string_view name_space,
                                    std::uint64_t at_s) {
  if (!has(line.namespaces, name_space)) return "is not accepted for " + std::string(name_space);
  if (line.valid_after_s && at_s < *line.valid_after_s) {
    return "is valid only after " + format_seconds(*line.valid_after_s);
  }
  if (line.valid_before_s && at_s > *line.valid_before_s) {
    return "was valid only until " + format_seconds(*line.valid_before_s);
  }
  return std::nullopt;
}

// Whether a line is about this signer: its key, or the authority of its certificate. A certificate
// is never taken for its plain key, nor an authority for a person.
bool is_about(const TrustLine& line, const SshIdentity& signer) {
  if (line.is_authority != signer.certificate.has_value()) return false;
  return line.key == (signer.certificate ? signer.certificate->authority : signer.key);
}

// The principals of a line that the signer may stand for.
std::vector<std::string> names_for(const TrustLine& line, const SshIdentity& signer) {
  if (!signer.certificate) return line.principals;
  std::vector<std::string> both;
  for (const std::string& name : line.principals) {
    if (has(signer.certificate->principals, name)) both.push_back(name);
  }
  return both;
}

std::string describe(const SshIdentity& signer) {
  if (!signer.certificate) return "key " + signer.key.fingerprint();
  return "authority " + signer.certificate->authority.fingerprint() + " of key " +
         signer.key.fingerprint();
}

}  // namespace

Result<TrustFile> TrustFile::parse(std::string_view text) {
  TrustFile file;
  ST_RETURN_IF_ERROR(for_each_key_line(text, [&](std::string_view line) -> Status {
    ST_ASSIGN_OR_RETURN(TrustLine parsed, parse_line(line));
    file.lines_.push_back(std::move(parsed));
    return {};
  }));
  return file;
}

Result<TrustFile> TrustFile::read(const std::string& path) {
  ST_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxTrustFile));
  return parse(text).map_error([&](Error error) { return std::move(error).with_context(path); });
}

Result<std::vector<std::string>> TrustFile::principals_of(const SshIdentity& signer,
                                                          std::string_view name_space,
                                                          std::uint64_t at_s) const {
  if (signer.certificate) ST_RETURN_IF_ERROR(check_certificate(*signer.certificate, at_s));
  std::vector<std::string> found;
  std::string why = "is not in the trust file";
  for (const TrustLine& line : lines_) {
    if (!is_about(line, signer)) continue;
    if (const auto fault = fault_of(line, name_space, at_s)) {
      why = *fault;
      continue;
    }
    why = "may not certify any name of the certificate";
    for (const std::string& name : names_for(line, signer)) {
      if (!has(found, name)) found.push_back(name);
    }
  }
  if (!found.empty()) return found;
  return fail(ErrorCode::kUntrusted, describe(signer) + " " + why);
}

Status TrustFile::check(std::string_view principal, const SshIdentity& signer,
                        std::string_view name_space, std::uint64_t at_s) const {
  ST_ASSIGN_OR_RETURN(const auto principals, principals_of(signer, name_space, at_s));
  if (has(principals, principal)) return {};
  return fail(ErrorCode::kUntrusted,
              "key " + signer.key.fingerprint() + " is not one of " + std::string(principal));
}

std::string format_trust_line(const TrustLine& line) {
  const auto join = [](const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ",") + name;
    return all;
  };
  std::string text = join(line.principals) + (line.is_authority ? " cert-authority," : " ") +
                     "namespaces=\"" + join(line.namespaces) + "\"";
  if (line.valid_after_s) text += ",valid-after=\"" + format_validity(*line.valid_after_s) + "\"";
  if (line.valid_before_s) {
    text += ",valid-before=\"" + format_validity(*line.valid_before_s) + "\"";
  }
  text += " " + line.key.line();
  return line.comment.empty() ? text : text + " " + line.comment;
}

Result<std::vector<std::string>> Trust::principals_of(const SshIdentity& signer,
                                                      std::string_view name_space,
                                                      std::uint64_t at_s) const {
  if (auto why = revoked.why_revoked(signer)) return fail(ErrorCode::kUntrusted, std::move(*why));
  return signers.principals_of(signer, name_space, at_s);
}

}  // namespace scopetrace
