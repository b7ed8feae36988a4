// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scope_filter.h"

#include <algorithm>

#include "userspace/base/request_header.h"
#include "userspace/protocol/grpc_status.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

bool is_host_char(char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; }

// What may follow a host: nothing, or a colon and digits.
bool is_port(std::string_view text) {
  return text.empty() || (text[0] == ':' && count_digits(text.substr(1)) == text.size() - 1);
}

// An authority without port and trailing dot, or nothing when it is not a plain host.
std::optional<std::string> normalize_host(std::string_view authority) {
  std::string host = to_lower(trim(authority));
  if (host.starts_with('[')) {  // IPv6 literal
    const auto close = host.find(']');
    if (close == host.npos || !is_port(host.substr(close + 1))) return std::nullopt;
    return host.substr(0, close + 1);
  }
  const auto colon = host.find(':');
  if (colon != host.npos) {
    if (!is_port(host.substr(colon))) return std::nullopt;
    host.resize(colon);
  }
  if (host.ends_with('.')) host.pop_back();
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_char)) return std::nullopt;
  return host;
}

std::optional<std::string_view> absolute_authority(std::string_view target) {
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == target.npos) return std::nullopt;
  const std::string_view rest = target.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

// Whether a CONNECT of HTTP/2 is, or may be, one that opens no tunnel (RFC 8441): its path may have
// been among what is not known.
bool may_have_protocol(const HttpRequest& request) {
  return std::any_of(request.fields.begin(), request.fields.end(), [](const HttpField& field) {
    return field.name == ":protocol" || field.name.starts_with(kUnknownField);
  });
}

}  // namespace

std::optional<std::string> third_party_of(const HttpExchange& exchange) {
  if (!exchange.request) return std::nullopt;
  std::optional<std::string> host;
  for (const HttpField& field : exchange.request->fields) {
    if (!equals_ignoring_case(field.name, "host") &&
        !equals_ignoring_case(field.name, ":authority")) {
      continue;
    }
    const auto next = normalize_host(field.value);
    if (!next || (host && *host != *next)) return std::nullopt;
    host = next;
  }
  const auto authority = absolute_authority(exchange.request->target);
  if (!authority) return host;
  auto target_host = normalize_host(*authority);
  if (!target_host || (host && *host != *target_host)) return std::nullopt;
  return target_host;
}

bool is_for_proxy(const HttpExchange& exchange) {
  if (!exchange.request) return false;
  const std::string_view target = exchange.request->target;
  if (exchange.request->method == "CONNECT") {
    return normalize_host(target) && !may_have_protocol(*exchange.request);
  }
  const std::string_view scheme = target.substr(0, target.find("://"));
  const auto authority = absolute_authority(target);
  return authority && std::all_of(scheme.begin(), scheme.end(), is_letter) &&
         normalize_host(*authority);
}

Result<ScopeFilter> ScopeFilter::make(const std::vector<std::string>& third_parties,
                                      const std::vector<std::string>& requests, bool inbound) {
  ScopeFilter filter;
  filter.inbound_ = inbound;
  for (const std::string& pattern : third_parties) {
    ST_RETURN_IF_ERROR(filter.add_third_party(pattern));
  }
  for (const std::string& request : requests) ST_RETURN_IF_ERROR(filter.add_request(request));
  return filter;
}

Status ScopeFilter::add_third_party(const std::string& pattern) {
  const bool is_suffix = pattern.starts_with("*.");
  const auto host = normalize_host(is_suffix ? pattern.substr(2) : pattern);
  if (!host) return fail(ErrorCode::kUsage, "not a third party: " + pattern);
  if (pattern == "any") {
    any_host_ = true;
  } else if (is_suffix) {
    suffixes_.push_back("." + *host);
  } else {
    hosts_.push_back(*host);
  }
  return {};
}

Status ScopeFilter::add_request(const std::string& request) {
  const auto equals = request.find('=');
  if (request == "any") {
    any_request_ = true;
  } else if (request == "failed") {
    failed_ = true;
  } else if (equals == request.npos || equals == 0) {
    return fail(ErrorCode::kUsage, "not a request match: " + request);
  } else {
    std::string name = request.substr(0, equals);
    std::string value(request_value(name, std::string_view(request).substr(equals + 1)));
    fields_.emplace_back(std::move(name), std::move(value));
  }
  return {};
}

bool ScopeFilter::allows_host(std::string_view host) const {
  if (any_host_) return true;
  if (std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end()) return true;
  return std::any_of(suffixes_.begin(), suffixes_.end(), [&](const std::string& suffix) {
    return host.size() > suffix.size() && host.ends_with(suffix);
  });
}

bool ScopeFilter::matches_request(const HttpExchange& exchange) const {
  if (any_request_) return true;
  const auto& response = exchange.response;
  const bool is_failure =
      exchange.outcome != Outcome::kComplete ||
      (response && (response->status >= 400 || grpc_status_of(*response).value_or(0) != 0));
  if (failed_ && is_failure) return true;
  return has_field(exchange) || (!fields_.empty() && exchange.cause != Cause::kNone);
}

bool ScopeFilter::has_field(const HttpExchange& exchange) const {
  if (!exchange.request) return false;
  for (const HttpField& field : exchange.request->fields) {
    for (const auto& [name, value] : fields_) {
      if (equals_ignoring_case(field.name, name) && request_value(name, trim(field.value)) == value)
        return true;
    }
  }
  return false;
}

std::string_view ScopeFilter::correlation_of(const HttpExchange& exchange) const {
  if (fields_.empty()) return "";
  if (has_field(exchange)) return "id";
  return exchange.cause == Cause::kRoutine ? "goroutine" : "thread";
}

bool ScopeFilter::allows(const HttpExchange& exchange) const {
  if (exchange.inbound && !inbound_) return false;
  // What the target accepts has no third party but its caller: `inbound` alone decides.
  if (!exchange.inbound && !any_host_) {
    const auto host = third_party_of(exchange);
    if (!host || !allows_host(*host)) return false;
  }
  return matches_request(exchange);
}

}  // namespace scopetrace
