// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/profile_loader.h"

#include <algorithm>
#include <vector>

#include "userspace/base/file.h"
#include "userspace/redact/detect/rule_examples.h"

namespace scopetrace {
namespace {

constexpr std::string_view kFirst = "standard";

std::vector<std::string> split_parts(std::string_view expression) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= expression.size();) {
    const auto end = std::min(expression.find('+', at), expression.size());
    parts.emplace_back(expression.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool is_path(std::string_view part) { return part.find('/') != part.npos; }

Result<RuleSet> load_own(const std::string& part, const ReadProfile& read) {
  ST_ASSIGN_OR_RETURN(const std::string text, read(part));
  ST_ASSIGN_OR_RETURN(RuleSet rules, RuleSet::parse_profile(text, part));
  if (!builtin_profile(rules.name()).empty()) {
    return fail(ErrorCode::kCorrupt, part + ": has the name of a built-in profile");
  }
  if (!is_path(part) && rules.name() != part) {
    return fail(ErrorCode::kCorrupt, part + ": calls itself " + rules.name());
  }
  ST_RETURN_IF_ERROR(check_rule_examples(rules, part));
  return rules;
}

Result<RuleSet> load_part(const std::string& part, const ReadProfile& read) {
  const Bytes text = builtin_profile(part);
  return text.empty() ? load_own(part, read) : RuleSet::parse_profile(as_text(text), part);
}

}  // namespace

Result<std::string> refuse_own_profile(const std::string& part) {
  return fail(Error(ErrorCode::kUsage, "'" + part + "' is no profile")
                  .with_hint("choose from standard, +pci, +gdpr, +hipaa, or a path with a /"));
}

Result<std::string> read_profile_file(const std::string& path) {
  return is_path(path) ? read_file(path, kMaxProfileBytes) : refuse_own_profile(path);
}

Result<RuleSet> load_profile(std::string_view expression, const ReadProfile& read) {
  const auto parts = split_parts(expression);
  if (parts[0] != kFirst || std::count(parts.begin(), parts.end(), "") > 0) {
    return fail(Error(ErrorCode::kUsage, "'" + std::string(expression) + "' is no profile")
                    .with_hint("standard, or standard+pci, standard+pci+./own.json, ..."));
  }
  if (parts.size() > kMaxProfiles) return fail(ErrorCode::kUsage, "more than 8 profiles");
  ST_ASSIGN_OR_RETURN(RuleSet rules, load_part(parts[0], read));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    ST_ASSIGN_OR_RETURN(const RuleSet more, load_part(parts[i], read));
    ST_RETURN_IF_ERROR(rules.add(more));
  }
  return rules;
}

}  // namespace scopetrace
