// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/host_rules.h"

#include "scopes/trust.h"
#include "userspace/base/file.h"
#include "userspace/redact/profile_loader.h"

namespace scopetrace {

Result<RuleSet> read_host_rules(const std::vector<std::string>& presets, const Folders& folders) {
  std::string expression;
  for (const std::string& preset : presets) {
    if (!expression.empty()) expression += '+';
    expression += preset;
  }
  const auto read = [&](const std::string& name) -> Result<std::string> {
    if (name.find_first_of("/.") != name.npos) return refuse_own_profile(name);
    const std::string path = folders.profiles() + "/" + name + ".json";
    ST_RETURN_IF_ERROR(check_trust_path(path, TrustPathRule::kCapture, folders.root()));
    return read_file(path, kMaxProfileBytes);
  };
  return load_profile(expression, read);
}

}  // namespace scopetrace
