// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/shape.h"

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>

#include "userspace/base/bytes.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNamedSets[] = {
    {"upper-alnum", "A-Z0-9"}, {"lower-alnum", "a-z0-9"}, {"base64url", "A-Za-z0-9_-"},
    {"base32", "A-Z2-7"},      {"base64", "A-Za-z0-9+/"}, {"bech32", "AC-HJ-NP-Z02-9ac-hj-np-z"},
    {"printable", "!-~"},      {"letter", "A-Za-z"},      {"digit", "0-9"},
    {"alnum", "A-Za-z0-9"},    {"hex", "0-9a-fA-F"},
};

// Whether each range runs upwards.
bool add_ranges(ByteSet& set, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    const bool is_range = i + 2 < text.size() && text[i + 1] == '-';
    const auto last = is_range ? static_cast<unsigned char>(text[i + 2]) : first;
    if (first > last) return false;
    for (unsigned c = first; c <= last; ++c) set.set(c);
    if (is_range) i += 2;
  }
  return true;
}

// Whether it looks like the name of a set: letters that are not in the order of a list.
bool is_word(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_lower);
  return end - text.begin() >= 3 && !std::is_sorted(text.begin(), end);
}

// The set, or why it is none.
Result<ByteSet> parse_set(std::string_view text) {
  ByteSet set;
  for (const auto& [name, ranges] : kNamedSets) {
    if (!text.starts_with(name)) continue;
    add_ranges(set, ranges);
    text.remove_prefix(name.size());
    if (!text.empty() && is_alnum(text[0])) return fail(ErrorCode::kCorrupt, "unknown set name");
    break;
  }
  if (is_word(text)) return fail(ErrorCode::kCorrupt, "unknown set name");
  if (!add_ranges(set, text)) return fail(ErrorCode::kCorrupt, "a range runs backwards");
  if (set.none()) return fail(ErrorCode::kCorrupt, "a set is empty");
  return set;
}

bool is_literal(const ShapeRun& run) {
  return run.set.count() == 1 && run.count_min == 1 && run.count_max == 1;
}

char literal_char(const ShapeRun& run) {
  for (unsigned c = 0; c < 256; ++c) {
    if (run.set.test(c)) return static_cast<char>(c);
  }
  return '\0';
}

bool has(const ByteSet& set, char c) { return set.test(static_cast<unsigned char>(c)); }

tl::unexpected<Error> bad(std::string_view reason, std::size_t column) {
  return fail(ErrorCode::kCorrupt,
              std::string(reason) + " at column " + std::to_string(column + 1) + " of the shape");
}

// Parses "{min}", "{min,}" or "{min,max}" at `at`, which is moved behind it.
Result<std::pair<std::uint32_t, std::uint32_t>> parse_count(std::string_view text,
                                                            std::size_t& at) {
  const auto close = text.find('}', at);
  if (at >= text.size() || text[at] != '{' || close == std::string_view::npos) {
    return bad("a set needs a count", at);
  }
  const std::string_view inside = text.substr(at + 1, close - at - 1);
  const auto comma = inside.find(',');
  const auto low = parse_decimal(inside.substr(0, comma));
  auto high = low;
  if (comma != std::string_view::npos) {
    const std::string_view rest = inside.substr(comma + 1);
    high = rest.empty() ? std::optional<std::uint64_t>(Shape::kShapeMaxRun) : parse_decimal(rest);
  }
  if (!low || !high || *low > *high || *high == 0 || *high > Shape::kShapeMaxRun) {
    return bad("the count is not min,max", at);
  }
  at = close + 1;
  return std::pair(static_cast<std::uint32_t>(*low), static_cast<std::uint32_t>(*high));
}

// `[set]{min,max}`; leaves `at` behind it.
Result<ShapeRun> parse_set_run(std::string_view text, std::size_t& at) {
  const auto close = text.find(']', at);
  if (close == std::string_view::npos) return bad("a set is not closed", at);
  ShapeRun run;
  const auto set = parse_set(text.substr(at + 1, close - at - 1));
  if (!set) return bad(set.error().message(), at);
  run.set = *set;
  at = close + 1;
  ST_ASSIGN_OR_RETURN(const auto count, parse_count(text, at));
  std::tie(run.count_min, run.count_max) = count;
  return run;
}

// One character, escaped or not; leaves `at` behind it.
Result<ShapeRun> parse_character(std::string_view text, std::size_t& at) {
  const bool is_escaped = text[at] == '\\';
  if (is_escaped) ++at;
  const bool is_reserved = !is_escaped && is_in(text[at], "]{}");
  if (at >= text.size() || is_reserved) return bad("an unexpected character", at);
  ShapeRun run;
  run.set.set(static_cast<unsigned char>(text[at++]));
  return run;
}

constexpr std::size_t kMinPrefix = 3;  // of a literal that a shape begins with, to be preferred

bool has_alnum(std::string_view text) { return std::any_of(text.begin(), text.end(), is_alnum); }
bool has_alnum(const ByteSet& set) {
  for (unsigned c = 0; c < 256; ++c) {
    if (set.test(c) && is_alnum(static_cast<char>(c))) return true;
  }
  return false;
}

// Whether a run of variable length may be followed by its own characters.
bool is_ambiguous(const std::vector<ShapeRun>& runs, std::size_t at) {
  if (runs[at].count_min == runs[at].count_max) return false;
  for (std::size_t next = at + 1; next < runs.size(); ++next) {
    if ((runs[at].set & runs[next].set).any()) return true;
    if (runs[next].count_min > 0) return false;
  }
  return false;
}

}  // namespace

Result<Shape> Shape::parse(std::string_view text) {
  Shape shape;
  for (std::size_t at = 0; at < text.size();) {
    ST_ASSIGN_OR_RETURN(const ShapeRun run,
                        text[at] == '[' ? parse_set_run(text, at) : parse_character(text, at));
    shape.runs_.push_back(run);
  }
  for (std::size_t at = 0; at < shape.runs_.size(); ++at) {
    if (!is_ambiguous(shape.runs_, at)) continue;
    return fail(ErrorCode::kCorrupt, "a run of variable length is followed by its own characters");
  }
  shape.choose_literal();
  return shape;
}

void Shape::choose_literal() {
  for (std::size_t i = 0; i < runs_.size();) {
    std::string literal;
    const std::size_t first = i;
    while (i < runs_.size() && is_literal(runs_[i])) literal += literal_char(runs_[i++]);
    const bool is_better =
        literal.size() > literal_.size() &&
        (literal_.size() < kMinPrefix || literal_run_ > 0 || begins_word(literal, first));
    if (is_better) {
      literal_ = literal;
      literal_run_ = first;
    }
    if (i == first) ++i;
  }
}

// A literal that stands behind letters of another run begins no word.
bool Shape::begins_word(std::string_view literal, std::size_t run) const {
  if (!is_alnum(literal[0])) return has_alnum(literal);
  while (run > 0) {
    --run;
    if (has_alnum(runs_[run].set)) return false;
    if (runs_[run].count_min > 0) return true;
  }
  return true;  // a shape begins where a token does
}

bool Shape::literal_begins_word() const { return begins_word(literal_, literal_run_); }

ByteSet Shape::behind_literal() const {
  ByteSet set;
  for (std::size_t i = literal_run_ + literal_.size(); i < runs_.size(); ++i) {
    set |= runs_[i].set;
    if (runs_[i].count_min > 0) return set;
  }
  return set.set();
}

static bool is_open(const ShapeRun& run) { return run.count_max == Shape::kShapeMaxRun; }

// How many characters of the run's set stand from `at` on, at most its maximum.
static std::size_t count_run(const ShapeRun& run, std::string_view text, std::size_t at,
                             TextRange& stretch) {
  const bool is_known = is_open(run) && stretch.begin <= at && at < stretch.end;
  if (!is_known) {
    const std::size_t limit =
        is_open(run) ? text.size() : std::min(text.size(), at + run.count_max);
    stretch = {at, at};
    while (stretch.end < limit && has(run.set, text[stretch.end])) ++stretch.end;
  }
  return std::min<std::size_t>(stretch.end - at, run.count_max);
}

// The end of the match of the runs from `first` on from `at` on, or nothing.
static std::optional<std::size_t> match_forward(const std::vector<ShapeRun>& runs,
                                                std::size_t first, std::string_view text,
                                                std::size_t at, Shape::Stretches& stretches) {
  stretches.resize(runs.size());
  for (std::size_t i = first; i < runs.size(); ++i) {
    const std::size_t count = count_run(runs[i], text, at, stretches[i]);
    if (count < runs[i].count_min) return std::nullopt;
    at += count;
  }
  return at;
}

// The begin of the match of runs [0, end) that ends at `at`, or nothing.
static std::optional<std::size_t> match_backward(const std::vector<ShapeRun>& runs, std::size_t end,
                                                 std::string_view text, std::size_t at) {
  for (std::size_t i = end; i > 0; --i) {
    const ShapeRun& run = runs[i - 1];
    std::uint32_t n = 0;
    while (n < run.count_max && at > 0 && has(run.set, text[at - 1])) ++n, --at;
    if (n < run.count_min) return std::nullopt;
  }
  return at;
}

std::optional<TextRange> Shape::match_around(std::string_view text, std::size_t at,
                                             Stretches& stretches) const {
  const auto begin = match_backward(runs_, literal_run_, text, at);
  if (!begin || !is_token_start(text, *begin)) return std::nullopt;
  const auto end = match_forward(runs_, literal_run_, text, at, stretches);
  if (!end) return std::nullopt;
  if (!is_open(runs_.back()) && *end < text.size() && is_alnum(text[*end])) return std::nullopt;
  return TextRange{*begin, *end};
}

bool Shape::matches_whole(std::string_view text) const {
  Stretches stretches;
  return match_forward(runs_, 0, text, 0, stretches) == text.size();
}

template <typename Random>
std::string Shape::generate(Random& random) const {
  std::string text;
  for (const ShapeRun& run : runs_) {
    std::string choices;
    for (unsigned c = 0; c < 256; ++c) {
      if (run.set.test(c)) choices += static_cast<char>(c);
    }
    const std::uint32_t spread = std::min<std::uint32_t>(run.count_max - run.count_min, 8);
    const std::uint32_t n = run.count_min + static_cast<std::uint32_t>(random() % (spread + 1));
    for (std::uint32_t i = 0; i < n; ++i) text += choices[random() % choices.size()];
  }
  return text;
}
template std::string Shape::generate(std::mt19937_64& random) const;

}  // namespace scopetrace
