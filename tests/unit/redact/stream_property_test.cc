// SPDX-License-Identifier: Apache-2.0
// What holds for every text, whatever is in it: the output does not depend on where it was cut, and
// redacting twice is redacting once. The texts come from the generated corpus and from noise.
#include <algorithm>

#include "tests/support/corpus/encode.h"
#include "tests/support/corpus/secret_corpus.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/text/redact_text.h"
#include "userspace/redact/text/stream_redactor.h"

namespace scopetrace {
namespace {

using testing::below;
using testing::CorpusRecord;
using testing::generate;
using testing::make_corpus;
using testing::pick;
using testing::Random;

constexpr std::size_t kDocuments = 8;
constexpr std::size_t kRecordsPerDocument = 6;

const std::vector<CorpusRecord>& corpus() {
  static const std::vector<CorpusRecord> records = make_corpus(standard_rules(), {.seed = 77});
  return records;
}

// One stream, in pieces whose sizes `next_size` says.
template <class NextSize>
std::string redact_pieces(std::string_view text, NextSize next_size) {
  static const std::unique_ptr<Detectors> detectors = *Detectors::make(standard_rules());
  TextScanner scanner(*detectors, test_key());
  StreamRedactor stream(scanner);
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), next_size());
    out += stream.push(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out + stream.finish();
}

std::string redact_whole(std::string_view text) {
  return redact_pieces(text, [&] { return text.size(); });
}

std::string redact_bytes(std::string_view text) {
  return redact_pieces(text, [] { return std::size_t{1}; });
}

std::string redact_cut(std::string_view text, std::size_t cut) {
  bool is_first = true;
  return redact_pieces(text,
                       [&] { return std::exchange(is_first, false) ? cut : text.size() - cut; });
}

// Some records of the corpus, one behind the other as in a file.
std::string draw_document(Random& random) {
  std::string text;
  for (std::size_t i = 0; i < kRecordsPerDocument; ++i) text += pick(random, corpus()).text + "\n";
  return text;
}

// Any bytes, with well-formed values between: what a binary protocol looks like.
std::string draw_binary(Random& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    const std::size_t run = below(random, 64);
    for (std::size_t i = 0; i < run; ++i) text += static_cast<char>(random() & 255);
    if (below(random, 8) == 0) text += pick(random, corpus()).text;
  }
  return text;
}

class StreamPropertyTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(StreamPropertyTest, OutputIsTheSameForEveryCut) {
  Random random(GetParam());
  const std::string text = draw_document(random);
  const std::string whole = redact_whole(text);

  std::vector<std::size_t> different;
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    if (redact_cut(text, cut) != whole) different.push_back(cut);
  }

  ASSERT_TRUE(different.empty()) << different.size() << " cuts, the first at " << different[0]
                                 << " of:\n"
                                 << text << "\n-> " << redact_cut(text, different[0]) << "\nnot "
                                 << whole;
}

TEST_P(StreamPropertyTest, OutputIsTheSameForSingleBytes) {
  Random random(1000 + GetParam());
  const std::string text = draw_document(random);
  EXPECT_EQ(redact_bytes(text), redact_whole(text));
}

TEST_P(StreamPropertyTest, OutputIsTheSameForPiecesOfBinary) {
  Random random(2000 + GetParam());
  const std::string text = draw_binary(random, 40'000);
  const std::string whole = redact_whole(text);
  EXPECT_EQ(redact_pieces(text, [&] { return 1 + below(random, 300); }), whole);
  EXPECT_EQ(redact_pieces(text, [&] { return 1 + below(random, 20'000); }), whole);
}

TEST_P(StreamPropertyTest, RedactingTwiceIsRedactingOnce) {
  Random random(3000 + GetParam());
  const std::string once = redact_whole(draw_document(random) + draw_document(random));
  EXPECT_EQ(redact_whole(once), once);
}

INSTANTIATE_TEST_SUITE_P(Documents, StreamPropertyTest,
                         ::testing::Range(std::size_t{1}, kDocuments + 1));

TEST(ScrubPropertyTest, RedactingARecordTwiceIsRedactingItOnce) {
  const auto scrubber = *TextScrubber::make(standard_rules(), test_key());
  std::map<std::string, std::string> different;  // by context: the first example
  for (const CorpusRecord& record : corpus()) {
    const std::string once = scrubber->redact_text(record.text);
    const std::string twice = scrubber->redact_text(once);
    if (twice != once) different.try_emplace(record.context, once + "\n  -> " + twice);
  }
  std::string examples;
  for (const auto& [context, example] : different) examples += context + ": " + example + "\n";
  EXPECT_TRUE(different.empty()) << different.size() << " contexts\n" << examples.substr(0, 4000);
}

TEST(ScrubPropertyTest, RedactsBetweenAnyBytes) {
  Random random(5);
  for (const ShapeRule& rule : standard_rules().shapes()) {
    const std::string secret = rule.shape.generate(random);
    const std::string text = std::string("\x00\xff\x80", 3) + secret + std::string("\x00\xc3", 2);
    EXPECT_FALSE(contains(redact_whole(text), secret)) << rule.class_name;
  }
}

}  // namespace
}  // namespace scopetrace
