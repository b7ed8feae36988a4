// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace scopetrace {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    char name[] = "/tmp/scopetrace-file-test-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~FileTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(FileTest, AtomicWriteReplacesAndLeavesNoTemporary) {
  const std::string path = folder_ + "/f";
  ASSERT_TRUE(write_file_atomically(path, "old", 0600));
  ASSERT_TRUE(write_file_atomically(path, "new", 0600));

  EXPECT_EQ(*read_file(path, 100), "new");
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, ReadRefusesMoreThanItsLimit) {
  ASSERT_TRUE(write_file_atomically(folder_ + "/f", "12345", 0600));

  EXPECT_TRUE(read_file(folder_ + "/f", 5));
  const auto refused = read_file(folder_ + "/f", 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kLimit);
}

TEST_F(FileTest, OpenTellsMissingFromExisting) {
  EXPECT_EQ(open_file(folder_ + "/none", O_RDONLY).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(write_file_atomically(folder_ + "/f", "", 0600));
  EXPECT_EQ(open_file(folder_ + "/f", O_WRONLY | O_CREAT | O_EXCL, 0600).error().code(),
            ErrorCode::kExists);
}

TEST_F(FileTest, MakeFoldersKeepsExistingOnes) {
  ASSERT_TRUE(make_folders(folder_ + "/a/b/c", 0700));
  ASSERT_TRUE(make_folders(folder_ + "/a/b/c", 0700));
  EXPECT_TRUE(std::filesystem::is_directory(folder_ + "/a/b/c"));
}

TEST_F(FileTest, WriteToAFullDeviceIsAnError) {
  const auto full = open_file("/dev/full", O_WRONLY);
  ASSERT_TRUE(full);
  const auto written = write_all(full->get(), as_bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().system_errno(), ENOSPC);
}

}  // namespace
}  // namespace scopetrace
