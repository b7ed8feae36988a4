// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/secret_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

namespace fs = std::filesystem;

// A proc folder with one process whose root is an ordinary folder.
class SecretFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "st-secrets-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    proc_ = pattern;
    root_ = proc_ + "/7/root";
    fs::create_directories(root_ + "/run/secrets");
  }
  void TearDown() override { fs::remove_all(proc_); }

  std::string proc_;
  std::string root_;
};

TEST_F(SecretFilesTest, OpensFilesOfSecretFolders) {
  fs::create_directories(root_ + "/run/secrets/kubernetes.io/serviceaccount");
  std::ofstream(root_ + "/run/secrets/password") << "one";
  std::ofstream(root_ + "/run/secrets/kubernetes.io/serviceaccount/token") << "two";
  std::ofstream(root_ + "/run/other") << "three";

  const auto files = open_secret_files(7, proc_);

  EXPECT_EQ(files.size(), 2U);
}

TEST_F(SecretFilesTest, LinksStayInsideTheRoot) {
  std::ofstream(proc_ + "/outside") << "not the target's";
  fs::create_symlink(proc_ + "/outside", root_ + "/run/secrets/absolute");
  fs::create_symlink("../../../../outside", root_ + "/run/secrets/relative");

  EXPECT_TRUE(open_secret_files(7, proc_).empty());
}

TEST_F(SecretFilesTest, OpensNoMoreThanTheLimit) {
  for (std::size_t i = 0; i < kMaxSecretFiles + 5; ++i) {
    std::ofstream(root_ + "/run/secrets/" + std::to_string(i)) << i;
  }

  EXPECT_EQ(open_secret_files(7, proc_).size(), kMaxSecretFiles);
}

TEST_F(SecretFilesTest, MissingProcessHasNone) {
  EXPECT_TRUE(open_secret_files(8, proc_).empty());
  EXPECT_FALSE(open_environment(8, proc_));
}

}  // namespace
}  // namespace scopetrace
