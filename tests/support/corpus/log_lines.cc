// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/log_lines.h"

#include <algorithm>
#include <array>

#include "tests/support/corpus/secret_corpus.h"
#include "tests/support/corpus/template.h"

namespace scopetrace::testing {
namespace {

constexpr std::size_t kAccessPool = 2048;
constexpr std::size_t kMinRedrawn = 20;  // shorter values may carry check digits
constexpr std::size_t kRedrawnTail = 8;

constexpr std::array<std::string_view, 5> kAccessPatterns = {
    R"(10.«gen|[1-9]{2}».«gen|[1-9]{1}».«gen|[1-9]{2}» - - [24/Nov/2026:10:«gen|[1-5]{2}»:«gen|[1-5]{2}» +0000] "GET /v1/«word»/«gen|[1-9]{5}» HTTP/1.1" 200 «gen|[1-9]{4}» "-" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")",
    R"(10.«gen|[1-9]{2}».«gen|[1-9]{1}».«gen|[1-9]{2}» - «user» [24/Nov/2026:10:«gen|[1-5]{2}»:«gen|[1-5]{2}» +0000] "POST /v1/«word»?page=«gen|[1-9]{2}»&sort=asc HTTP/2.0" 201 «gen|[1-9]{3}» "https://app.example.com/«word»" "curl/8.5.0")",
    R"(«time»Z level=info component=«word» msg="request done" status=200 latency_ms=«gen|[1-9]{3}» bytes=«gen|[1-9]{4}»)",
    R"({"ts":"«time»Z","level":"info","component":"«word»","msg":"request done","status":200,"took":«gen|[1-9]{3}»})",
    R"(Nov 24 10:«gen|[1-5]{2}»:«gen|[1-5]{2}» web«gen|[1-9]{1}» «word»[«gen|[1-9]{4}»]: connection from 10.0.«gen|[1-9]{1}».«gen|[1-9]{2}» closed after «gen|[1-9]{3}» ms)"};

bool is_one_line(const std::string& text) {
  return text.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first character and the number of those that may stand where `c` does.
std::pair<char, unsigned> kind_of(char c) {
  if (is_digit(c)) return {'1', 9};
  if (c >= 'a' && c <= 'f') return {'a', 6};
  if (c >= 'g' && c <= 'z') return {'g', 20};
  if (c >= 'A' && c <= 'F') return {'A', 6};
  if (c >= 'G' && c <= 'Z') return {'G', 20};
  return {c, 1};
}

}  // namespace

LogLines::LogLines(const RuleSet& rules, LogMix mix, std::uint64_t seed)
    : mix_(mix), random_(seed) {
  for (const CorpusRecord& record : make_corpus(rules, {.seed = seed})) {
    if (!is_one_line(record.text)) continue;
    if (record.is_negative()) {
      negatives_.push_back({record.text + "\n", {}});
    } else {
      secrets_.push_back(secret_line(
          record.text, record.is_personal ? std::vector<std::string>() : record.secrets));
    }
  }
  for (std::size_t i = 0; i < kAccessPool; ++i) accesses_.push_back(access_line(random_));
}

LogLines::Line LogLines::secret_line(const std::string& text,
                                     const std::vector<std::string>& secrets) {
  Line line{text + "\n", {}};
  for (const std::string& secret : secrets) {
    if (secret.size() < kMinRedrawn) continue;
    const std::size_t end = text.find(secret) + secret.size();
    for (std::size_t at = end - kRedrawnTail; at < end; ++at) {
      line.places.push_back(static_cast<std::uint32_t>(at));
    }
  }
  return line;
}

LogLines::Line LogLines::access_line(Random& random) {
  Line line{render(pick(random, kAccessPatterns), {{"note"}, ""}, random).text + "\n", {}};
  for (std::size_t at = line.text.size() / 4; at < line.text.size(); ++at) {
    const bool is_number_end = is_digit(line.text[at - 1]) && is_digit(line.text[at]) &&
                               !is_digit(line.text[at + 1 < line.text.size() ? at + 1 : at]);
    if (is_number_end) line.places.push_back(static_cast<std::uint32_t>(at));
  }
  return line;
}

void LogLines::append(std::string& out, std::size_t size) {
  while (out.size() < size) append_line(next_line(), out);
}

const LogLines::Line& LogLines::next_line() {
  const std::size_t percent = below(random_, 100);
  if (percent < mix_.secrets) return pick(random_, secrets_);
  return percent < mix_.secrets + mix_.negatives ? pick(random_, negatives_)
                                                 : pick(random_, accesses_);
}

void LogLines::append_line(const Line& line, std::string& out) {
  constexpr unsigned kBitsPerPlace = 8;
  const std::size_t begin = out.size();
  out += line.text;
  std::uint64_t bits = 0;
  unsigned bits_left = 0;
  for (const std::uint32_t place : line.places) {
    if (bits_left == 0) bits = random_(), bits_left = 64;
    const auto [first, count] = kind_of(line.text[place]);
    out[begin + place] = static_cast<char>(first + ((bits & 255) * count >> kBitsPerPlace));
    bits >>= kBitsPerPlace, bits_left -= kBitsPerPlace;
  }
}

}  // namespace scopetrace::testing
