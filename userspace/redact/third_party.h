// SPDX-License-Identifier: Apache-2.0
// Whose a connection is by all that is known of it before an exchange: SNI and DNS.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "userspace/protocol/tls_facts.h"
#include "userspace/redact/level_caps.h"
#include "userspace/redact/scope_filter.h"

namespace scopetrace {

// What names of a connection amount to.
enum class Standing {
  kUnknown,  // it has none
  kInScope,
  kForeign,  // outside the approved third parties, or names that disagree
};

// The names of one connection that the target made. Texts are lower case.
class ThirdParty {
 public:
  // `is_crowded`: these are not all names of the address.
  void set_dns(std::vector<std::string> names, bool is_crowded) {
    dns_ = std::move(names);
    is_crowded_ = is_crowded;
  }
  // A whole ClientHello stays, whatever is missing behind it.
  void set_hello(const TlsFacts& facts);
  // What is known so far is a proxy's, which may carry any: it says nothing of what follows.
  void set_proxy();

  bool is_proxy() const { return is_proxy_; }
  // The name by SNI, else the only one by DNS, else empty.
  std::string_view name() const;

  // Whether SNI and DNS contradict each other, or SNI is no name at all.
  bool is_mixed() const;
  // Whether a host that an exchange names is the one of SNI, or one of DNS.
  bool agrees(std::string_view host) const;
  // By SNI, else by DNS; several names of one address are in scope together only, those of a
  // crowded one never. A name in front of an encrypted ClientHello puts nothing in scope.
  Standing standing(const ScopeFilter& scope) const;
  // Whether SNI alone says that it is another third party's.
  bool is_foreign_by_sni(const ScopeFilter& scope) const;
  // The lowest level of its names; of unknown ones the lowest of all.
  std::optional<Level> level(const LevelCaps& caps) const;
  // How `name` is known, of "sni", "dns".
  std::vector<std::string> sources_of(std::string_view name) const;

 private:
  // Whether it was asked for; one of a single label also with the search domain behind it.
  bool is_looked_up(std::string_view name) const;

  std::string server_name_;
  std::vector<std::string> dns_;
  bool is_malformed_ = false;
  bool offers_ech_ = false;
  bool is_proxy_ = false;
  bool is_crowded_ = false;
};

}  // namespace scopetrace
