// SPDX-License-Identifier: Apache-2.0
// The rule set: which names and which value shapes are secret. Data, not code: approvals carry its
// digest, so that what was agreed on is what runs. Format and composition: docs/redaction.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// Texts that show what a rule does; the part between « and » is a shape and stands for a text of
// it. Checked by detect/rule_examples.h.
struct RuleExamples {
  std::vector<std::string> found;  // what is between « and » must be found; exactly one a text
  std::vector<std::string> kept;   // nothing in it may be found
  std::size_t line = 0;            // of the profile, where the rule stands

  bool empty() const { return found.empty() && kept.empty(); }
};

// A value that gives itself away: a fixed literal with token characters around it.
struct ShapeRule {
  std::string class_name;
  std::string shape_text;  // grammar: shape.h
  Shape shape;
  RuleExamples examples;
};

// A value that only its name gives away.
struct NameRule {
  std::string class_name;
  std::vector<std::string> names;  // compared as names.h says; "*_word" matches any beginning,
                                   // "word?" only before a value that looks secret
  std::optional<Shape> value;      // the value has this shape as a whole; nothing: any value
  RuleExamples examples;
};

// One profile, or several composed. Immutable once composed.
class RuleSet {
 public:
  // Several profiles one behind the other, as text() has them: what the redactor is sent. Errors as
  // parse_profile and add.
  static Result<RuleSet> parse(Bytes profiles);
  // One profile (scopes/profiles/profile.schema.json). Errors: kCorrupt with `origin`, the line and
  // the reason; one bad rule refuses the whole profile.
  static Result<RuleSet> parse_profile(std::string_view text, std::string_view origin);
  // Adds the rules of `other`, whose names win over public names of this. Errors: kCorrupt when a
  // public name of `other` would take a name of this back, or a profile comes twice.
  Status add(const RuleSet& other);

  // Names of the profiles in their order: "standard+pci".
  const std::string& name() const { return name_; }
  // The profiles' texts in their order, nothing between them.
  const std::string& text() const { return text_; }
  // SHA-256 of text(), as the approval's `redaction:` line has it.
  Digest digest() const { return sha256(as_bytes(text_)); }

  const std::vector<ShapeRule>& shapes() const { return shapes_; }
  const std::vector<NameRule>& names() const { return names_; }
  // Names that look secret but are not (token_type, key_id, …).
  const std::vector<std::string>& public_names() const { return public_names_; }
  // Cookies whose values may be kept (theme, lang, …).
  const std::vector<std::string>& public_cookies() const { return public_cookies_; }
  // Classes with so few possible values that their placeholder carries no tag.
  const std::vector<std::string>& low_entropy_classes() const { return low_entropy_classes_; }
  // Classes of personal data; the others are credentials, whose values are learned.
  const std::vector<std::string>& personal_classes() const { return personal_classes_; }
  // Detectors in code that a profile switches on: kKnownDetectors.
  bool has_detector(std::string_view name) const;

 private:
  friend class ProfileParser;
  std::string name_;
  std::string text_;
  std::vector<ShapeRule> shapes_;
  std::vector<NameRule> names_;
  std::vector<std::string> public_names_;
  std::vector<std::string> public_cookies_;
  std::vector<std::string> low_entropy_classes_;
  std::vector<std::string> personal_classes_;
  std::vector<std::string> detectors_;
};

// `public-ip`: public addresses of IPv4 and IPv6 anywhere in a text.
inline constexpr std::string_view kKnownDetectors[] = {"public-ip"};

inline constexpr std::size_t kMaxProfileBytes = std::size_t{1} << 20;  // of one profile
inline constexpr std::size_t kMaxProfiles = 8;                         // composed

// The text of a profile that was built in: standard, pci, gdpr, hipaa; else empty.
Bytes builtin_profile(std::string_view name);
Bytes standard_profile();

}  // namespace scopetrace
