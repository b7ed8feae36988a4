// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/support/go_image.h"

namespace scopetrace {
namespace {

using ::testing::ElementsAre;
using testing::go_function_code;

TEST(GoCodeTest, TellsEntryAndEveryReturn) {
  const std::string code = go_function_code();

  const auto read = read_go_code(as_bytes(code));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->entry, 4U);
  EXPECT_THAT(read->returns, ElementsAre(34U, 41U));
  EXPECT_TRUE(read->is_homed);
}

TEST(GoCodeTest, KnowsTheCheckOfLargeFrames) {
  const std::string code =
      "\x4c\x8d\x64\x24\x98"   // lea r12, [rsp-104]
      "\x4d\x3b\x66\x10"       // cmp r12, [r14+16]
      "\x76\xf5\xc3\xcc\xcc";  // jbe: itself; ret; padding

  const auto read = read_go_code(as_bytes(code));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->entry, 9U);
  EXPECT_FALSE(read->is_homed);
}

struct ChangeCase {
  const char* name;
  std::size_t at;
  std::string bytes;
};
void PrintTo(const ChangeCase& row, std::ostream* out) { *out << row.name; }

std::string changed(const ChangeCase& change) {
  std::string code = go_function_code();
  return code.replace(change.at, change.bytes.size(), change.bytes);
}

class GoNotHomedTest : public ::testing::TestWithParam<ChangeCase> {};

TEST_P(GoNotHomedTest, ProvesNoHomes) {
  const std::string code = changed(GetParam());

  const auto read = read_go_code(as_bytes(code));

  ASSERT_TRUE(read);
  EXPECT_FALSE(read->is_homed);
}

// At 14 and 19 the arguments are stored; at 24 is a test, at 35 a nop.
INSTANTIATE_TEST_SUITE_P(
    Code, GoNotHomedTest,
    ::testing::Values(ChangeCase{"FirstElsewhere", 18, "\x18"},
                      ChangeCase{"SecondElsewhere", 23, "\x30"},
                      ChangeCase{"OtherRegister", 16, "\x4c"},
                      ChangeCase{"StoredTwice", 19, "\x48\x89\x44\x24\x20"},
                      ChangeCase{"ArgumentChangedBefore", 7, "\x48\x89\xe0"},  // mov rax, rsp
                      ChangeCase{"Branch", 14, "\x74\x01\x90\x90\x90"},
                      ChangeCase{"AddressTaken", 24, "\x48\x8d\x44\x24\x20"},  // lea rax, [rsp+32]
                      ChangeCase{"WrittenOver", 30, "\x89\x5c\x24\x20"}),      // mov [rsp+32], ebx
    [](const auto& test) { return test.param.name; });

class GoRefusedCodeTest : public ::testing::TestWithParam<ChangeCase> {};

TEST_P(GoRefusedCodeTest, TakesNothing) {
  const std::string code = changed(GetParam());

  EXPECT_FALSE(read_go_code(as_bytes(code)));
}

INSTANTIATE_TEST_SUITE_P(Code, GoRefusedCodeTest,
                         ::testing::Values(ChangeCase{"OtherStackGuard", 3, "\x18"},
                                           ChangeCase{"OtherGoroutineRegister", 0, "\x48"},
                                           ChangeCase{"OtherCondition", 4, "\x74"},
                                           ChangeCase{"JumpBehindItsEnd", 28, "\x7f"},
                                           ChangeCase{"JumpBeforeItsStart", 58, "\x80"},
                                           ChangeCase{"NoCode", 24,
                                                      "\x06"}),  // no instruction in 64-bit mode
                         [](const auto& test) { return test.param.name; });

TEST(GoCodeTest, TakesNothingTruncatedOrTooLong) {
  const std::string code = go_function_code();
  std::string padded = code + std::string(kMaxGoCodeBytes, '\x90');

  // What a return follows may end at any instruction; the jump of the stack check must stay inside.
  for (std::size_t size = 0; size <= 41; ++size) {
    EXPECT_FALSE(read_go_code(as_bytes(code).first(size))) << size;
  }
  EXPECT_FALSE(read_go_code(as_bytes(padded)));
}

}  // namespace
}  // namespace scopetrace
