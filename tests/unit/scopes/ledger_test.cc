// SPDX-License-Identifier: Apache-2.0
#include "scopes/ledger.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "scopes/target.h"
#include "scopes/uses.h"
#include "tests/unit/scopes/approval_builder.h"
#include "tests/unit/scopes/scratch.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    Ledger ledger = Ledger::open(scratch_.path(), "a", key_).value();
    for (const char* event : {"request", "attach", "detach"}) {
      ASSERT_TRUE(ledger.append({event, {{"approval", "1"}}}));
    }
  }
  ScratchFolder scratch_;
  SigningKey key_ = SigningKey::generate();
};

TEST_F(LedgerTest, VerifiesItsOwnEntries) {
  const auto head = verify_ledger(scratch_.path(), key_.public_key());

  ASSERT_TRUE(head) << head.error().message();
  EXPECT_EQ(head->count, 3U);
}

TEST_F(LedgerTest, FindsEveryEditedByte) {
  const std::string good = scratch_.read("entries.jsonl");

  std::size_t accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string edited = good;
    edited[at] = static_cast<char>(edited[at] ^ 1);
    scratch_.write("entries.jsonl", edited);
    if (verify_ledger(scratch_.path(), key_.public_key())) ++accepted;
  }

  EXPECT_EQ(accepted, 0U);
}

TEST_F(LedgerTest, FindsRemovedLastLine) {
  const std::string good = scratch_.read("entries.jsonl");
  scratch_.write("entries.jsonl", good.substr(0, good.rfind('\n', good.size() - 2) + 1));

  EXPECT_FALSE(verify_ledger(scratch_.path(), key_.public_key()));
  EXPECT_FALSE(Ledger::open(scratch_.path(), "a", key_)) << "a shortened ledger is not continued";
}

TEST_F(LedgerTest, TakesBackALineThatDoesNotFit) {
  Ledger ledger = Ledger::open(scratch_.path(), "a", key_).value();
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = scratch_.read("entries.jsonl").size() + 10;
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const bool is_added = ledger.append({"attach", {}}).has_value();
  ::setrlimit(RLIMIT_FSIZE, &before);

  EXPECT_FALSE(is_added);
  EXPECT_TRUE(ledger.append({"detach", {}}));
  EXPECT_EQ(verify_ledger(scratch_.path(), key_.public_key())->count, 4U);
}

void add_bytes(const std::string& folder, std::string_view bytes) {
  const UniqueFd fd = open_file(folder + "/entries.jsonl", O_WRONLY | O_APPEND).value();
  ASSERT_TRUE(write_all(fd.get(), as_bytes(bytes)));
}

TEST_F(LedgerTest, GoesOnAfterACrashWithinALine) {
  for (const std::string_view torn : {std::string_view("{"), std::string_view("{\"n\":3,\"prev"),
                                      std::string_view("\0\0\0", 3)}) {
    add_bytes(scratch_.path(), torn);
    auto ledger = Ledger::open(scratch_.path(), "a", key_);
    ASSERT_TRUE(ledger) << ledger.error().message();
    ASSERT_TRUE(ledger->append({"request", {}}));
  }

  const auto head = verify_ledger(scratch_.path(), key_.public_key());
  ASSERT_TRUE(head) << head.error().message();
  EXPECT_EQ(head->count, 6U);
}

// Who cuts into an entry that was acknowledged must not have the rest swept away as a crash.
TEST_F(LedgerTest, KeepsAnEntryThatWasCutAsEvidence) {
  const std::string path = scratch_.path() + "/entries.jsonl";
  const std::string whole = read_file(path, 1 << 20).value();
  const std::string cut = whole.substr(0, whole.size() - 1);
  ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(cut.size())), 0);

  const auto ledger = Ledger::open(scratch_.path(), "a", key_);

  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code(), ErrorCode::kTampered);
  EXPECT_EQ(read_file(path, 1 << 20).value(), cut);
}

TEST_F(LedgerTest, FindsOtherKey) {
  EXPECT_FALSE(verify_ledger(scratch_.path(), SigningKey::generate().public_key()));
}

ApprovalText used_approval(std::uint64_t uses) {
  const TestPeople people;
  Approval approval = test_approval(people);
  approval.uses = uses;
  return parse_approval_body(format_approval(approval).value()).value();
}

// All that the approval has.
UseBudget whole(const ApprovalText& document) {
  return {document.approval.max_seconds, document.approval.max_bytes};
}

TEST(UsesTest, GrantsNoMoreThanIsWanted) {
  const ScratchFolder scratch;
  const ApprovalText document = used_approval(2);

  const auto first = consume_use(scratch.path(), document, {30, 4096});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->seconds, 30U);
  EXPECT_EQ(first->bytes, 4096U);

  // Not settled, as after a crash: only what was granted counts.
  const auto left = remaining_budget(scratch.path(), document);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->seconds, document.approval.max_seconds - 30);
  EXPECT_EQ(left->bytes, document.approval.max_bytes - 4096);
}

TEST(UsesTest, ConsumesEachUseOnce) {
  const ScratchFolder scratch;
  const ApprovalText document = used_approval(2);

  const auto first = consume_use(scratch.path(), document, whole(document));
  ASSERT_TRUE(first);
  ASSERT_TRUE(settle_use(scratch.path(), document.approval, *first, 100, 1000));
  const auto second = consume_use(scratch.path(), document, whole(document));
  const auto third = consume_use(scratch.path(), document, whole(document));

  ASSERT_TRUE(second);
  EXPECT_EQ(second->seconds, document.approval.max_seconds - 100);
  EXPECT_EQ(second->bytes, document.approval.max_bytes - 1000);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), ErrorCode::kRefused);
  EXPECT_EQ(count_uses(scratch.path(), document.approval).value(), 2U);
}

TEST(UsesTest, GivesAUseBackForWhichNothingWasNoted) {
  const ScratchFolder scratch;
  const ApprovalText document = used_approval(1);
  const auto grant = consume_use(scratch.path(), document, whole(document));
  ASSERT_TRUE(grant);

  EXPECT_TRUE(release_use(scratch.path(), document.approval, *grant));

  EXPECT_EQ(*count_uses(scratch.path(), document.approval), 0U);
  EXPECT_TRUE(consume_use(scratch.path(), document, whole(document)));
}

TEST(UsesTest, CountsAnUnsettledUseInFull) {
  const ScratchFolder scratch;
  const ApprovalText document = used_approval(2);
  ASSERT_TRUE(consume_use(scratch.path(), document, whole(document)));

  const auto second = consume_use(scratch.path(), document, whole(document));

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kRefused);
}

// A use whose file was removed would be granted anew.
TEST(UsesTest, AreNoFewerThanTheLedgerKnows) {
  const ScratchFolder scratch;
  const SigningKey key = SigningKey::generate();
  const ApprovalText document = used_approval(3);
  const std::string& id = document.approval.id;
  Ledger ledger = Ledger::open(scratch.path(), "a", key).value();
  ASSERT_TRUE(ledger.append({"attach", {{"approval", id}}}));
  ASSERT_TRUE(ledger.append({"detach", {{"approval", id}}}));
  ASSERT_TRUE(ledger.append({"attach", {{"approval", "another"}}}));
  ASSERT_TRUE(ledger.append({"attach", {{"approval", id}}}));

  EXPECT_TRUE(check_uses(scratch.path(), document.approval, 2));
  EXPECT_TRUE(check_uses(scratch.path(), document.approval, 3));  // one ended before its entry
  const Status gone = check_uses(scratch.path(), document.approval, 1);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), ErrorCode::kRefused);
}

struct CommandCase {
  const char* name;
  std::vector<std::string> arguments;
  const char* shown;
};
class CommandLineTest : public testing::TestWithParam<CommandCase> {};

TEST_P(CommandLineTest, IsMasked) {
  EXPECT_EQ(redact_command_line(GetParam().arguments), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, CommandLineTest,
    testing::Values(
        CommandCase{"Words",
                    {"python3", "-m", "payments.worker", "--queue", "default"},
                    "python3 -m payments.worker --queue default"},
        CommandCase{"AfterEquals", {"app", "--db=x"}, "app --db=[masked]"},
        CommandCase{"AfterPassword", {"app", "--password", "hunter"}, "app --password [masked]"},
        CommandCase{"ShortPassword", {"mysql", "-phunter"}, "mysql -p[masked]"},
        CommandCase{"TokenLike", {"app", "abcdefgh12345678"}, "app [masked]"},
        CommandCase{"Address", {"curl", "https://u:p@host/"}, "curl [masked]"},
        CommandCase{"LineFeed", {"app", "a\nb"}, "app [masked]"}),
    [](const auto& test) { return test.param.name; });

TEST(ProcessFactsTest, DescribesThisProcess) {
  const auto facts = read_process(static_cast<std::uint32_t>(::getpid()));

  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->uid, ::getuid());
  EXPECT_GT(facts->start_ticks, 0U);
  EXPECT_FALSE(read_process(0x7fffffff));
}

}  // namespace
}  // namespace scopetrace
