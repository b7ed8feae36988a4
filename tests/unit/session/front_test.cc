// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "userspace/base/file.h"
#include "userspace/session/front/launch.h"
#include "userspace/session/front/output.h"

namespace scopetrace {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "st-output-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(OutputFileTest, CreatesPrivateIncompleteFile) {
  const auto output = OutputFile::create(path("a"));

  ASSERT_TRUE(output);
  struct stat facts {};
  ASSERT_EQ(::stat(path("a.incomplete").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  EXPECT_FALSE(fs::exists(path("a")));
}

TEST_F(OutputFileTest, IsLockedUntilTheLastWriterIsGone) {
  auto output = OutputFile::create(path("a"));
  ASSERT_TRUE(output);
  const UniqueFd reader(::open(path("a.incomplete").c_str(), O_RDONLY));
  UniqueFd writer(::fcntl(output->fd(), F_DUPFD_CLOEXEC, 3));  // as scopetrace-capture has it

  output = fail(ErrorCode::kIo, "gone");
  EXPECT_NE(::flock(reader.get(), LOCK_SH | LOCK_NB), 0);
  writer = UniqueFd();
  EXPECT_EQ(::flock(reader.get(), LOCK_SH | LOCK_NB), 0);
}

TEST_F(OutputFileTest, CommitGivesFinalName) {
  auto output = OutputFile::create(path("a"));
  ASSERT_TRUE(output);

  ASSERT_TRUE(output->commit());

  EXPECT_TRUE(fs::exists(path("a")));
  EXPECT_FALSE(fs::exists(path("a.incomplete")));
}

TEST_F(OutputFileTest, CommitNeverOverwrites) {
  auto output = OutputFile::create(path("a"));
  ASSERT_TRUE(output);
  std::ofstream(path("a")) << "somebody else's";

  const Status committed = output->commit();

  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code(), ErrorCode::kExists);
  EXPECT_EQ(read_file(path("a"), 100).value(), "somebody else's");
  EXPECT_TRUE(fs::exists(path("a.incomplete")));
}

TEST_F(OutputFileTest, RefusesTakenName) {
  std::ofstream(path("a")) << "old";

  const auto output = OutputFile::create(path("a"));

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code(), ErrorCode::kExists);
  EXPECT_FALSE(fs::exists(path("a.incomplete")));
}

TEST_F(OutputFileTest, RefusesSymbolicLinkInPlace) {
  fs::create_symlink("/nowhere", path("a.incomplete"));

  const auto output = OutputFile::create(path("a"));

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code(), ErrorCode::kExists);
}

TEST_F(OutputFileTest, RefusesFolderAsName) {
  const auto output = OutputFile::create(folder_ + "/");

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code(), ErrorCode::kUsage);
}

TEST_F(OutputFileTest, RemoveLeavesNothing) {
  auto output = OutputFile::create(path("a"));
  ASSERT_TRUE(output);

  output->remove();

  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST(HeldCommandTest, HoldsProgramAfterExec) {
  auto command = HeldCommand::start({"/bin/sh", "-c", "exit 7"});
  ASSERT_TRUE(command);

  const auto exe = fs::read_symlink("/proc/" + std::to_string(command->tgid()) + "/exe");

  EXPECT_EQ(exe, fs::canonical("/bin/sh"));
  ASSERT_TRUE(command->release());
  const auto status = command->wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 7);
}

TEST(HeldCommandTest, KillsCommandThatWasNeverReleased) {
  pid_t tgid = -1;
  {
    const auto command = HeldCommand::start({"/bin/sh", "-c", "exit 0"});
    ASSERT_TRUE(command);
    tgid = command->tgid();
  }

  EXPECT_EQ(::kill(tgid, 0), -1);
}

TEST(HeldCommandTest, ReportsMissingProgram) {
  const auto command = HeldCommand::start({"/no/such/program"});

  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace scopetrace
