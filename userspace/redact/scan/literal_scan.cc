// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/literal_scan.h"

#include <algorithm>
#include <array>
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
constexpr std::size_t kChunkBytes = kChunkBlocks * kMaskBytes;

// How rare a byte is in logs: 0 is rarest.
unsigned commonness(char c) {
  if (std::string_view("~`^*$#!?;|{}<>\\&").find(c) != std::string_view::npos) return 0;
  if (std::string_view("()[]@%+'").find(c) != std::string_view::npos) return 1;
  return is_alnum(c) || std::string_view(" \"-./:,=_").find(c) != std::string_view::npos ? 3 : 2;
}

bool has_rare_sign(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return commonness(c) == 0; });
}

ByteSet letters() {
  ByteSet set;
  for (unsigned c = 0; c < set.size(); ++c) set[c] = is_letter(static_cast<char>(c));
  return set;
}

// What may follow a whole literal that is too short to decide by itself.
NextBytes followers_of(std::string_view literal) {
  ByteSet set;
  const bool is_shortest = literal.size() == WindowIndex::kMinWindow;
  for (unsigned c = 0; c < 128; ++c) {
    const char next = static_cast<char>(c);
    set[c] = is_shortest ? kShortFollowers.find(next) != kShortFollowers.npos : !is_letter(next);
  }
  for (const unsigned c : {unsigned{kPlural}, 0xc2U, 0xe2U}) set.set(c);  // signs in UTF-8
  return {set, ByteSet().set()};
}

// The longest window of a literal that begins where one of its words does.
std::string_view word_window(std::string_view text, bool begins_word) {
  std::string_view best;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_begin = is_alnum(text[at]) && (at > 0 ? !is_alnum(text[at - 1]) : begins_word);
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
  std::size_t chunk_begin = 0, chunk_end = 0;
  std::size_t next_token = 0;  // of chars.tokens
  std::size_t sorted = 0;      // so many hits are in order

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
  const std::string_view text = literals_[literal].text;
  const std::string_view window = word_window(text, literals_[literal].begins_word);
  const std::size_t enough = has_rare_sign(text) ? 3 : WindowIndex::kMinWindow;
  if (window.size() < enough) return false;
  const auto offset = static_cast<std::uint32_t>(window.data() - text.data());
  words_.begins.add(window, literals_[literal].next, {literal, offset});
  return true;
}

void LiteralScan::add_end(std::uint32_t literal) {
  const std::string_view text = literals_[literal].text;
  const std::string reversed(text.rbegin(), text.rend());
  words_.ends.add(std::string_view(reversed).substr(0, kWindow), {letters(), letters()},
                  {literal, static_cast<std::uint32_t>(text.size())});
}

void LiteralScan::add_sign(std::uint32_t literal) {
  const std::string_view text = literals_[literal].text;
  const auto rarest = std::min_element(
      text.begin(), text.end(), [](char a, char b) { return commonness(a) < commonness(b); });
  auto known = std::find_if(signs_.begin(), signs_.end(),
                            [&](const Sign& sign) { return sign.sign == *rarest; });
  if (known == signs_.end()) known = signs_.insert(known, {*rarest, {}});
  known->windows.push_back({literal, static_cast<std::uint32_t>(rarest - text.begin())});
}

Status LiteralScan::add(std::uint32_t literal) {
  const Literal& wanted = literals_[literal];
  if (wanted.text.size() < 2) return fail(ErrorCode::kCorrupt, "a literal is too short");
  if (wanted.ends_word) add_end(literal);
  if (add_begin(literal)) return {};
  if (wanted.is_in_token && !wanted.ignores_case && is_alnum(wanted.text[0])) {
    in_tokens_.add(std::string_view(wanted.text).substr(0, kWindow), wanted.next, {literal, 0});
    token_heads_.set(static_cast<unsigned char>(wanted.text[0]));
    return {};
  }
  add_sign(literal);
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
  }
  for (WindowIndex* index : {&scan.words_.begins, &scan.words_.ends, &scan.in_tokens_})
    index->build();
  return scan;
}

bool LiteralScan::stands_at(std::uint32_t literal, std::string_view text, std::size_t begin) const {
  const Literal& wanted = literals_[literal];
  if (begin + wanted.text.size() > text.size()) return false;
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
  if (literal.text.size() < kEnough) return !literal.next[0][static_cast<unsigned char>(c)];
  return is_upper(c) ? is_upper(text[at - 1]) && !is_lower(next) : is_letter(c);
}

}  // namespace

void LiteralScan::find_words(Search& search, std::size_t first, std::size_t count) const {
  WordPlaces found;
  found.look(words_, search.text, search.chars, first, count);
  const auto take = [&](std::size_t at, const WindowIndex::Window& window) {
    if (at < window.offset || !stands_at(window.string, search.text, at - window.offset)) return;
    const std::size_t begin = at - window.offset;
    const Literal& literal = literals_[window.string];
    if (literal.is_whole && goes_on(literal, search.text, begin + literal.text.size())) return;
    search.hits.push_back({window.string, static_cast<std::uint32_t>(begin)});
  };
  for (const std::uint32_t at : found.begins())
    words_.begins.each(bytes_at(search.text, at), [&](const auto& window) { take(at, window); });
  for (const std::uint32_t at : found.ends())
    words_.ends.each(bytes_before(search.text, at), [&](const auto& window) { take(at, window); });
}

void LiteralScan::find_signs(Search& search) const {
  for (const Sign& sign : signs_) {
    std::size_t at = search.chunk_begin;
    const std::size_t end = search.chunk_end;
    while (at < end) {
      const void* found = std::memchr(search.text.data() + at, sign.sign, end - at);
      if (found == nullptr) break;
      at = static_cast<std::size_t>(static_cast<const char*>(found) - search.text.data());
      for (const auto& [literal, offset] : sign.windows) {
        if (at < offset || !stands_at(literal, search.text, at - offset)) continue;
        search.hits.push_back({literal, static_cast<std::uint32_t>(at - offset)});
      }
      ++at;
    }
  }
}

void LiteralScan::find_in_tokens(Search& search) const {
  const auto& tokens = search.chars.tokens;
  for (; search.next_token < tokens.size(); ++search.next_token) {
    const std::size_t begin = tokens[search.next_token];
    if (begin >= search.chunk_end) return;
    for (std::size_t at = begin; at < search.text.size() && is_token_char(search.text[at]); ++at) {
      if (token_heads_[static_cast<unsigned char>(search.text[at])]) take_in_token(search, at);
    }
  }
}

void LiteralScan::take_in_token(Search& search, std::size_t at) const {
  const EightBytes bytes = bytes_at(search.text, at);
  if (!in_tokens_.may_have(static_cast<FourBytes>(bytes))) return;
  in_tokens_.each(bytes, [&](const WindowIndex::Window& window) {
    if (stands_at(window.string, search.text, at))
      search.hits.push_back({window.string, static_cast<std::uint32_t>(at)});
  });
}

void LiteralScan::find(std::string_view text, const CharHits& chars,
                       std::vector<LiteralHit>& hits) const {
  hits.clear();
  Search search{text, chars, hits};
  const std::size_t blocks = chars.word_begins.size();
  for (std::size_t first = 0; first < blocks; first += kChunkBlocks) {
    search.chunk_begin = first * kMaskBytes;
    search.chunk_end = std::min(text.size(), search.chunk_begin + kChunkBytes);
    find_words(search, first, std::min(kChunkBlocks, blocks - first));
    find_signs(search);
    if (token_heads_.any()) find_in_tokens(search);
    search.sort();
  }
  const auto is_same = [](const LiteralHit& a, const LiteralHit& b) {
    return a.begin == b.begin && a.literal == b.literal;
  };
  hits.erase(std::unique(hits.begin(), hits.end(), is_same), hits.end());
}

}  // namespace scopetrace
