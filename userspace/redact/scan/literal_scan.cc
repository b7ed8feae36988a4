// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/literal_scan.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "userspace/base/bytes.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kWindow = LiteralFilter::kWindow;

constexpr std::size_t kMaxCopy = 3 * kMaskBytes;  // of a short text, looked at in one piece

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 128; }

std::uint32_t read_bytes(const char* at) {
  std::uint32_t bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

bool is_letter_row(char c) { return is_ascii(c) && (c & 0x40) != 0; }

// What is looked for of a literal.
struct Choice {
  FilterKind kind = FilterKind::kOther;
  std::size_t begin = 0;
  std::size_t size = 0;
  double cost = 2;  // how likely a place in a log has it
};

template <class Predicate>
Choice window_at(FilterKind kind, std::string_view text, std::size_t at, Predicate is_member,
                 std::size_t size_max) {
  Choice choice{kind, at, 0, 1};
  while (choice.size < size_max && at < text.size() && is_member(text[at])) {
    choice.cost *= frequency_of(text[at++]);
    ++choice.size;
  }
  return choice;
}

// The first letter or digit and what follows.
Choice word_window(std::string_view text) {
  const auto first = std::find_if(text.begin(), text.end(), is_alnum);
  const auto at = static_cast<std::size_t>(first - text.begin());
  return window_at(FilterKind::kStart, text, at, is_ascii, kWindow);
}

// The window that logs have the fewest of.
Choice rarest_window(std::string_view text) {
  Choice best;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const Choice& choice : {window_at(FilterKind::kLetters, text, at, is_letter_row, kWindow),
                                 window_at(FilterKind::kOther, text, at, is_ascii, 2)}) {
      if (choice.size >= 2 && choice.cost < best.cost) best = choice;
    }
  }
  return best;
}

}  // namespace

void WindowIndex::add(std::string_view bytes, Window window) {
  std::array<char, kWindow> padded{};
  std::copy(bytes.begin(), bytes.end(), padded.begin());
  const std::uint32_t mask = 0x1f1f1f1fU >> (32 - 8 * bytes.size());
  const std::uint32_t key = read_bytes(padded.data()) & mask;
  entries_.push_back({key, mask, window});
  for (std::uint32_t third = 0; third < 32; ++third) {
    if (bytes.size() > 2 && third != (key >> 16 & 31)) continue;
    const std::uint32_t three = two_of(key) | third << 10;
    triples_[three / 64] |= std::uint64_t{1} << three % 64;
  }
}

void WindowIndex::build() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return two_of(a.key) < two_of(b.key); });
  for (std::size_t two = 0, i = 0; two < begins_.size(); ++two) {
    while (i < entries_.size() && two_of(entries_[i].key) < two) ++i;
    begins_[two] = static_cast<std::uint16_t>(i);
  }
}

Status LiteralScan::add(std::uint32_t literal, Windows& windows) {
  const std::string_view text = literals_[literal].text;
  Choice choice;
  if (literals_[literal].begins_word) choice = word_window(text);
  if (choice.size < 2) choice = rarest_window(text);
  if (choice.size < 2) return fail(ErrorCode::kCorrupt, "a literal is too short");
  const auto kind = static_cast<std::size_t>(choice.kind);
  const std::string_view window = text.substr(choice.begin, choice.size);
  windows[kind].push_back({window, literals_[literal].is_guarded && window.size() == text.size()});
  indexes_[kind].add(window, {literal, static_cast<std::uint32_t>(choice.begin)});
  return {};
}

Result<LiteralScan> LiteralScan::make(std::vector<Literal> literals) {
  if (literals.size() > kMaxLiterals) return fail(ErrorCode::kCorrupt, "too many literals");
  LiteralScan scan;
  scan.literals_ = std::move(literals);
  Windows windows;
  for (std::uint32_t i = 0; i < scan.literals_.size(); ++i) {
    Literal& literal = scan.literals_[i];
    if (literal.ignores_case) literal.text = to_lower(literal.text);
    ST_RETURN_IF_ERROR(scan.add(i, windows));
  }
  for (WindowIndex& index : scan.indexes_) index.build();
  scan.filters_ = {LiteralFilter(FilterKind::kLetters, std::move(windows[0])),
                   LiteralFilter(FilterKind::kStart, std::move(windows[1])),
                   LiteralFilter(FilterKind::kOther, std::move(windows[2]))};
  return scan;
}

// Some bytes of a text, with more behind them that can be read.
struct LiteralScan::Chunk {
  std::string_view text;  // the whole
  const char* bytes;
  std::size_t begin;  // of the bytes in the text
};

bool LiteralScan::stands_at(std::uint32_t literal, std::string_view text, std::size_t begin) const {
  const Literal& wanted = literals_[literal];
  if (begin + wanted.text.size() > text.size()) return false;
  const char* at = text.data() + begin;
  if (!wanted.ignores_case) return std::memcmp(at, wanted.text.data(), wanted.text.size()) == 0;
  return std::equal(wanted.text.begin(), wanted.text.end(), at,
                    [](char lower, char c) { return to_lower(c) == lower; });
}

void LiteralScan::take(const Chunk& chunk, const WindowIndex& index,
                       std::span<const std::uint32_t> candidates,
                       std::vector<LiteralHit>& hits) const {
  std::array<std::uint32_t, kFilterBlocks * kMaskBytes> likely;
  std::size_t size = 0;
  for (const std::uint32_t at : candidates) {  // most are none: no branch, which would mispredict
    likely[size] = at;
    size += index.may_have(read_bytes(chunk.bytes + (at - chunk.begin))) ? 1 : 0;
  }
  for (const std::uint32_t at : std::span(likely.data(), size)) {
    const std::uint32_t bytes = read_bytes(chunk.bytes + (at - chunk.begin));
    index.each(bytes, [&](const WindowIndex::Window& window) {
      if (at < window.offset || !stands_at(window.literal, chunk.text, at - window.offset)) return;
      hits.push_back({window.literal, at - window.offset});
    });
  }
}

void LiteralScan::find(std::string_view text, const std::vector<std::uint64_t>& starts,
                       std::vector<LiteralHit>& hits) const {
  hits.clear();
  FilterHits candidates;
  const auto look = [&](const Chunk& chunk, std::size_t blocks) {
    candidates.clear();
    find_candidates(filters_, chunk.bytes, blocks, starts.data() + chunk.begin / kMaskBytes,
                    static_cast<std::uint32_t>(chunk.begin), candidates);
    take(chunk, indexes_[0], candidates.letters.offsets(), hits);
    take(chunk, indexes_[1], candidates.start.offsets(), hits);
    take(chunk, indexes_[2], candidates.other.offsets(), hits);
  };
  const auto look_at_copy = [&](std::size_t at, std::size_t size) {
    std::array<char, kMaxCopy + kMaskBytes> copy{};  // zeros where the text may not be read
    if (at > 0) copy[0] = text[at - 1];
    const std::size_t readable = std::min(size + LiteralFilter::kReadAhead, text.size() - at);
    std::memcpy(copy.data() + 1, text.data() + at, readable);
    look({text, copy.data() + 1, at}, (size + kMaskBytes - 1) / kMaskBytes);
    wipe(copy.data(), copy.size());  // the stack may be read long after
  };
  std::size_t at = text.size() < kMaxCopy ? text.size() : kMaskBytes;
  if (at > 0) look_at_copy(0, at);
  while (at + kMaskBytes + LiteralFilter::kReadAhead <= text.size()) {
    const std::size_t blocks = (text.size() - LiteralFilter::kReadAhead - at) / kMaskBytes;
    const std::size_t count = std::min(blocks, kFilterBlocks);
    look({text, text.data() + at, at}, count);
    at += count * kMaskBytes;
  }
  if (at < text.size()) look_at_copy(at, text.size() - at);  // less than two blocks
}

}  // namespace scopetrace
