// SPDX-License-Identifier: Apache-2.0
// DNS messages, and what becomes of questions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/dns_builder.h"
#include "tests/support/event_builder.h"
#include "userspace/protocol/dns_lookups.h"

namespace scopetrace {
namespace {

using testing::dns_name;
using testing::dns_short;
using testing::DnsBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kDnsA;
using testing::kDnsAaaa;
using testing::kDnsCname;
using testing::kDnsTxt;
using ::testing::SizeIs;

constexpr std::string_view kAddress("\x7f\0\0\1", 4);

std::optional<DnsMessage> parse(const std::string& text) { return parse_dns(as_bytes(text)); }

TEST(DnsMessageTest, ReadsAQuestion) {
  const auto message = parse(DnsBuilder(0x1234, "API.Example", kDnsAaaa).query());

  ASSERT_TRUE(message.has_value());
  EXPECT_FALSE(message->is_answer);
  EXPECT_EQ(message->question, "API.Example");
  EXPECT_EQ(message->type, "AAAA");
}

TEST(DnsMessageTest, ReadsAnswers) {
  const std::string six = std::string(15, '\0') + '\1';
  const auto message = parse(DnsBuilder(1, "api.example", kDnsA)
                                 .answer("api.example", kDnsCname, dns_name("cdn.example"), 300)
                                 .answer("cdn.example", kDnsA, kAddress)
                                 .answer("cdn.example", kDnsAaaa, six)
                                 .answer("cdn.example", kDnsTxt, "\5hello")
                                 .rcode(3)
                                 .reply());

  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(message->is_answer);
  EXPECT_EQ(dns_rcode_name(message->rcode), "nxdomain");
  ASSERT_THAT(message->answers, SizeIs(4));
  EXPECT_EQ(message->answers[0].value, "cdn.example");
  EXPECT_EQ(message->answers[0].ttl_seconds, 300U);
  EXPECT_EQ(message->answers[1].value, "127.0.0.1");
  EXPECT_EQ(message->answers[2].value, "::1");
  EXPECT_EQ(message->answers[3].type, "TXT");
  EXPECT_EQ(message->answers[3].value, "");  // it may be anything, a secret too
}

TEST(DnsMessageTest, FollowsCompressedNames) {
  std::string text = DnsBuilder(1, "api.example", kDnsA).answer("", kDnsA, kAddress).reply();
  const std::size_t root = text.size() - 15;  // name, type, class, ttl, length, address
  text.replace(root, 1, "\xc0\x0c");          // where the question's name stands

  const auto message = parse(text);

  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->answers[0].name, "api.example");
}

TEST(DnsMessageTest, RefusesNamesThatLoop) {
  std::string text = DnsBuilder(1, "api.example", kDnsA).answer("", kDnsA, kAddress).reply();
  const std::size_t root = text.size() - 15;
  const std::string itself = {'\xc0', static_cast<char>(root)};
  text.replace(root, 1, itself);

  EXPECT_FALSE(parse(text).has_value());
}

TEST(DnsMessageTest, RefusesEveryTruncation) {
  const std::string text =
      DnsBuilder(1, "api.example", kDnsA).answer("api.example", kDnsA, kAddress).reply();
  ASSERT_TRUE(parse(text).has_value());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(parse(text.substr(0, size)).has_value()) << size;
}

TEST(DnsMessageTest, EscapesWhatIsNoHostName) {
  const auto message = parse(DnsBuilder(1, "a\x01\" b.example", kDnsA).query());

  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->question, "a\\001\\\"\\032b.example");
}

struct NoDnsCase {
  const char* name;
  std::string text;
};
void PrintTo(const NoDnsCase& row, std::ostream* out) { *out << row.name; }
class NoDnsTest : public ::testing::TestWithParam<NoDnsCase> {};

TEST_P(NoDnsTest, IsRefused) { EXPECT_FALSE(parse(GetParam().text).has_value()); }

std::string changed(std::size_t at, char byte) {
  std::string text = DnsBuilder(1, "a", kDnsA).answer("a", kDnsA, kAddress).reply();
  text[at] = byte;
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Messages, NoDnsTest,
    ::testing::Values(NoDnsCase{"Text", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
                      NoDnsCase{"Update", changed(2, '\x28')},
                      NoDnsCase{"TwoQuestions", changed(5, '\2')},
                      NoDnsCase{"MoreAnswersThanThere", changed(7, '\2')},
                      NoDnsCase{"OtherClass", changed(18, '\3')},
                      NoDnsCase{"AddressOfThreeBytes",
                                DnsBuilder(1, "a", kDnsA).answer("a", kDnsA, "abc").reply()}),
    [](const auto& row) { return std::string(row.param.name); });

// Datagrams between port 40000 and its server.
class DnsLookupsTest : public ::testing::Test {
 protected:
  std::vector<DnsLookup> ask(const std::string& text, std::uint64_t time_ns = 1'000'000) {
    return push(make_dns(ST_EGRESS, text), text, time_ns);
  }
  std::vector<DnsLookup> answer(const std::string& text, std::uint64_t time_ns = 3'000'000) {
    return push(make_dns(ST_INGRESS, text), text, time_ns);
  }
  std::vector<DnsLookup> push(st_dns_event record, const std::string& text,
                              std::uint64_t time_ns = 3'000'000) {
    record.header.time_ns = time_ns;
    return lookups_.push({record, as_bytes(text)});
  }

  DnsBuilder message_{7, "api.example", kDnsA};
  DnsLookups lookups_;
};

TEST_F(DnsLookupsTest, PutsAnswerAndQuestionTogether) {
  EXPECT_THAT(ask(message_.query()), IsEmpty());
  const auto ended = answer(message_.answer("api.example", kDnsA, kAddress).reply());

  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].outcome, DnsOutcome::kAnswered);
  EXPECT_EQ(ended[0].question, "api.example");
  EXPECT_EQ(ended[0].answers[0].value, "127.0.0.1");
  EXPECT_EQ(ended[0].duration_ns, 2'000'000U);
  EXPECT_EQ(ended[0].origin.time_ns, 1'000'000U);
  EXPECT_THAT(lookups_.finish(), IsEmpty());
}

TEST_F(DnsLookupsTest, TakesTheFirstAnswerOnly) {
  ask(message_.query());
  ASSERT_THAT(answer(message_.reply()), SizeIs(1));
  EXPECT_THAT(answer(message_.answer("api.example", kDnsA, kAddress).reply()), IsEmpty());
}

TEST_F(DnsLookupsTest, BelievesNoAnswerThatNobodyAskedFor) {
  EXPECT_THAT(answer(message_.reply()), IsEmpty());
  ask(message_.query());
  EXPECT_THAT(answer(DnsBuilder(8, "api.example", kDnsA).reply()), IsEmpty());
  EXPECT_THAT(answer(DnsBuilder(7, "b.example", kDnsA).reply()), IsEmpty());
  EXPECT_THAT(answer(DnsBuilder(7, "api.example", kDnsAaaa).reply()), IsEmpty());
  EXPECT_THAT(answer(message_.query()), IsEmpty());
  st_dns_event other_port = make_dns(ST_INGRESS, message_.reply());
  other_port.local_port = 40001;
  EXPECT_THAT(push(other_port, message_.reply()), IsEmpty());
  EXPECT_THAT(answer(message_.reply()), SizeIs(1));
}

TEST_F(DnsLookupsTest, ComparesNamesWithoutTheirCase) {
  ask(message_.query());

  EXPECT_THAT(answer(DnsBuilder(7, "API.example", kDnsA).reply()), SizeIs(1));
}

TEST_F(DnsLookupsTest, CountsAQuestionThatIsSentAgainOnce) {
  ask(message_.query(), 1'000'000);
  ask(message_.query(), 2'000'000);

  const auto ended = answer(message_.reply(), 5'000'000);

  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].duration_ns, 4'000'000U);
}

TEST_F(DnsLookupsTest, SaysThatAnAnswerIsCutOrUnreadable) {
  ask(message_.query());
  EXPECT_EQ(answer(DnsBuilder(7, "api.example", kDnsA).truncated().reply())[0].outcome,
            DnsOutcome::kTruncated);
  ask(message_.query());
  EXPECT_EQ(answer(message_.reply() + "more")[0].outcome, DnsOutcome::kUnreadable);
}

TEST_F(DnsLookupsTest, GivesAQuestionUpAfterAWhile) {
  ask(message_.query(), 1'000'000);

  EXPECT_THAT(lookups_.expire(1'000'000 + kDnsPatienceNs), IsEmpty());
  const auto ended = lookups_.expire(1'000'001 + kDnsPatienceNs);

  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].outcome, DnsOutcome::kTimeout);
  EXPECT_THAT(answer(message_.reply()), IsEmpty());
}

TEST_F(DnsLookupsTest, TellsWhatIsOpenAtTheEnd) {
  ask(message_.query());

  const auto ended = lookups_.finish();

  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].outcome, DnsOutcome::kOpen);
}

TEST_F(DnsLookupsTest, KeepsABoundedNumberOfQuestions) {
  std::size_t ended = 0;
  for (std::uint16_t id = 0; id < 2 * DnsLookups::kMaxOpen; ++id)
    ended += ask(DnsBuilder(id, "api.example", kDnsA).query()).size();

  EXPECT_EQ(ended, DnsLookups::kMaxOpen);
  EXPECT_THAT(lookups_.finish(), SizeIs(DnsLookups::kMaxOpen));
}

TEST_F(DnsLookupsTest, IgnoresWhatIsNoDns) {
  EXPECT_THAT(ask(""), IsEmpty());
  EXPECT_THAT(ask("x"), IsEmpty());
  EXPECT_THAT(ask("GET / HTTP/1.1\r\n\r\n"), IsEmpty());
  EXPECT_THAT(lookups_.finish(), IsEmpty());
}

}  // namespace
}  // namespace scopetrace
