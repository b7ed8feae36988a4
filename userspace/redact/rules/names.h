// SPDX-License-Identifier: Apache-2.0
// Which names announce a secret. Names are compared on whole segments, never on substrings:
// "author" holds no "auth", "max_tokens" no "token".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "userspace/redact/rules/rules.h"

namespace scopetrace {

// Splits at - _ . : blanks and camel humps and lowers: "X-apiKey" is {"x", "api", "key"}.
std::vector<std::string> name_segments(std::string_view name);
// The segments without separators: "xapikey".
std::string compact_name(std::string_view name);

class NameTable {
 public:
  explicit NameTable(const RuleSet& rules);

  // The class of the value that such a name announces, or nothing. Allocates nothing.
  std::optional<std::string_view> class_of(std::string_view name) const;
  // Words, lower case, of which every sensitive name holds one: what a prefilter searches for.
  const std::vector<std::string>& keywords() const { return keywords_; }
  bool is_public_cookie(std::string_view name) const;
  bool is_low_entropy(std::string_view class_name) const;

 private:
  static constexpr std::size_t kMaxSuffixSegments = 4;

  // What is known of a name without separators.
  struct Entry {
    std::string exact_class;   // of the whole name; empty for none
    std::string suffix_class;  // of a name that ends in it
    bool is_public = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
  };
  using Words = std::unordered_set<std::string, Hash, std::equal_to<>>;

  void add_keyword(std::string_view name);
  const Entry* find(std::string_view compact) const;
  void build_slots();

  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  // Open addressing over entries_: most names that are asked for are none of them, and end at an
  // empty slot or another hash without a look at a string.
  struct Slot {
    std::uint32_t hash = 0;
    const std::pair<const std::string, Entry>* entry = nullptr;
  };
  std::vector<Slot> slots_;  // a power of two
  Words public_cookies_;
  Words low_entropy_;
  std::vector<std::string> keywords_;
};

// Whether a value found under a sensitive name can be one: not empty, a keyword, a template
// variable, an expression of code or already masked; with digits where the class is made of digits.
bool is_plausible_value(std::string_view class_name, std::string_view value);

}  // namespace scopetrace
