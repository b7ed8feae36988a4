// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <utility>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

// Segments behind a sensitive name that say which one it is.
constexpr std::string_view kQualifiers[] = {
    "prod",     "production", "dev",       "development", "test",    "testing",      "stage",
    "staging",  "live",       "sandbox",   "local",       "old",     "new",          "current",
    "previous", "prev",       "primary",   "secondary",   "main",    "backup",       "value",
    "val",      "plain",      "plaintext", "clear",       "raw",     "b64",          "base64",
    "hex",      "pem",        "again",     "repeat",      "confirm", "confirmation", "retype",
    "temp",     "tmp",        "initial",   "v",           "str",     "override",     "number",
    "no",       "num",        "nr",        "eu",          "us",      "uk",           "de",
    "apac",     "emea",       "global",    "east",        "west",    "asia"};
// Segments before one that make the whole a number, a switch or a message.
constexpr std::string_view kAsking[] = {
    "has",    "is",      "max",     "min",      "num",   "count",   "show",     "hide",
    "enable", "enabled", "disable", "disabled", "allow", "require", "requires", "required",
    "forgot", "invalid", "missing", "supports", "use",   "wrong",   "bad",      "checksum"};
// Segments before a sensitive word that only say where it is kept.
constexpr std::string_view kCarriers[] = {
    "x",      "env",    "data", "ansible", "app",    "my",      "http",     "header",
    "cfg",    "config", "var",  "tf",      "spring", "quarkus", "ci",       "docker",
    "prod",   "dev",    "test", "staging", "user",   "db",      "customer", "client",
    "secret", "the",    "vite", "next",    "public", "set",     "with"};
// Sensitive words of one segment that may end a longer word without a border: "dbpassword". Names
// of several segments may too ("stripeapikey").
constexpr std::string_view kInner[] = {"password", "passwd", "passphrase", "passwort",
                                       "secret",   "token",  "pwd",        "apikey"};
constexpr std::string_view kNoInner[] = {"be",     "page",     "next", "continuation", "sync",
                                         "pad",    "eos",      "bos",  "unk",          "stop",
                                         "cancel", "nextpage", "old"};
constexpr std::size_t kMinInner = 6;  // letters of a name of several segments
constexpr std::size_t kMaxInner = 24;

template <class List>
bool is_one_of(const List& list, std::string_view text) {
  const auto is_same = [&](std::string_view x) {  // most differ in size or first letter
    return x.size() == text.size() && x[0] == text[0] && x == text;
  };
  return !text.empty() && std::any_of(std::begin(list), std::end(list), is_same);
}

constexpr std::array<bool, 256> make_separators() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("-_.: []/$@")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kSeparators = make_separators();
bool is_separator(char c) { return kSeparators[static_cast<unsigned char>(c)]; }

// A name without separators, lower case, and where its segments begin.
struct CompactName {
  std::array<char, 128> text;
  std::array<std::uint8_t, 128> begins;
  std::size_t size = 0;
  std::size_t segments = 0;

  std::string_view whole() const { return {text.data(), size}; }
  std::string_view from_segment(std::size_t i) const { return whole().substr(begins[i]); }
  // Whether something was dropped behind the last letter.
  bool drop_qualifier();
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

// Without the marks of a rule: *_ in front, ? behind.
static std::string_view bare_name(std::string_view name) {
  if (name.starts_with("*_")) name.remove_prefix(2);
  if (name.ends_with('?')) name.remove_suffix(1);
  return name;
}

// The first rule decides.
void NameTable::add_name(const std::string& name, const std::string& class_name) {
  const std::string_view bare = bare_name(name);
  Entry& entry = entries_[compact_name(bare)];
  std::string& known = name.ends_with('?')      ? entry.look_class
                       : name.starts_with("*_") ? entry.suffix_class
                                                : entry.exact_class;
  if (known.empty()) known = class_name;
  entry.is_compound = entry.is_compound || compact(bare).segments > 1;
}

// A class that another profile names without a value shape takes every value.
void NameTable::add_value_shapes(const RuleSet& rules) {
  for (const NameRule& rule : rules.names()) {
    if (rule.value) value_shapes_[rule.class_name].push_back(*rule.value);
  }
  for (const NameRule& rule : rules.names()) {
    if (!rule.value) value_shapes_.erase(rule.class_name);
  }
}

NameTable::NameTable(const RuleSet& rules) {
  std::vector<std::string_view> bare_names;
  for (const NameRule& rule : rules.names()) {
    for (const std::string& name : rule.names) {
      add_name(name, rule.class_name);
      bare_names.push_back(bare_name(name));
    }
  }
  add_keywords(std::move(bare_names));
  keywords_.push_back({"- value:"});  // a list of pairs whose names stand below their values
  for (const std::string& name : rules.public_names())
    entries_[compact_name(name)].is_public = true;
  for (const std::string& name : rules.public_cookies()) public_cookies_.insert(compact_name(name));
  low_entropy_.insert(rules.low_entropy_classes().begin(), rules.low_entropy_classes().end());
  personal_.insert(rules.personal_classes().begin(), rules.personal_classes().end());
  add_value_shapes(rules);
  build_slots();
  mark_inner_ends();
}

// How often a word turns up in ordinary text.
static constexpr unsigned kTooCommon = 3;
static unsigned commonness(std::string_view segment) {
  constexpr std::string_view kCommon[] = {
      "api",         "app",  "user", "request", "client", "service", "last",  "first",
      "access",      "real", "id",   "is",      "data",   "content", "no",    "full",
      "application", "sort", "one",  "name",    "time",   "on",      "server"};
  if (segment.size() < 3) return 4;
  if (is_one_of(kCommon, segment)) return kTooCommon;
  return segment.size() < 5 ? 1 : 0;
}

// Short names of one segment first: they stand in most of the longer ones.
void NameTable::add_keywords(std::vector<std::string_view> names) {
  const auto rank = [](std::string_view name) {
    return std::pair(compact(name).segments, name.size());
  };
  std::stable_sort(names.begin(), names.end(),
                   [&](std::string_view a, std::string_view b) { return rank(a) < rank(b); });
  for (const std::string_view word : kInner) keywords_.push_back({std::string(word), true, true});
  for (const std::string_view name : names) add_keyword(name);
}

// Of several segments the last one, unless other words end so too, or else the first: written
// without borders, a name has no other that begins or ends a word.
void NameTable::add_keyword(std::string_view name) {
  const CompactName parts = compact(name);
  if (parts.segments == 0 || parts.size < 2) return;
  const std::string_view first = parts.segment(0), last = parts.segment(parts.segments - 1);
  const bool is_single = parts.segments == 1;
  const bool takes_last =
      is_single || commonness(last) < kTooCommon || commonness(last) <= commonness(first);
  const auto covers = [&](const Keyword& known) {
    if (!takes_last) return !known.is_whole && first.starts_with(known.text);
    if (known.ends_word && last.ends_with(known.text) && last.size() >= kMinInner) return true;
    return known.is_whole && known.text == last && (is_single || known.ends_word);
  };
  if (std::any_of(keywords_.begin(), keywords_.end(), covers)) return;
  keywords_.push_back(
      {std::string(takes_last ? last : first), takes_last, !is_single && takes_last});
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

// Of a word of at least three letters.
static std::size_t inner_slot(std::string_view word) {
  std::uint32_t last = 0;
  for (const char c : word.substr(word.size() - 3))
    last = last << 8 | static_cast<unsigned char>(c);
  return last * 0x9e3779b1u >> 20;
}

void NameTable::mark_inner_ends() {
  for (const auto& [name, entry] : entries_) {
    const bool is_long = entry.is_compound && name.size() >= kMinInner;
    if (is_long || is_one_of(kInner, name)) inner_ends_.set(inner_slot(name));
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

namespace {

// Digits behind the name ("token2"), or a segment that says which one of several it is.
bool CompactName::drop_qualifier() {
  if (segments == 0) return false;
  std::size_t end = size;
  while (end > begins[segments - 1] && is_digit(text[end - 1])) --end;
  if (end == size && !is_one_of(kQualifiers, segment(segments - 1))) return false;
  if (end == size || end == begins[segments - 1]) end = begins[--segments];
  size = end;
  return segments > 0;
}

bool is_asking(const CompactName& parts, std::size_t before) {
  for (std::size_t i = 0; i < before; ++i) {
    if (is_one_of(kAsking, parts.segment(i))) return true;
  }
  return false;
}

}  // namespace

NameTable::Match NameTable::match_suffix(const Entry& entry, bool has_border) {
  if (!entry.suffix_class.empty()) return {entry.suffix_class, false, true};
  if (has_border && !entry.exact_class.empty()) return {entry.exact_class, false, true};
  if (!entry.look_class.empty()) return {entry.look_class, true, true};
  return {{}, false, entry.is_public};
}

// The sensitive name that a word ends in. Only words that say nothing as a whole come here.
NameTable::Match NameTable::match_inner(std::string_view word) const {
  if (word.size() <= 3 || !inner_ends_.test(inner_slot(word))) return {};
  for (std::size_t at = word.size() > kMaxInner ? word.size() - kMaxInner : 1;
       at + 3 <= word.size(); ++at) {
    const std::string_view end = word.substr(at);
    const bool is_word = is_one_of(kInner, end);
    if (!is_word && end.size() < kMinInner) continue;
    const Entry* entry = find(end);
    if (entry == nullptr || !(is_word || entry->is_compound)) continue;
    const Match found = match_suffix(*entry, true);
    if (!found.is_known) continue;
    return is_one_of(kNoInner, word.substr(0, at)) ? Match{} : found;
  }
  return {};
}

std::optional<NameTable::Match> NameTable::match_whole(std::string_view compact) const {
  const Entry* whole = find(compact);
  if (whole == nullptr) return std::nullopt;
  if (whole->is_public) return Match{{}, false, true};
  return whole->exact_class.empty() ? std::nullopt
                                    : std::optional(Match{whole->exact_class, false, true});
}

struct NameTable::Parts {
  const CompactName& parts;
  std::size_t member_segments;  // of the member of something that the name is; 0 for none
};

// What the longest end of the name means that is known.
std::optional<NameTable::Match> NameTable::match_end(const Parts& name) const {
  const CompactName& parts = name.parts;
  for (std::size_t i = std::min(parts.segments, kMaxSuffixSegments); i > 0; --i) {
    const Entry* suffix = find(parts.from_segment(parts.segments - i));
    if (suffix == nullptr) continue;
    const std::size_t before = parts.segments - i;
    const bool has_border = i > 1 || i == name.member_segments ||
                            (before > 0 && is_one_of(kCarriers, parts.segment(before - 1)));
    const Match found = match_suffix(*suffix, has_border);
    if (found.is_known) return is_asking(parts, before) ? Match{} : found;
  }
  return std::nullopt;
}

NameTable::Match NameTable::match(std::string_view name) const {
  CompactName parts = compact(name);
  if (parts.segments == 0) return {};
  const auto colon = name.find_last_of(".:[");  // the member of something
  const std::string_view member = colon == name.npos ? name : name.substr(colon + 1);
  const std::size_t member_segments = member.size() == name.size() ? 0 : compact(member).segments;
  do {
    if (const auto whole = match_whole(parts.whole())) return *whole;
    if (const auto end = match_end({parts, member_segments})) return *end;
    const Match inner = match_inner(parts.segment(parts.segments - 1));
    if (inner.is_known) return inner;
  } while (parts.drop_qualifier());
  return {};
}

std::optional<std::string_view> NameTable::class_of(std::string_view name) const {
  const Match found = match(name);
  if (found.class_name.empty() || found.needs_look) return std::nullopt;
  return found.class_name;
}

std::optional<std::string_view> NameTable::class_of(std::string_view name,
                                                    std::string_view value) const {
  const Match found = match(name);
  if (found.class_name.empty()) return std::nullopt;
  if (found.needs_look && !has_look_of(found.class_name, value)) return std::nullopt;
  return found.class_name;
}

bool NameTable::is_public_cookie(std::string_view name) const {
  return public_cookies_.contains(compact_name(name));
}

bool NameTable::is_low_entropy(std::string_view class_name) const {
  return low_entropy_.contains(class_name);
}

bool NameTable::accepts(std::string_view class_name, std::string_view value) const {
  const auto shapes = value_shapes_.find(class_name);
  if (shapes == value_shapes_.end()) return is_plausible_value(class_name, value);
  // What the rules say of the class goes before what is known of it in general.
  if (!stands_for_itself(value)) return false;
  if (digits_needed(class_name) > 0 && !has_digit(value)) return false;
  return std::any_of(shapes->second.begin(), shapes->second.end(),
                     [&](const Shape& shape) { return shape.matches_whole(trim(value)); });
}

}  // namespace scopetrace
