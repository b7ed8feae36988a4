// SPDX-License-Identifier: Apache-2.0
// What each member of a line is, so that a profile can say what may leave. docs/schemas/ has their
// form.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace scopetrace {

// What a member tells. A profile has one action for each kind.
enum class FieldKind {
  kFact,     // a number, a name of ours, a fixed phrase
  kTime,     // an instant
  kParty,    // the name of a third party
  kAddress,  // of a third party
  kTarget,   // path and query
  kText,     // header fields, bodies, whatever the target or its peer wrote
  kId,       // an identifier that may lead to one person or request; a digest
  kOwn,      // of the host, the process, whoever runs them: nothing to do with the third party
};
inline constexpr std::size_t kFieldKinds = 8;

// One scalar: members with dots between them, `[]` for the elements of an array, `{}` for the
// members of an object whose names are data.
struct FieldRule {
  std::string_view path;
  FieldKind kind;
};

// Lines of one type.
struct LineRules {
  std::string_view type;
  std::span<const FieldRule> fields;
};

// All types there are. Whatever has no rule does not leave.
std::span<const LineRules> all_line_rules();

// The rules of a type as a tree. A node has either a kind or children.
struct FieldNode {
  std::map<std::string, FieldNode, std::less<>> members;  // `[]` and `{}` stand alone
  FieldKind kind = FieldKind::kOwn;
  bool is_leaf = false;
};

// The tree of a type; null for a type without rules. Lives as long as the program.
const FieldNode* find_line_rules(std::string_view type);

}  // namespace scopetrace
