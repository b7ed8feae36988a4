// SPDX-License-Identifier: Apache-2.0
// The rule set: which names and which value shapes are secret. Data, not code: approvals carry its
// digest, so that what was agreed on is what runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// A value that gives itself away: a fixed literal with token characters around it.
struct ShapeRule {
  std::string class_name;
  std::string shape_text;  // grammar: shape.h
  Shape shape;
};

// A value that only its name gives away.
struct NameRule {
  std::string class_name;
  std::vector<std::string> names;  // compared as names.h says; "*_word" matches any beginning,
                                   // "word?" only before a value that looks secret
};

// The profile, parsed and checked. Immutable.
class RuleSet {
 public:
  // Parses and checks a profile (scopes/profiles/profile.schema.json). Errors: kCorrupt with the
  // line and the reason; one bad rule refuses the whole set.
  static Result<RuleSet> parse(Bytes json);

  const std::string& name() const { return name_; }
  // SHA-256 over the profile's bytes, as the approval's `redaction:` line has it.
  const Digest& digest() const { return digest_; }

  const std::vector<ShapeRule>& shapes() const { return shapes_; }
  const std::vector<NameRule>& names() const { return names_; }
  // Names that look secret but are not (token_type, key_id, …).
  const std::vector<std::string>& public_names() const { return public_names_; }
  // Cookies whose values may be kept (theme, lang, …).
  const std::vector<std::string>& public_cookies() const { return public_cookies_; }
  // Classes with so few possible values that their placeholder carries no tag.
  const std::vector<std::string>& low_entropy_classes() const { return low_entropy_classes_; }

 private:
  friend class RuleSetParser;
  std::string name_;
  Digest digest_{};
  std::vector<ShapeRule> shapes_;
  std::vector<NameRule> names_;
  std::vector<std::string> public_names_;
  std::vector<std::string> public_cookies_;
  std::vector<std::string> low_entropy_classes_;
};

// The profile `standard` that was built in.
Bytes standard_profile();

}  // namespace scopetrace
