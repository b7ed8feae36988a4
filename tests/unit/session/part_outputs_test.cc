// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/part_outputs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

namespace fs = std::filesystem;

class PartOutputsTest : public testing::Test {
 protected:
  PartOutputsTest() {
    std::string pattern = testing::TempDir() + "st-parts-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~PartOutputsTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  PartOutputs rotated(const std::vector<std::string>& recipients = {}) const {
    auto outputs = PartOutputs::create({path("a.jsonl.zst"), recipients, true});
    ST_CHECK(outputs.has_value());
    return std::move(*outputs);
  }
  static void write(const PartOutputs& outputs, const std::string& text) {
    ASSERT_TRUE(write_all(outputs.write_fd(), as_bytes(text)));
  }
  // A program `age` of the test's own, found before any other.
  void put_age(const std::string& script) const {
    std::ofstream(path("age")) << "#!/bin/sh\n" << script;
    fs::permissions(path("age"), fs::perms::owner_all);
    ::setenv("PATH", (folder_ + ":" + kPath).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", kPath.c_str(), 1); }

  const std::string kPath = ::getenv("PATH");
  std::string folder_;
};

// What age does, as far as its caller can tell.
constexpr const char* kGoodAge = "echo age-encryption.org/v1; exec tr a-z A-Z\n";

TEST_F(PartOutputsTest, OneFileHasNoNumber) {
  auto outputs = PartOutputs::create({path("a.jsonl.zst"), {}, false});
  ASSERT_TRUE(outputs);

  ASSERT_TRUE(outputs->seal_next());

  EXPECT_EQ(outputs->paths(), std::vector<std::string>{path("a.jsonl.zst")});
}

TEST_F(PartOutputsTest, NumbersTheFilesOfParts) {
  PartOutputs outputs = rotated();
  ASSERT_TRUE(outputs.add());
  ASSERT_TRUE(outputs.seal_next());

  EXPECT_EQ(outputs.paths(), (std::vector<std::string>{path("a.0001.jsonl.zst"),
                                                       path("a.0002.jsonl.zst.incomplete")}));
  EXPECT_TRUE(fs::exists(path("a.0001.jsonl.zst")));
  EXPECT_TRUE(fs::exists(path("a.0002.jsonl.zst.incomplete")));
  ASSERT_TRUE(outputs.seal_next());
  EXPECT_FALSE(outputs.has_open());
}

// retain and show tell by the lock whether somebody writes to a bundle.
TEST_F(PartOutputsTest, LocksAPartUntilItIsSealed) {
  PartOutputs outputs = rotated();
  const UniqueFd first(::open(path("a.0001.jsonl.zst.incomplete").c_str(), O_RDONLY));
  ASSERT_TRUE(outputs.add());
  const UniqueFd second(::open(path("a.0002.jsonl.zst.incomplete").c_str(), O_RDONLY));
  ASSERT_NE(::flock(first.get(), LOCK_SH | LOCK_NB), 0);

  ASSERT_TRUE(outputs.seal_next());

  EXPECT_EQ(::flock(first.get(), LOCK_SH | LOCK_NB), 0);
  EXPECT_NE(::flock(second.get(), LOCK_SH | LOCK_NB), 0);
}

TEST_F(PartOutputsTest, RemovesPartsThatNeverBegan) {
  PartOutputs outputs = rotated();
  write(outputs, "x");
  ASSERT_TRUE(outputs.add());

  outputs.remove_unbegun(1);

  EXPECT_EQ(outputs.paths(), std::vector<std::string>{path("a.0001.jsonl.zst.incomplete")});
  EXPECT_FALSE(fs::exists(path("a.0002.jsonl.zst.incomplete")));
}

TEST_F(PartOutputsTest, NeverTakesTheNameOfAPartThatIsThere) {
  PartOutputs outputs = rotated();
  std::ofstream(path("a.0002.jsonl.zst")) << "somebody else's";

  const Status added = outputs.add();

  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code(), ErrorCode::kExists);
  EXPECT_EQ(outputs.paths().size(), 1U);
}

TEST_F(PartOutputsTest, APartWhoseNameWasTakenKeepsItsIncompleteOne) {
  PartOutputs outputs = rotated();
  ASSERT_TRUE(outputs.add());
  std::ofstream(path("a.0001.jsonl.zst")) << "somebody else's";

  EXPECT_FALSE(outputs.seal_next());

  EXPECT_EQ(outputs.paths()[0], path("a.0001.jsonl.zst.incomplete"));
  ASSERT_TRUE(outputs.seal_next());
  EXPECT_EQ(outputs.paths()[1], path("a.0002.jsonl.zst"));
}

TEST_F(PartOutputsTest, EncryptsEachPartByItself) {
  put_age(kGoodAge);
  PartOutputs outputs = rotated({"age1"});
  write(outputs, "one");
  outputs.hand_over();
  ASSERT_TRUE(outputs.add());
  ASSERT_TRUE(outputs.seal_next());
  write(outputs, "two");
  outputs.hand_over();
  ASSERT_TRUE(outputs.seal_next());

  EXPECT_EQ(read_file(path("a.0001.jsonl.zst"), 100).value(), "age-encryption.org/v1\nONE");
  EXPECT_EQ(read_file(path("a.0002.jsonl.zst"), 100).value(), "age-encryption.org/v1\nTWO");
}

TEST_F(PartOutputsTest, APartThatWasNotEncryptedWholeKeepsItsIncompleteName) {
  put_age(
      "echo age-encryption.org/v1; cat >/dev/null; [ ! -e $0.fail ] || { echo full >&2; exit 1; }");
  PartOutputs outputs = rotated({"age1"});
  std::ofstream(path("age.fail")) << "";
  outputs.hand_over();

  const Status sealed = outputs.seal_next();

  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().message(), "encryption failed: age: full");
  EXPECT_EQ(outputs.paths()[0], path("a.0001.jsonl.zst.incomplete"));
}

TEST_F(PartOutputsTest, LeavesNothingOfAPartThatCannotBeEncrypted) {
  put_age(kGoodAge);
  PartOutputs outputs = rotated({"age1"});
  put_age("exit 1");

  EXPECT_FALSE(outputs.add());

  EXPECT_EQ(outputs.paths(), std::vector<std::string>{path("a.0001.jsonl.zst.incomplete")});
  EXPECT_FALSE(fs::exists(path("a.0002.jsonl.zst.incomplete")));
}

}  // namespace
}  // namespace scopetrace
