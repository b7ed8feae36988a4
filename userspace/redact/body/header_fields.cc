// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/header_fields.h"

#include <algorithm>
#include <array>

#include "userspace/protocol/message.h"
#include "userspace/redact/body/credentials.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/body/url.h"
#include "userspace/redact/scan/ip_address.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

using Redact = std::string (*)(TextScanner&, std::string_view);

// Pairs between ";": each value is a credential unless its name is known to be a setting.
std::string redact_cookies(TextScanner& scanner, std::string_view value, bool is_set_cookie) {
  std::string out;
  for (std::size_t at = 0; at <= value.size();) {
    const bool is_attribute = is_set_cookie && at > 0;
    const auto end = std::min(value.find(';', at), value.size());
    const std::string_view pair = value.substr(at, end - at);
    const auto equals = pair.find('=');
    const std::string_view content = equals == pair.npos ? pair : pair.substr(equals + 1);
    const bool is_plain =
        is_attribute ||
        (equals != pair.npos && scanner.names().is_public_cookie(trim(pair.substr(0, equals))));
    if (equals != pair.npos) out += redact_text_at(scanner, pair.substr(0, equals), 0) + '=';
    const bool is_secret = !is_plain && is_secret_member(scanner.names(), "cookie", content);
    out += is_secret ? scanner.replace("cookie", trim(content)) : scanner.redact(content);
    if (end < value.size()) out += ';';
    at = end + 1;
  }
  return out;
}

std::string redact_cookie(TextScanner& scanner, std::string_view value) {
  return redact_cookies(scanner, value, false);
}
std::string redact_set_cookie(TextScanner& scanner, std::string_view value) {
  return redact_cookies(scanner, value, true);
}

std::string redact_plain_url(TextScanner& scanner, std::string_view value) {
  return redact_url(scanner, value);
}

// <URL>; rel=next, <URL>
std::string redact_links(TextScanner& scanner, std::string_view value) {
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    const auto open = std::min(value.find('<', at), value.size());
    out += scanner.redact(value.substr(at, open - at));
    if (open == value.size()) break;
    const auto close = std::min(value.find('>', open), value.size());
    out += '<' + redact_url(scanner, value.substr(open + 1, close - open - 1));
    at = close;
  }
  return out;
}

// 5; url=URL
std::string redact_refresh(TextScanner& scanner, std::string_view value) {
  const auto equals = value.find('=');
  if (equals == value.npos) return scanner.redact(value);
  return scanner.redact(value.substr(0, equals)) + '=' +
         redact_url(scanner, value.substr(equals + 1));
}

// Private, loopback and link-local addresses say nothing about a person.
bool is_client_address(std::string_view text) {
  if (std::count(text.begin(), text.end(), ':') >= 2) {
    const std::string lower = to_lower(text.substr(text.starts_with('[') ? 1 : 0));
    constexpr std::array<std::string_view, 8> kLocal = {"::1", "fe8", "fe9", "fea",
                                                        "feb", "fc",  "fd",  "::ffff:"};
    return std::none_of(kLocal.begin(), kLocal.end(),
                        [&](std::string_view begin) { return lower.starts_with(begin); });
  }
  return is_public_ipv4(text.substr(0, text.find(':')));
}

// Addresses between separators; words and other parameters stay.
std::string redact_addresses(TextScanner& scanner, std::string_view value) {
  constexpr std::string_view kSeparators = ",; =\"";
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    const auto begin = std::min(value.find_first_not_of(kSeparators, at), value.size());
    out += value.substr(at, begin - at);
    const auto end = std::min(value.find_first_of(kSeparators, begin), value.size());
    const std::string_view part = value.substr(begin, end - begin);
    out += is_client_address(part) ? scanner.replace("client-ip", part) : scanner.redact(part);
    at = end;
  }
  return out;
}

std::string redact_plainly(TextScanner& scanner, std::string_view value) {
  return scanner.redact(value);
}

struct FieldRule {
  std::string_view name;  // lower case
  Redact redact;
};

constexpr std::array kCredentialFields = {
    FieldRule{"authorization", redact_authorization},
    FieldRule{"proxy-authorization", redact_authorization},
    FieldRule{"x-authorization", redact_authorization},
    FieldRule{"x-forwarded-authorization", redact_authorization},
    FieldRule{"x-original-authorization", redact_authorization},
    FieldRule{"x-amzn-remapped-authorization", redact_authorization},
    FieldRule{"cookie", redact_cookie},
    FieldRule{"cookie2", redact_cookie},
    FieldRule{"set-cookie", redact_set_cookie},
    FieldRule{"set-cookie2", redact_set_cookie}};

constexpr std::array kFields = {FieldRule{"www-authenticate", redact_challenge},
                                FieldRule{"proxy-authenticate", redact_challenge},
                                FieldRule{"x-amzn-remapped-www-authenticate", redact_challenge},
                                FieldRule{"sec-websocket-protocol", redact_websocket_protocols},
                                FieldRule{"location", redact_plain_url},
                                FieldRule{"content-location", redact_plain_url},
                                FieldRule{"referer", redact_plain_url},
                                FieldRule{"referrer", redact_plain_url},
                                FieldRule{"origin", redact_plain_url},
                                FieldRule{"destination", redact_plain_url},
                                FieldRule{"x-original-url", redact_plain_url},
                                FieldRule{"x-rewrite-url", redact_plain_url},
                                FieldRule{"x-forwarded-uri", redact_plain_url},
                                FieldRule{"x-original-uri", redact_plain_url},
                                FieldRule{"hx-current-url", redact_plain_url},
                                FieldRule{"sourcemap", redact_plain_url},
                                FieldRule{":path", redact_plain_url},
                                FieldRule{"link", redact_links},
                                FieldRule{"refresh", redact_refresh},
                                FieldRule{"forwarded", redact_addresses},
                                FieldRule{"x-forwarded-for", redact_addresses},
                                FieldRule{"x-original-forwarded-for", redact_addresses},
                                FieldRule{"x-real-ip", redact_addresses},
                                FieldRule{"x-client-ip", redact_addresses},
                                FieldRule{"true-client-ip", redact_addresses},
                                FieldRule{"cf-connecting-ip", redact_addresses},
                                FieldRule{"fastly-client-ip", redact_addresses},
                                FieldRule{"x-cluster-client-ip", redact_addresses},
                                FieldRule{"x-envoy-external-address", redact_addresses},
                                FieldRule{"sec-websocket-key", redact_plainly},
                                FieldRule{"sec-websocket-accept", redact_plainly}};

// Fields whose value is no secret although a sender may have marked it so.
constexpr std::array<std::string_view, 22> kHarmless = {":method",
                                                        ":scheme",
                                                        ":authority",
                                                        ":status",
                                                        ":protocol",
                                                        "accept",
                                                        "accept-charset",
                                                        "accept-encoding",
                                                        "accept-language",
                                                        "cache-control",
                                                        "content-type",
                                                        "content-length",
                                                        "content-encoding",
                                                        "date",
                                                        "etag",
                                                        "host",
                                                        "last-modified",
                                                        "server",
                                                        "te",
                                                        "user-agent",
                                                        "vary",
                                                        "x-request-id"};

template <class Rules>
const FieldRule* find_rule(const Rules& rules, std::string_view name) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const FieldRule& rule) {
    return equals_ignoring_case(rule.name, name);
  });
  return found == rules.end() ? nullptr : &*found;
}

bool is_signature_field(std::string_view name) {
  const auto segments = name_segments(name);
  const bool is_input = !segments.empty() && segments.back() == "input";
  return !is_input && std::find(segments.begin(), segments.end(), "signature") != segments.end();
}

bool is_harmless(std::string_view name) {
  return std::any_of(kHarmless.begin(), kHarmless.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, name); });
}

}  // namespace

bool is_credential_field(std::string_view name, std::string_view value) {
  const FieldRule* rule = find_rule(kCredentialFields, name);
  if (rule == nullptr) return false;
  return rule->redact == redact_authorization || value.find('=') != value.npos;
}

std::string redact_field_value(TextScanner& scanner, const FieldView& field) {
  if (field.name.starts_with(kUnknownField))  // whatever the value looks like
    return field.value.empty() ? std::string() : scanner.replace("credentials", field.value);
  const FieldRule* rule = find_rule(kCredentialFields, field.name);
  if (rule == nullptr) rule = find_rule(kFields, field.name);
  if (rule != nullptr) return rule->redact(scanner, field.value);
  if (is_signature_field(field.name)) return redact_signature(scanner, field.value);
  if (field.is_never_indexed && !is_harmless(field.name) &&
      is_secret_member(scanner.names(), "credentials", field.value)) {
    return scanner.replace("credentials", field.value);
  }
  return redact_member(scanner, field.name, field.value, {});
}

}  // namespace scopetrace
