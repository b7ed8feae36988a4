// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/credentials.h"

#include <algorithm>
#include <array>
#include <vector>

#include "userspace/redact/body/form.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinUnknown = 16;  // of a parameter's value that may be a credential
constexpr std::size_t kMinSmuggled = 16;

// Schemes with one opaque credential behind them.
constexpr std::array<std::string_view, 30> kOpaqueSchemes = {"basic",
                                                             "bearer",
                                                             "negotiate",
                                                             "ntlm",
                                                             "token",
                                                             "apikey",
                                                             "api-key",
                                                             "api-token",
                                                             "key",
                                                             "oauth2",
                                                             "kerberos",
                                                             "splunk",
                                                             "bot",
                                                             "ssws",
                                                             "geniekey",
                                                             "jwt",
                                                             "dpop",
                                                             "accesskey",
                                                             "gnap",
                                                             "private-token",
                                                             "klaviyo-api-key",
                                                             "deepl-auth-key",
                                                             "sharedkey",
                                                             "sharedkeylite",
                                                             "aws",
                                                             "session",
                                                             "user",
                                                             "client",
                                                             "goog1",
                                                             "app"};
// Schemes with parameters behind them.
constexpr std::array<std::string_view, 18> kParameterSchemes = {"digest",
                                                                "aws4-hmac-sha256",
                                                                "aws4-ecdsa-p256-sha256",
                                                                "hawk",
                                                                "oauth",
                                                                "signature",
                                                                "hmac",
                                                                "goog4-rsa-sha256",
                                                                "mac",
                                                                "goog4-hmac-sha256",
                                                                "vapid",
                                                                "googlelogin",
                                                                "wrap",
                                                                "acs3-hmac-sha256",
                                                                "tc3-hmac-sha256",
                                                                "hmac-sha256",
                                                                "eg1-hmac-sha256",
                                                                "sharedaccesssignature"};
// Parameters that say which key, which scope, when and how, but do not let anybody in.
constexpr std::array<std::string_view, 33> kPlainParameters = {"realm",
                                                               "uri",
                                                               "algorithm",
                                                               "qop",
                                                               "nc",
                                                               "username",
                                                               "opaque",
                                                               "nonce",
                                                               "cnonce",
                                                               "userhash",
                                                               "ts",
                                                               "timestamp",
                                                               "headers",
                                                               "signedheaders",
                                                               "keyid",
                                                               "created",
                                                               "expires",
                                                               "hash",
                                                               "ext",
                                                               "oauth_version",
                                                               "oauth_nonce",
                                                               "oauth_timestamp",
                                                               "oauth_signature_method",
                                                               "oauth_callback",
                                                               "oauth_body_hash",
                                                               "se",
                                                               "sr",
                                                               "skn",
                                                               "stale",
                                                               "domain",
                                                               "scope",
                                                               "charset",
                                                               "id"};

template <class List>
bool is_in(const List& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, word); });
}

// Where the value of a parameter ends: behind its closing quote, or before the next separator.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '"')
    return std::min(text.find_first_of(", \t&", at), text.size());
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

std::string_view unquoted(std::string_view value) {
  if (value.starts_with('"')) value.remove_prefix(1);
  if (value.ends_with('"')) value.remove_suffix(1);
  return value;
}

// KEY/20260101/region/service/aws4_request: the scope stays.
std::string redact_scoped_key(TextScanner& scanner, std::string_view value) {
  const auto slash = std::min(value.find('/'), value.size());
  const std::string_view key = value.substr(0, slash);
  const std::string scope = scanner.redact(value.substr(slash));
  return key.empty() ? scope : scanner.replace("aws-access-key", key) + scope;
}

// A realm that has the form of an address (RFC 7616 section 3.3) names a server, not a person.
std::string redact_realm(TextScanner& scanner, std::string_view value) {
  const auto at = value.find('@');
  if (at == value.npos) return scanner.redact(value);
  return scanner.redact(value.substr(0, at)) + '@' + scanner.redact(value.substr(at + 1));
}

std::string redact_parameter(TextScanner& scanner, std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  if (equals_ignoring_case(name, "credential")) return redact_scoped_key(scanner, value);
  if (equals_ignoring_case(name, "realm")) return redact_realm(scanner, value);
  if (is_in(kPlainParameters, name)) return scanner.redact(value);
  const auto class_name = class_of_member(scanner.names(), name);
  if (class_name) return scanner.replace(*class_name, value);
  const std::string redacted = scanner.redact(value);
  const bool may_be_secret = redacted == value && value.size() >= kMinUnknown;
  return may_be_secret ? scanner.replace("credentials", value) : redacted;
}

enum class Side { kClient, kServer };

// name=value, name="value", … Text between them stays when it is separators, else it goes.
class Parameters {
 public:
  Parameters(TextScanner& scanner, Side side) : scanner_(scanner), side_(side) {}

  std::string run(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = std::min(text.find_first_not_of(", \t&", at), text.size());
      out += text.substr(at, begin - at);
      at = take(text, begin, out);
    }
    return out;
  }

 private:
  std::size_t take(std::string_view text, std::size_t begin, std::string& out) {
    const std::size_t stop = std::min(text.find_first_of("=, \t", begin), text.size());
    const std::string_view name = text.substr(begin, stop - begin);
    const bool is_named = stop < text.size() && text[stop] == '=' && !name.empty();
    if (!is_named) {
      out += lone(name);
      return std::max(stop, std::min(begin + 1, text.size()));
    }
    const std::size_t end = value_end(text, stop + 1);
    const std::string_view raw = text.substr(stop + 1, end - stop - 1);
    const std::string_view value = unquoted(raw);
    out.append(redact_text_at(scanner_, name, 0)).append("=");
    const std::string redacted =
        side_ == Side::kServer ? scanner_.redact(value) : redact_parameter(scanner_, name, value);
    const bool is_kept = redacted == value;
    out += is_kept ? std::string(raw) : raw.starts_with('"') ? '"' + redacted + '"' : redacted;
    return end;
  }
  // A word without "=": a further scheme of a challenge, or part of a credential.
  std::string lone(std::string_view word) {
    const bool is_scheme = is_in(kOpaqueSchemes, word) || is_in(kParameterSchemes, word);
    if (is_scheme || word.empty()) return std::string(word);
    if (side_ == Side::kServer && word.size() < kMinUnknown) return scanner_.redact(word);
    return scanner_.replace("credentials", word);
  }

  TextScanner& scanner_;
  Side side_;
};

bool has_parameters(std::string_view rest) {
  const auto equals = rest.find('=');
  if (equals == rest.npos || equals == 0 || equals + 1 >= rest.size()) return false;
  const auto is_name = [](char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; };
  const bool is_padding = rest[equals + 1] == '=' || equals > 32;
  return !is_padding &&
         std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(equals), is_name);
}

std::string redact_smuggled(TextScanner& scanner, std::string_view item, bool is_announced) {
  if (is_announced && item.size() >= 8) return scanner.replace("bearer", item);
  std::string safe = scanner.redact(item);
  if (safe != item) return safe;
  const auto dot = item.rfind('.');
  const std::string_view last = dot == item.npos ? item : item.substr(dot + 1);
  const bool is_token = last.size() >= kMinSmuggled && has_digit(last) && has_letter(last);
  if (!is_token) return safe;
  return std::string(item.substr(0, item.size() - last.size())) + scanner.replace("bearer", last);
}

}  // namespace

std::string redact_authorization(TextScanner& scanner, std::string_view value) {
  value = trim(value);
  if (value.empty() || is_placeholder(value)) return std::string(value);
  const auto blank = value.find(' ');
  const std::string_view scheme = value.substr(0, blank);
  const bool is_opaque = is_in(kOpaqueSchemes, scheme);
  const bool is_known = is_opaque || is_in(kParameterSchemes, scheme);
  if (blank == value.npos) {
    return is_known ? std::string(value) : scanner.replace("credentials", value);
  }
  if (!is_known) return scanner.replace("credentials", value);
  const std::string_view rest = trim(value.substr(blank));
  std::string out(value.substr(0, static_cast<std::size_t>(rest.data() - value.data())));
  if (is_placeholder(rest)) return out + std::string(rest);
  if (!is_opaque || has_parameters(rest)) return out + Parameters(scanner, Side::kClient).run(rest);
  const bool has_account = to_lower(scheme).starts_with("sharedkey");
  const std::string_view account = rest.substr(0, has_account ? rest.find(':') + 1 : 0);
  const std::string_view key = rest.substr(account.size());
  out += scanner.redact(account);
  const bool is_basic = equals_ignoring_case(scheme, "basic");
  return out + scanner.replace(is_basic ? "basic-auth" : "bearer", key);
}

std::string redact_challenge(TextScanner& scanner, std::string_view value) {
  return Parameters(scanner, Side::kServer).run(value);
}

std::string redact_signature(TextScanner& scanner, std::string_view value) {
  constexpr std::string_view kSeparators = ",; ";
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    const auto begin = std::min(value.find_first_not_of(kSeparators, at), value.size());
    out += value.substr(at, begin - at);
    const auto end = std::min(value.find_first_of(kSeparators, begin), value.size());
    const std::string_view part = value.substr(begin, end - begin);
    const auto equals = part.find('=');
    const bool is_padding = equals == part.npos || part.find_first_not_of('=', equals) == part.npos;
    const std::size_t from = is_padding ? 0 : equals + 1;
    const std::string_view content = part.substr(from);
    const bool is_signature = content.size() >= kMinUnknown && !is_placeholder(content);
    out += redact_text_at(scanner, part.substr(0, from), 0);
    out += is_signature ? scanner.replace("signature", content) : scanner.redact(content);
    at = end;
  }
  return out;
}

std::string redact_websocket_protocols(TextScanner& scanner, std::string_view value) {
  std::string out;
  bool is_announced = false;
  for (std::size_t at = 0; at <= value.size();) {
    const auto end = std::min(value.find(',', at), value.size());
    const std::string_view padded = value.substr(at, end - at);
    const std::string_view item = trim(padded);
    const auto blanks =
        item.empty() ? padded.size() : static_cast<std::size_t>(item.data() - padded.data());
    out += padded.substr(0, blanks);
    out += redact_smuggled(scanner, item, is_announced);
    is_announced = is_in(kOpaqueSchemes, item) || scanner.names().class_of(item).has_value();
    if (end < value.size()) out += ',';
    at = end + 1;
  }
  return out;
}

}  // namespace scopetrace
