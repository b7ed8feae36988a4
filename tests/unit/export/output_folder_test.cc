// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/output_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

namespace fs = std::filesystem;

TEST(OutputFolderTest, AppearsWhole) {
  const ScratchFolder scratch;
  const std::string path = scratch.file("out");
  auto folder = OutputFolder::make(path + "/");
  ASSERT_TRUE(folder.has_value());
  ExportFile* file = folder->add("a.csv").value();
  ASSERT_TRUE(file->write("some text").has_value());
  EXPECT_FALSE(fs::exists(path));
  ASSERT_TRUE(folder->close_files().has_value());
  ASSERT_TRUE(folder->finish().has_value());
  EXPECT_EQ(scratch.read("out/a.csv"), "some text");
  EXPECT_EQ(folder->digests().at("a.csv"), sha256(as_bytes("some text")));
  EXPECT_FALSE(fs::exists(path + ".incomplete"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(path + "/a.csv").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST(OutputFolderTest, LeavesNothingWhenItIsNotFinished) {
  const ScratchFolder scratch;
  {
    auto folder = OutputFolder::make(scratch.file("out"));
    ASSERT_TRUE(folder.has_value());
    ASSERT_TRUE(folder->add("a").value()->write("x").has_value());
  }
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

TEST(OutputFolderTest, OverwritesNothing) {
  const ScratchFolder scratch;
  scratch.write("file", "mine");
  EXPECT_EQ(OutputFolder::make(scratch.file("file")).error().code(), ErrorCode::kExists);
  fs::create_directory(scratch.file("out.incomplete"));
  EXPECT_EQ(OutputFolder::make(scratch.file("out")).error().code(), ErrorCode::kExists);
  EXPECT_TRUE(fs::exists(scratch.file("out.incomplete")));
  auto late = OutputFolder::make(scratch.file("late"));
  ASSERT_TRUE(late.has_value());
  scratch.write("late", "somebody else's");
  EXPECT_EQ(late->finish().error().code(), ErrorCode::kExists);
  EXPECT_EQ(scratch.read("late"), "somebody else's");
}

}  // namespace
}  // namespace scopetrace
