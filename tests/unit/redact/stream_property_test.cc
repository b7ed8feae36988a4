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

std::string repeat_line(std::string_view line, std::size_t count) {
  std::string text;
  while (count-- > 0) text += line;
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

// A key as long as `body` says, in lines of 64 characters.
std::string draw_key(Random& random, std::size_t body) {
  const std::string label = std::string("RSA ") + "PRIVATE KEY-----\n";
  std::string text = "-----BEGIN " + label;
  const Shape line = *Shape::parse("[base64]{64}");
  while (body >= 64) text += line.generate(random) + "\n", body -= 64;
  return text + "-----END " + label;
}

// A system call as a tracer prints it, of a form whose line ends are real or escaped.
std::string draw_form_call(Random& random, std::string_view line_end) {
  std::string text = "write(5, \"Content-Disposition: form-data; name=\\\"password\\\"";
  text.append(line_end).append(line_end) += make_secret(12, random());
  if (below(random, 2) == 0) text.append(line_end) += "--boundary";
  return text + "\"..., 512) = 512\n";
}

// Records with what makes streams hold back between them: long runs, long lines, keys, forms.
std::string draw_mixture(Random& random) {
  std::string text;
  while (text.size() < 60'000) {
    text += pick(random, corpus()).text;
    if (below(random, 3) > 0) text += below(random, 2) == 0 ? "\n" : " ";
    switch (below(random, 24)) {
      case 0:
        text += std::string(7'900 + below(random, 600), 'x');
        break;
      case 1:
        text += draw_key(random, below(random, 40'000));
        break;
      case 2:
        text += draw_form_call(random, below(random, 2) == 0 ? "\\r\\n" : "\r\n");
        break;
      case 3:
        for (std::size_t i = below(random, 400); i > 0; --i) text += "status=200 took=31 ";
        break;
      default:
        break;
    }
  }
  return text;
}

TEST_P(StreamPropertyTest, OutputIsTheSameForPiecesOfLongRunsAndKeys) {
  Random random(4000 + GetParam());
  const std::string text = draw_mixture(random);
  const std::string whole = redact_whole(text);
  for (const std::size_t size : {700U, 8'200U, 30'000U})
    EXPECT_EQ(redact_pieces(text, [&] { return 1 + below(random, size); }), whole) << size;
}

TEST(StreamKeyTest, OutputIsTheSameForKeysOfAnyLength) {
  Random random(6);
  for (const std::size_t body : {3'000U, 8'000U, 8'300U, 16'000U, 25'000U, 60'000U}) {
    const std::string key = draw_key(random, body);
    const std::string text = "loaded\n" + key + "done\n";
    const std::string whole = redact_whole(text);
    EXPECT_EQ(redact_pieces(text, [] { return std::size_t{100}; }), whole) << body;
    EXPECT_EQ(redact_pieces(text, [] { return std::size_t{9'000}; }), whole) << body;
    EXPECT_FALSE(contains(whole, key.substr(body / 2, 60))) << body;
    EXPECT_TRUE(whole.ends_with("done\n")) << body;
  }
}

// What stands on one line as escapes does not reach into the next lines.
TEST(StreamFormTest, PartOfATracedCallEndsWithItsLine) {
  Random random(7);
  const std::string call = draw_form_call(random, "\\r\\n");
  const std::string rest = repeat_line("openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY) = 3\n", 300);
  const std::string whole = redact_whole(call + rest);
  EXPECT_TRUE(whole.ends_with(rest)) << whole.substr(0, 400);
  EXPECT_FALSE(contains(whole, "a7"));
  EXPECT_EQ(redact_bytes(call + rest), whole);
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
