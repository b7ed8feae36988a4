// SPDX-License-Identifier: Apache-2.0
// Which exchanges the approval covers. Decided before anything else looks at them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/protocol/message.h"

namespace scopetrace {

// The host an exchange is for: its only Host field or the authority of an absolute target, lower
// case, without port and trailing dot. Nothing when absent, repeated, malformed or contradictory.
std::optional<std::string> third_party_of(const HttpExchange& exchange);

// Whether it was asked of a proxy: CONNECT to a host, or an absolute target, "http://host/…".
// Nothing less: what is not known, or no target at all, is no proxy's. Nor is CONNECT with a path
// (RFC 8441).
bool is_for_proxy(const HttpExchange& exchange);

class ScopeFilter {
 public:
  // `third_parties`: exact host, "*.host" (one label or more before it) or "any"; `requests`:
  // "header=value", "failed" or "any". Errors: kUsage for any other form.
  static Result<ScopeFilter> make(const std::vector<std::string>& third_parties,
                                  const std::vector<std::string>& requests, bool inbound);

  bool allows(const HttpExchange& exchange) const;
  // Under request scope by header fields, why an allowed exchange belongs to the request: `id` (its
  // own field), `thread` or `goroutine` (which sent it while it served the request); else empty.
  std::string_view correlation_of(const HttpExchange& exchange) const;
  bool allows_host(std::string_view host) const;
  bool allows_any_host() const { return any_host_; }
  // What is no exchange belongs to no request.
  bool allows_streams() const { return any_request_; }
  // What threads do besides (logs, system calls): the kernel sends only that of threads which work
  // for a request that is told by its fields. Which of it belongs to a failed one, nobody knows.
  bool allows_threads() const { return any_request_ || !fields_.empty(); }

 private:
  Status add_third_party(const std::string& pattern);
  Status add_request(const std::string& request);
  bool matches_request(const HttpExchange& exchange) const;
  bool has_field(const HttpExchange& exchange) const;

  std::vector<std::string> hosts_;
  std::vector<std::string> suffixes_;  // ".host"
  std::vector<std::pair<std::string, std::string>> fields_;
  bool any_host_ = false;
  bool any_request_ = false;
  bool failed_ = false;
  bool inbound_ = false;
};

}  // namespace scopetrace
