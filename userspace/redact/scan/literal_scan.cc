// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/literal_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/scan/word_places.h"

namespace scopetrace {
namespace {

constexpr std::size_t kWindow = WindowIndex::kMaxWindow;
constexpr std::size_t kEnough = sizeof(FourBytes);  // of a window: what decides
// What a name of two letters goes on or ends with: fewer signs, because each lets many places pass.
constexpr std::string_view kShortFollowers("=:\"' _-\\])<>&[.,;|\t\r\n\0", 22);
constexpr char kPlural = 's';
constexpr std::size_t kChunkBlocks = WordPlaces::kMaxBlocks;

// How rare a byte is in logs: 0 is rarest.
unsigned commonness(char c) {
  if (is_in(c, "~`^*$#!?;|{}<>\\&")) return 0;
  if (is_in(c, "()[]@%+'")) return 1;
  return is_alnum(c) || is_in(c, " \"-./:,=_") ? 3 : 2;
}

// Of bytes that may be several each.
unsigned commonness(const TripleFilter::Bytes& bytes) {
  unsigned sum = 0;
  for (const ByteSet& set : bytes) {
    for (unsigned c = 0; c < set.size(); ++c) sum += set[c] ? commonness(static_cast<char>(c)) : 0;
  }
  return sum;
}

ByteSet set_of(char c, bool ignores_case) {
  ByteSet set;
  set.set(static_cast<unsigned char>(c));
  if (ignores_case && is_lower(c)) set.set(static_cast<unsigned char>(c - 'a' + 'A'));
  return set;
}

ByteSet letters() {
  ByteSet set;
  for (unsigned c = 0; c < set.size(); ++c) set[c] = is_letter(static_cast<char>(c));
  return set;
}

// What may follow a whole literal that is too short to decide by itself.
ByteSet followers_of(std::string_view literal) {
  ByteSet set;
  const bool is_shortest = literal.size() == 2;
  for (unsigned c = 0; c < 128; ++c) {
    const char next = static_cast<char>(c);
    set[c] = is_shortest ? kShortFollowers.find(next) != kShortFollowers.npos : !is_letter(next);
  }
  for (const unsigned c : {unsigned{kPlural}, 0xc2U, 0xe2U}) set.set(c);  // signs in UTF-8
  return set;
}

// The longest window of a literal that begins where one of its words does, with a letter.
std::string_view word_window(std::string_view text, bool begins_word) {
  std::string_view best;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_begin = is_letter(text[at]) && (at > 0 ? !is_alnum(text[at - 1]) : begins_word);
    const std::string_view window = text.substr(at, kWindow);
    if (is_begin && std::min(window.size(), kEnough) > std::min(best.size(), kEnough))
      best = window;
  }
  return best;
}

}  // namespace

// One call of find().
struct LiteralScan::Search {
  std::string_view text;
  const CharHits& chars;
  std::vector<LiteralHit>& hits;
  std::size_t sorted = 0;  // so many hits are in order

  // Moves the new hits among those before them, from which they are not far; drops repeated ones.
  void sort();
};

void LiteralScan::Search::sort() {
  const auto before = [](const LiteralHit& a, const LiteralHit& b) {
    return std::pair(a.begin, a.literal) < std::pair(b.begin, b.literal);
  };
  for (; sorted < hits.size(); ++sorted) {
    const LiteralHit hit = hits[sorted];
    std::size_t at = sorted;
    while (at > 0 && before(hit, hits[at - 1])) hits[at] = hits[at - 1], --at;
    hits[at] = hit;
  }
}

bool LiteralScan::add_begin(std::uint32_t literal) {
  const Literal& wanted = literals_[literal];
  const std::string_view window = word_window(wanted.text, wanted.begins_word);
  const std::size_t enough = std::min(wanted.text.size(), WindowIndex::kMinWindow + 1);
  if (window.size() < enough) return false;
  const auto offset = static_cast<std::uint32_t>(window.data() - wanted.text.data());
  words_.begins.add(window, wanted.next,
                    {literal, offset, wanted.ignores_case, window.size() == wanted.text.size()});
  return true;
}

void LiteralScan::add_end(std::uint32_t literal) {
  const Literal& wanted = literals_[literal];
  const std::string reversed(wanted.text.rbegin(), wanted.text.rend());
  const auto size = static_cast<std::uint32_t>(reversed.size());
  words_.ends.add(std::string_view(reversed).substr(0, kWindow), letters(),
                  {literal, size, wanted.ignores_case, size <= kWindow});
}

void LiteralScan::add_triple(std::uint32_t literal) {
  const Literal& wanted = literals_[literal];
  const std::size_t size = wanted.text.size();
  const auto triple_at = [&](std::size_t at) {
    const ByteSet third =
        at + 2 < size ? set_of(wanted.text[at + 2], wanted.ignores_case) : wanted.next;
    return TripleFilter::Bytes{set_of(wanted.text[at], wanted.ignores_case),
                               set_of(wanted.text[at + 1], wanted.ignores_case), third};
  };
  std::uint32_t best = 0;
  for (std::uint32_t at = 1; at + TripleFilter::kSize <= size; ++at) {
    if (commonness(triple_at(at)) < commonness(triple_at(best))) best = at;
  }
  triples_.add(triple_at(best));
  const std::string_view window = std::string_view(wanted.text).substr(best, kWindow);
  behind_triples_.add(window, wanted.next,
                      {literal, best, wanted.ignores_case, window.size() == size});
}

Status LiteralScan::add(std::uint32_t literal) {
  const Literal& wanted = literals_[literal];
  if (wanted.text.size() < 2) return fail(ErrorCode::kCorrupt, "a literal is too short");
  if (wanted.ends_word) add_end(literal);
  if (add_begin(literal)) return {};
  add_triple(literal);
  return {};
}

Result<LiteralScan> LiteralScan::make(std::vector<Literal> literals) {
  if (literals.size() > kMaxLiterals) return fail(ErrorCode::kCorrupt, "too many literals");
  LiteralScan scan;
  scan.literals_ = std::move(literals);
  for (std::uint32_t i = 0; i < scan.literals_.size(); ++i) {
    Literal& literal = scan.literals_[i];
    if (literal.ignores_case) literal.text = to_lower(literal.text);
    if (literal.is_whole) literal.next = followers_of(literal.text);
    ST_RETURN_IF_ERROR(scan.add(i));
    scan.briefs_.push_back({static_cast<std::uint32_t>(literal.text.size()), literal.is_whole,
                            literal.begins_word && is_digit(literal.text[0])});
  }
  scan.words_.begins.build();
  scan.words_.ends.build();
  scan.triples_.build();
  scan.behind_triples_.build();
  return scan;
}

// The text is long enough.
bool LiteralScan::stands_at(std::uint32_t literal, std::string_view text, std::size_t begin) const {
  const Literal& wanted = literals_[literal];
  const char* at = text.data() + begin;
  if (!wanted.ignores_case) return std::memcmp(at, wanted.text.data(), wanted.text.size()) == 0;
  return std::equal(wanted.text.begin(), wanted.text.end(), at,
                    [](char lower, char c) { return to_lower(c) == lower; });
}

namespace {

// Whether the word goes on behind the whole literal that ends before `at`: no border, no capital
// that begins a further word (tokenId, TOKENId).
bool goes_on(const Literal& literal, std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  const char c = text[at], next = at + 1 < text.size() ? text[at + 1] : ' ';
  if (c == kPlural) return is_letter(next);
  if (literal.text.size() < kEnough) return !literal.next[static_cast<unsigned char>(c)];
  return is_upper(c) ? is_upper(text[at - 1]) && !is_lower(next) : is_letter(c);
}

}  // namespace

// Of a literal whose window stands at `at`.
void LiteralScan::take(Search& search, std::size_t at, const WindowIndex::Window& window) const {
  if (at < window.offset) return;
  const std::size_t begin = at - window.offset;
  const Brief& brief = briefs_[window.string];
  const std::size_t end = begin + brief.size;
  if (end > search.text.size()) return;
  if (!window.has_all && !stands_at(window.string, search.text, begin)) return;
  if (brief.begins_number && !is_token_start(search.text, begin)) return;
  if (brief.is_whole && goes_on(literals_[window.string], search.text, end)) return;
  search.hits.push_back(
      {window.string, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
}

void LiteralScan::find_words(Search& search, std::size_t first, std::size_t count) const {
  WordPlaces found;
  found.look(words_, search.text, search.chars, first, count);
  for (const std::uint32_t at : found.begins())
    words_.begins.each(bytes_at(search.text, at),
                       [&](const auto& window) { take(search, at, window); });
  for (const std::uint32_t at : found.ends())
    words_.ends.each(bytes_before(search.text, at),
                     [&](const auto& window) { take(search, at, window); });
}

void LiteralScan::find_triples(Search& search, std::size_t first, std::size_t count) const {
  std::array<std::uint64_t, kChunkBlocks> masks;
  triples_.look(search.text, first, count, masks.data());
  for (std::size_t i = 0; i < count; ++i) {
    for (std::uint64_t mask = masks[i]; mask != 0; mask &= mask - 1) {
      const std::size_t at =
          (first + i) * kMaskBytes + static_cast<std::size_t>(std::countr_zero(mask));
      if (at >= search.text.size()) return;
      behind_triples_.each(bytes_at(search.text, at),
                           [&](const auto& window) { take(search, at, window); });
    }
  }
}

void LiteralScan::find(std::string_view text, const CharHits& chars,
                       std::vector<LiteralHit>& hits) const {
  hits.clear();
  Search search{text, chars, hits};
  const std::size_t blocks = chars.word_begins.size();
  for (std::size_t first = 0; first < blocks; first += kChunkBlocks) {
    const std::size_t count = std::min(kChunkBlocks, blocks - first);
    find_words(search, first, count);
    find_triples(search, first, count);
    search.sort();
  }
  const auto is_same = [](const LiteralHit& a, const LiteralHit& b) {
    return a.begin == b.begin && a.literal == b.literal;
  };
  hits.erase(std::unique(hits.begin(), hits.end(), is_same), hits.end());
}

}  // namespace scopetrace
