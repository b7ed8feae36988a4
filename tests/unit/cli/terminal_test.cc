// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace scopetrace {
namespace {

struct EscapeRow {
  const char* name;
  std::string text;
  std::string shown;
};

class EscapeForTerminalTest : public testing::TestWithParam<EscapeRow> {};

TEST_P(EscapeForTerminalTest, LeavesNothingToObey) {
  EXPECT_EQ(escape_for_terminal(GetParam().text), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Strings, EscapeForTerminalTest,
    testing::Values(EscapeRow{"PlainText", "a b/c?d=1", "a b/c?d=1"},
                    EscapeRow{"OtherScripts", "Zürich 東京 😀", "Zürich 東京 😀"},
                    EscapeRow{"EscapeSequence", "\x1b[2Jx", "\\x1b[2Jx"},
                    EscapeRow{"LineEnds", "a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
                    EscapeRow{"Nul", std::string("a\0b", 3), "a\\x00b"},
                    EscapeRow{"Delete", "a\x7f", "a\\x7f"},
                    EscapeRow{"EightBitControl", "\xc2\x9b", "\\xc2\\x9b"},
                    EscapeRow{"DirectionOverride",
                              "a\xe2\x80\xae"
                              "b",
                              "a\\xe2\\x80\\xaeb"},
                    EscapeRow{"DirectionIsolate", "\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
                    EscapeRow{"ZeroWidthSpace", "\xe2\x80\x8b", "\\xe2\\x80\\x8b"},
                    EscapeRow{"TagCharacter", "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"},
                    EscapeRow{"LoneContinuation", "\x80z", "\\x80z"},
                    EscapeRow{"CutSequence", "\xe2\x82", "\\xe2\\x82"},
                    EscapeRow{"OverlongSlash", "\xc0\xaf", "\\xc0\\xaf"},
                    EscapeRow{"Surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"}),
    [](const auto& row) { return row.param.name; });

// Puts one variable of the environment back at the end.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    was_set_ = before != nullptr;
    if (was_set_) before_ = before;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~ScopedVariable() { was_set_ ? ::setenv(name_, before_.c_str(), 1) : ::unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  bool was_set_ = false;
  std::string before_;
};

TEST(MayUseColourTest, NeedsATerminalThatIsNotDumb) {
  const ScopedVariable no_colour("NO_COLOR", nullptr);
  const ScopedVariable term("TERM", "xterm");
  EXPECT_TRUE(may_use_colour(true));
  EXPECT_FALSE(may_use_colour(false));

  const ScopedVariable dumb("TERM", "dumb");
  EXPECT_FALSE(may_use_colour(true));
}

TEST(MayUseColourTest, ObeysNoColor) {
  const ScopedVariable term("TERM", "xterm");
  const ScopedVariable no_colour("NO_COLOR", "1");
  EXPECT_FALSE(may_use_colour(true));
}

TEST(EscapeJsonForTerminalTest, KeepsWhatItMeans) {
  EXPECT_EQ(escape_json_for_terminal("{\"a\":\"b\\n\"}\n"), "{\"a\":\"b\\n\"}\n");
  EXPECT_EQ(escape_json_for_terminal("Z\xc3\xbcrich \xf0\x9f\x98\x80"),
            "Z\\u00fcrich \\ud83d\\ude00");
}

TEST(EscapeJsonForTerminalTest, LeavesNothingToObey) {
  EXPECT_EQ(escape_json_for_terminal("\x1b[2J\r\x7f\xc2\x9b"), "\\u001b[2J\\u000d\\u007f\\u009b");
  EXPECT_EQ(escape_json_for_terminal("a\nb\x9b"), "a\\u000ab\\ufffd");
}

}  // namespace
}  // namespace scopetrace
