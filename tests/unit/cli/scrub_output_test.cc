// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

class ScrubOutputTest : public testing::Test {
 protected:
  ScrubOutputTest() {
    char name[] = "/tmp/scopetrace-scrub-output-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/out";
  }
  ~ScrubOutputTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST_F(ScrubOutputTest, HasItsNameOnlyWhenWhole) {
  ScrubOutput output = *ScrubOutput::make(path_);
  ASSERT_TRUE(output.write("text"));
  EXPECT_FALSE(std::filesystem::exists(path_));

  ASSERT_TRUE(output.finish());

  EXPECT_EQ(*read_file(path_, 100), "text");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".incomplete"));
  EXPECT_EQ(output.written_bytes(), 4U);
}

TEST_F(ScrubOutputTest, IsForItsOwnerOnly) {
  ASSERT_TRUE(ScrubOutput::make(path_)->finish());
  struct stat info = {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(ScrubOutputTest, ReplacesNothing) {
  ASSERT_TRUE(write_file_atomically(path_, "old", 0600));

  EXPECT_EQ(ScrubOutput::make(path_).error().code(), ErrorCode::kExists);
  EXPECT_EQ(*read_file(path_, 100), "old");
}

TEST_F(ScrubOutputTest, ReplacesNothingThatCameMeanwhile) {
  ScrubOutput output = *ScrubOutput::make(path_);
  ASSERT_TRUE(write_file_atomically(path_, "other", 0600));

  EXPECT_EQ(output.finish().error().code(), ErrorCode::kExists);
  EXPECT_EQ(*read_file(path_, 100), "other");
}

TEST_F(ScrubOutputTest, RefusesTheUnfinishedFileOfAnEarlierRun) {
  ASSERT_TRUE(write_file_atomically(path_ + ".incomplete", "", 0600));
  EXPECT_EQ(ScrubOutput::make(path_).error().code(), ErrorCode::kExists);
}

TEST_F(ScrubOutputTest, KnowsItsOwnFile) {
  ScrubOutput output = *ScrubOutput::make(path_);
  const UniqueFd same = *open_file(path_ + ".incomplete", O_RDONLY);
  const UniqueFd other = *open_file("/dev/null", O_RDONLY);

  EXPECT_TRUE(output.is_file_of(same.get()));
  EXPECT_FALSE(output.is_file_of(other.get()));
}

}  // namespace
}  // namespace scopetrace
