// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/secret_text.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/base/memory_flags.h"

namespace scopetrace {
namespace {

TEST(SecretTextTest, GrowsAndDropsItsBegin) {
  SecretText text;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    text.append("ab" + std::to_string(i));
    expected += "ab" + std::to_string(i);
  }
  EXPECT_EQ(text.view(), expected);

  text.drop_begin(20000);
  EXPECT_EQ(text.view(), expected.substr(20000));
  text.drop_begin(expected.size());
  EXPECT_TRUE(text.empty());
}

TEST(SecretTextTest, WipesWhatIsDropped) {
  SecretText text;
  text.append("hunter22 rest");
  const char* memory = text.view().data();

  text.drop_begin(9);

  EXPECT_EQ(std::string(memory, 13), "rest" + std::string(9, '\0'));
}

TEST(SecretTextTest, StaysOutOfCoreDumpsAndSwap) {
  SecretText text;
  text.append(std::string(3 * 4096, 'x'));
  EXPECT_TRUE(is_secret_memory(text.view().data()));
}

TEST(SecretTextTest, HasNoMemoryWhenEmpty) {
  SecretText text;
  EXPECT_EQ(text.view().data(), nullptr);
  text.append("x");
  text.clear();
  EXPECT_EQ(text.view().data(), nullptr);
}

TEST(SecretTextTest, PassesItsMemoryOnWiped) {
  SecretText text;
  text.append("hunter22 and more");
  const char* memory = text.view().data();
  text.clear();

  SecretText next;
  next.append("x");

  EXPECT_EQ(next.view().data(), memory);
  EXPECT_EQ(std::string(memory, 17), "x" + std::string(16, '\0'));
  EXPECT_TRUE(is_secret_memory(memory));
}

TEST(SecretTextTest, WipesWhatItGrowsOutOf) {
  SecretText text;
  text.append("hunter22 and more");
  const char* memory = text.view().data();
  text.append(std::string(10 * 4096, 'x'));

  SecretText next;  // gets the smaller buffer
  next.append("y");

  EXPECT_EQ(next.view().data(), memory);
  EXPECT_EQ(std::string(memory, 17), "y" + std::string(16, '\0'));
}

TEST(SecretTextsTest, ViewsStayGood) {
  SecretTexts texts;
  const std::string large(200'000, 'y');
  const std::string_view first = texts.add("first"), second = texts.add(large);
  for (int i = 0; i < 10'000; ++i) texts.add("0123456789");

  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, large);
  EXPECT_TRUE(is_secret_memory(first.data()));
  EXPECT_TRUE(is_secret_memory(second.data()));
}

}  // namespace
}  // namespace scopetrace
