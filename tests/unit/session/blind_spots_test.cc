// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/blind_spots.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace scopetrace {
namespace {

TEST(BlindSpotsTest, FindsARingAmongDescriptors) {
  namespace fs = std::filesystem;
  std::string proc = testing::TempDir() + "st-rings-XXXXXX";
  ASSERT_NE(::mkdtemp(proc.data()), nullptr);
  fs::create_directories(proc + "/7/fd");
  fs::create_symlink("socket:[1234]", proc + "/7/fd/3");

  EXPECT_FALSE(has_io_uring(7, proc));
  fs::create_symlink("anon_inode:[io_uring]", proc + "/7/fd/4");
  EXPECT_TRUE(has_io_uring(7, proc));
  EXPECT_FALSE(has_io_uring(8, proc));
  fs::remove_all(proc);
}

}  // namespace
}  // namespace scopetrace
