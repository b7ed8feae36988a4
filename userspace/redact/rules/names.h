// SPDX-License-Identifier: Apache-2.0
// Which names announce a secret. Names are compared on whole segments, never on substrings:
// "author" holds no "auth", "max_tokens" no "token".
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

// Splits at - _ . : blanks and camel humps and lowers: "X-apiKey" is {"x", "api", "key"}.
std::vector<std::string> name_segments(std::string_view name);
// The segments without separators: "xapikey".
std::string compact_name(std::string_view name);

class NameTable {
 public:
  explicit NameTable(const RuleSet& rules);

  // What a name announces.
  struct Match {
    std::string_view class_name;  // empty: nothing
    bool needs_look = false;      // only when the value looks like one: plausible.h
    bool is_known = false;        // false: the rules do not say; of a public name true
  };

  // What the name announces: as a whole, by how it ends ("acme_prod_api_key"), without what only
  // says which one it is ("api_key_2"), or as the end of a word ("dbpassword"). Allocates nothing.
  Match match(std::string_view name) const;
  // The class of the value that such a name announces, or nothing. Allocates nothing.
  std::optional<std::string_view> class_of(std::string_view name) const;
  // The same, also of names that announce a secret only when the value looks it.
  std::optional<std::string_view> class_of(std::string_view name, std::string_view value) const;
  // A word, lower case, that a sensitive name has where one of its parts begins.
  struct Keyword {
    std::string text;
    bool is_whole = false;   // it is all of that part
    bool ends_word = false;  // or where a word without borders ends: "dbpassword"
  };
  // Every sensitive name has one of them: what a prefilter searches for.
  const std::vector<Keyword>& keywords() const { return keywords_; }
  bool is_public_cookie(std::string_view name) const;
  bool is_low_entropy(std::string_view class_name) const;
  // Whether the class is of personal data; every other class is of credentials.
  bool is_personal(std::string_view class_name) const { return personal_.contains(class_name); }
  // Whether only values of some shape are taken under names of the class.
  bool has_value_shape(std::string_view class_name) const {
    return value_shapes_.contains(class_name);
  }
  // Of a text of any bytes; quick, and no secret.
  static std::size_t hash_of(std::string_view text) { return Hash()(text); }
  // Whether a value found under a name of the class can be one: of a value shape of the class where
  // its rules have such, else plausible.
  bool accepts(std::string_view class_name, std::string_view value) const;

 private:
  static constexpr std::size_t kMaxSuffixSegments = 4;

  // What is known of a name without separators.
  struct Entry {
    std::string exact_class;   // of the whole name; empty for none
    std::string suffix_class;  // of a name that ends in it
    std::string look_class;    // of a name that ends in it, when the value looks like one
    bool is_public = false;
    bool is_compound = false;  // a name of several segments
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
  };
  using Words = std::unordered_set<std::string, Hash, std::equal_to<>>;

  struct Parts;  // of a name

  void add_name(const std::string& name, const std::string& class_name);
  void add_value_shapes(const RuleSet& rules);
  std::optional<Match> match_whole(std::string_view compact) const;
  std::optional<Match> match_end(const Parts& name) const;
  static Match match_suffix(const Entry& entry, bool has_border);
  Match match_inner(std::string_view word) const;
  void add_keywords(std::vector<std::string_view> names);
  void add_keyword(std::string_view name);
  const Entry* find(std::string_view compact) const;
  void build_slots();
  void mark_inner_ends();

  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  // Open addressing over entries_: most names that are asked for are none of them, and end at an
  // empty slot or another hash without a look at a string.
  struct Slot {
    std::uint32_t hash = 0;
    const std::pair<const std::string, Entry>* entry = nullptr;
  };
  std::vector<Slot> slots_;  // a power of two
  // By the last three letters of the names that may end a longer word without a border.
  static constexpr std::size_t kInnerSlots = 4096;
  std::bitset<kInnerSlots> inner_ends_;
  Words public_cookies_;
  Words low_entropy_;
  Words personal_;
  std::unordered_map<std::string, std::vector<Shape>, Hash, std::equal_to<>> value_shapes_;
  std::vector<Keyword> keywords_;
};

}  // namespace scopetrace
