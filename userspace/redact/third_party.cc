// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/third_party.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {

void ThirdParty::set_hello(const TlsFacts& facts) {
  const bool is_malformed = facts.name_state == ServerNameState::kMalformed;
  if (is_malformed && facts.is_cut && !server_name_.empty()) return;
  is_malformed_ = is_malformed;
  offers_ech_ = facts.offers_ech;
  server_name_ = to_lower(facts.server_name);
}

void ThirdParty::set_proxy() {
  is_proxy_ = true;
  is_malformed_ = offers_ech_ = is_crowded_ = false;
  server_name_.clear();
  dns_.clear();
}

std::string_view ThirdParty::name() const {
  if (!server_name_.empty()) return server_name_;
  const bool is_only = dns_.size() == 1 && !is_crowded_;
  return is_only ? std::string_view(dns_.front()) : std::string_view();
}

bool ThirdParty::is_looked_up(std::string_view name) const {
  const bool has_search_domain = !name.empty() && name.find('.') == name.npos;
  return std::any_of(dns_.begin(), dns_.end(), [&](std::string_view question) {
    if (question == name) return true;
    return has_search_domain && question.size() > name.size() && question.starts_with(name) &&
           question[name.size()] == '.';
  });
}

bool ThirdParty::is_mixed() const {
  if (is_malformed_) return true;
  return !server_name_.empty() && !dns_.empty() && !is_looked_up(server_name_);
}

bool ThirdParty::agrees(std::string_view host) const {
  if (is_mixed()) return false;
  if (!server_name_.empty()) return server_name_ == host;
  return dns_.empty() || is_looked_up(host);
}

Standing ThirdParty::standing(const ScopeFilter& scope) const {
  if (is_mixed()) return Standing::kForeign;
  if (!server_name_.empty()) {
    if (!scope.allows_host(server_name_)) return Standing::kForeign;
    return offers_ech_ ? Standing::kUnknown : Standing::kInScope;
  }
  if (dns_.empty()) return Standing::kUnknown;
  const bool are_in_scope = std::all_of(dns_.begin(), dns_.end(),
                                        [&](const auto& name) { return scope.allows_host(name); });
  return are_in_scope && !is_crowded_ ? Standing::kInScope : Standing::kForeign;
}

bool ThirdParty::is_foreign_by_sni(const ScopeFilter& scope) const {
  return is_malformed_ || (!server_name_.empty() && !scope.allows_host(server_name_));
}

std::optional<Level> ThirdParty::level(const LevelCaps& caps) const {
  if (is_malformed_) return caps.of_unknown();
  if (!server_name_.empty()) return caps.of_host(server_name_);
  if (dns_.empty() || is_crowded_) return caps.of_unknown();
  auto lowest = caps.of_everybody();
  for (const std::string& name : dns_) lowest = std::min(lowest, caps.of_host(name));
  return lowest;
}

std::vector<std::string> ThirdParty::sources_of(std::string_view name) const {
  std::vector<std::string> sources;
  if (!server_name_.empty() && server_name_ == name) sources.emplace_back("sni");
  if (is_looked_up(name)) sources.emplace_back("dns");
  return sources;
}

}  // namespace scopetrace
