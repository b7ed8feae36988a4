// SPDX-License-Identifier: Apache-2.0
// What the built-in rules reach on the generated corpus, whose contexts no rule was written
// against: 99 % of secrets, 97 % of
// personal data, 0.5 % of false positives and 99.5 % of text to keep. recall_report shows what is
// missed.
#include "tests/support/corpus/score.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/text/redact_text.h"

namespace scopetrace {
namespace {

using testing::CorpusScore;
using testing::make_corpus;
using testing::score_corpus;

class RecallTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  static CorpusScore score() {
    const auto scrubber = *TextScrubber::make(standard_rules(), test_key());
    return score_corpus(make_corpus(standard_rules(), {.seed = GetParam()}),
                        [&](std::string_view text) { return scrubber->redact_text(text); });
  }
};

TEST_P(RecallTest, RedactsSecrets) { EXPECT_GE(score().secrets.percent(), 99.0); }
TEST_P(RecallTest, RedactsPersonalData) { EXPECT_GE(score().personal.percent(), 97.0); }
TEST_P(RecallTest, LeavesLookAlikesAlone) { EXPECT_LE(score().false_positives.percent(), 0.5); }
TEST_P(RecallTest, KeepsTheRest) { EXPECT_GE(score().keeps.percent(), 99.5); }

TEST_P(RecallTest, KeepsTheRestAroundSecrets) {
  EXPECT_GE(score().kept_of_positives.percent(), 99.5);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RecallTest, ::testing::Values(1, 2, 20261124));

}  // namespace
}  // namespace scopetrace
