// SPDX-License-Identifier: Apache-2.0
// From what a user or approval names, `standard+pci+./own.json`, to the rule set.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

// The text of a profile that is not built in, by its part of the expression: a path with `/` in
// it, or a bare name. At most kMaxProfileBytes.
using ReadProfile = std::function<Result<std::string>(const std::string& part)>;

// The rule set of an expression: parts with + between them, `standard` first, then names of
// built-in profiles and what `read` gives. The examples of the latter are checked. A profile that
// is named without a path has that name in its text. Errors: kUsage for a bad expression, those of
// `read`, kCorrupt with file, line and reason for a bad rule.
Result<RuleSet> load_profile(std::string_view expression, const ReadProfile& read);

// A ReadProfile for the files that a user names by path; a bare name is refused.
Result<std::string> read_profile_file(const std::string& path);
// A ReadProfile where own profiles have no place.
Result<std::string> refuse_own_profile(const std::string& part);

}  // namespace scopetrace
