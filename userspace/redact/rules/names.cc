// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/scan/word_set.h"

namespace scopetrace {
namespace {

constexpr std::string_view kKeywords[] = {
    "true",    "false",   "null",     "none",     "nil",    "undefined", "void",    "new",
    "yes",     "no",      "required", "optional", "string", "password",  "secret",  "token",
    "bearer",  "basic",   "nullptr",  "str",      "int",    "bool",      "object",  "any",
    "bytes",   "varchar", "text",     "unset",    "empty",  "missing",   "invalid", "expired",
    "changed", "failed",  "reset",    "n/a",      "this",   "self",      "number",  "filtered",
    "masked",  "hidden",  "removed",  "omitted"};
constexpr std::string_view kPlaceholderParts[] = {
    "[REDACTED", "YOUR_", "your_", "your-", "CHANGEME", "changeme", "os.environ", "process.env",
    "getenv",    "****",  "xxxx",  "XXXX",  "....",     "{{",       "${",         "$("};
constexpr WordSet kPlaceholders{std::span(kPlaceholderParts)};
constexpr std::size_t kMaxTemplate = 96;  // longer values are no placeholders
// Classes whose values always hold digits.
constexpr std::string_view kDigitClasses[] = {"otp",
                                              "pin",
                                              "cvv",
                                              "pan",
                                              "ssn",
                                              "account-number",
                                              "national-id",
                                              "passport",
                                              "driving-licence",
                                              "medical-record",
                                              "date-of-birth",
                                              "phone",
                                              "device-id",
                                              "client-ip",
                                              "postal-code",
                                              "otp-code",
                                              "pin-code"};

template <class List>
bool is_one_of(const List& list, std::string_view text) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view x) { return x == text; });
}

constexpr std::array<bool, 256> make_separators() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("-_.: []/$@")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kSeparators = make_separators();
bool is_separator(char c) { return kSeparators[static_cast<unsigned char>(c)]; }

bool is_keyword(std::string_view value) {
  return value.size() < 16 && is_letter(value[0]) &&
         std::any_of(std::begin(kKeywords), std::end(kKeywords), [&](std::string_view word) {
           return word.size() == value.size() && equals_ignoring_case(word, value);
         });
}

// A call, a member access or an index: code, not a value.
bool is_expression(std::string_view value) {
  std::size_t open = 0;
  while (open < value.size() &&
         (is_letter(value[open]) || value[open] == '_' || value[open] == '.'))
    ++open;
  return open > 0 && open < value.size() && (value[open] == '(' || value[open] == '[');
}

bool is_template(std::string_view value) {
  if (value.front() == '<' && value.back() == '>') return true;
  if (value.front() == '%' && (value.size() <= 3 || value.back() == '%')) return true;
  if (value.front() == '$' && value.size() > 1 && is_digit(value[1]) && value.size() <= 3) {
    return true;  // an SQL parameter
  }
  if (value.size() > kMaxTemplate) return value.starts_with("[REDACTED");
  if (value.find_first_not_of("*xX.-•") == std::string_view::npos) return true;
  return kPlaceholders.is_in(value);
}

}  // namespace

namespace {

// A name without separators, lower case, and where its segments begin.
struct CompactName {
  std::array<char, 128> text;
  std::array<std::uint8_t, 128> begins;
  std::size_t size = 0;
  std::size_t segments = 0;

  std::string_view whole() const { return {text.data(), size}; }
  std::string_view from_segment(std::size_t i) const { return whole().substr(begins[i]); }
  std::string_view segment(std::size_t i) const {
    const std::size_t end = i + 1 < segments ? begins[i + 1] : size;
    return whole().substr(begins[i], end - begins[i]);
  }
};

// Whether a segment begins at the letter `i`: after a separator, at a camel hump or at the last
// capital of several ("HTTPServer").
bool begins_segment(std::string_view name, std::size_t i) {
  if (i == 0 || is_separator(name[i - 1])) return true;
  if (!is_upper(name[i])) return false;
  if (!is_upper(name[i - 1])) return true;
  return i + 1 < name.size() && is_lower(name[i + 1]);
}

// Of names longer than the buffer the end counts.
CompactName compact(std::string_view name) {
  CompactName out;
  if (name.size() > out.text.size()) name.remove_prefix(name.size() - out.text.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_separator(name[i])) continue;
    if (begins_segment(name, i)) out.begins[out.segments++] = static_cast<std::uint8_t>(out.size);
    out.text[out.size++] = to_lower(name[i]);
  }
  return out;
}

}  // namespace

std::vector<std::string> name_segments(std::string_view name) {
  const CompactName parts = compact(name);
  std::vector<std::string> segments;
  for (std::size_t i = 0; i < parts.segments; ++i) segments.emplace_back(parts.segment(i));
  return segments;
}

std::string compact_name(std::string_view name) { return std::string(compact(name).whole()); }

NameTable::NameTable(const RuleSet& rules) {
  for (const NameRule& rule : rules.names()) {
    for (const std::string& name : rule.names) {
      const bool is_suffix = name.starts_with("*_");
      const std::string_view bare = std::string_view(name).substr(is_suffix ? 2 : 0);
      Entry& entry = entries_[compact_name(bare)];
      std::string& class_name = is_suffix ? entry.suffix_class : entry.exact_class;
      if (class_name.empty()) class_name = rule.class_name;  // the first rule decides
      add_keyword(bare);
    }
  }
  for (const std::string& name : rules.public_names())
    entries_[compact_name(name)].is_public = true;
  for (const std::string& name : rules.public_cookies()) public_cookies_.insert(compact_name(name));
  low_entropy_.insert(rules.low_entropy_classes().begin(), rules.low_entropy_classes().end());
  build_slots();
}

// How often a word turns up in ordinary text: the rarest segment of a name becomes its keyword.
static unsigned commonness(std::string_view segment) {
  constexpr std::string_view kCommon[] = {
      "api",         "app",  "user", "request", "client", "service", "last",  "first",
      "access",      "real", "id",   "is",      "data",   "content", "no",    "full",
      "application", "sort", "one",  "name",    "time",   "on",      "server"};
  if (segment.size() < 3) return 4;
  if (is_one_of(kCommon, segment)) return 3;
  return segment.size() < 5 ? 1 : 0;
}

// A keyword so short is not looked for inside words: it stands for no segment but itself.
static constexpr std::size_t kGuarded = 3;

void NameTable::add_keyword(std::string_view name) {
  const CompactName parts = compact(name);
  std::string_view best = parts.whole();
  unsigned cost = 5;
  for (std::size_t i = 0; i < parts.segments; ++i) {
    const std::string_view segment = parts.segment(i);
    const bool is_known = std::any_of(keywords_.begin(), keywords_.end(), [&](const auto& known) {
      return segment == known || (known.size() > kGuarded && segment.find(known) != segment.npos);
    });
    if (is_known) return;
    if (commonness(segment) >= cost) continue;
    best = segment;
    cost = commonness(segment);
  }
  if (best.size() >= 2) keywords_.emplace_back(best);
}

std::size_t NameTable::Hash::operator()(std::string_view text) const {
  std::uint64_t hash = 0xcbf29ce484222325u + text.size();
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), sizeof(word));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
    text.remove_prefix(sizeof(word));
  }
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash ^ hash >> 29;
}

void NameTable::build_slots() {
  constexpr std::size_t kSlotsPerEntry = 4;
  slots_.assign(std::bit_ceil(kSlotsPerEntry * entries_.size() + 1), {});
  for (const auto& entry : entries_) {
    const std::size_t hash = Hash()(entry.first);
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].entry != nullptr) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), &entry};
  }
}

const NameTable::Entry* NameTable::find(std::string_view compact) const {
  const std::size_t hash = Hash()(compact);
  for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.entry == nullptr) return nullptr;
    if (slot.hash == hash >> 32 && slot.entry->first == compact) return &slot.entry->second;
  }
}

std::optional<std::string_view> NameTable::class_of(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  const CompactName parts = compact(name);
  if (const Entry* whole = find(parts.whole())) {
    if (whole->is_public) return std::nullopt;
    if (!whole->exact_class.empty()) return whole->exact_class;
  }
  const std::size_t count = std::min(parts.segments, kMaxSuffixSegments);
  for (std::size_t i = count; i > 0; --i) {  // the longest suffix decides
    const Entry* suffix = find(parts.from_segment(parts.segments - i));
    if (suffix == nullptr) continue;
    if (!suffix->suffix_class.empty()) return suffix->suffix_class;
    if (suffix->is_public) return std::nullopt;
  }
  return std::nullopt;
}

bool NameTable::is_public_cookie(std::string_view name) const {
  return public_cookies_.contains(compact_name(name));
}

bool NameTable::is_low_entropy(std::string_view class_name) const {
  return low_entropy_.contains(class_name);
}

bool is_plausible_value(std::string_view class_name, std::string_view value) {
  value = trim(value);
  while (!value.empty() && (value.back() == ')' || value.back() == ';')) value.remove_suffix(1);
  if (value.empty() || is_keyword(value)) return false;
  if (is_template(value) || is_expression(value)) return false;
  if (class_name == "email") return value.find_first_of("@%") != value.npos;
  return !is_one_of(kDigitClasses, class_name) || has_digit(value);
}

}  // namespace scopetrace
