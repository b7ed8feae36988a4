// SPDX-License-Identifier: Apache-2.0
// The folder's content belongs to an attacker: whatever he puts there, and whenever, nothing but
// the very file that was listed is deleted.
#include "userspace/session/capture/retention/bundle_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/bundle_fixture.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class BundleStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "st-store-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    state_ = pattern;
    bundles_ = state_ + "/bundles";
    ASSERT_EQ(::mkdir(bundles_.c_str(), 0700), 0);
    std::ofstream(victim()) << "not to be touched";
  }
  void TearDown() override { fs::remove_all(state_); }

  std::string victim() const { return state_ + "/victim"; }
  std::string path(const std::string& name) const { return bundles_ + "/" + name; }
  void make(const std::string& name, const std::string& content = "bundle") const {
    std::ofstream(path(name)) << content;
  }
  bool exists(const std::string& name) const { return fs::exists(fs::symlink_status(path(name))); }
  bool is_victim_whole() const {
    const auto content = read_file(victim(), 100);
    return content && *content == "not to be touched";
  }

  BundleStore open() const {
    auto store = BundleStore::open(bundles_);
    EXPECT_TRUE(store.has_value()) << store.error().message();
    return std::move(*store);
  }
  static std::vector<StoredBundle> list(const BundleStore& store) {
    auto bundles = store.list();
    EXPECT_TRUE(bundles.has_value());
    return std::move(*bundles);
  }
  // The only file of the only bundle.
  static StoredPart only_part(const BundleStore& store) {
    const auto bundles = list(store);
    EXPECT_EQ(bundles.size(), 1u);
    EXPECT_EQ(bundles.front().parts.size(), 1u);
    return bundles.front().parts.front();
  }
  // Lists one bundle `a`, lets `attack` happen, then tries to delete it.
  template <class Attack>
  Status remove_after(const Attack& attack) {
    make("a.jsonl.zst");
    BundleStore store = open();
    const StoredPart part = only_part(store);
    attack();
    return store.remove(part);
  }

  std::string state_;
  std::string bundles_;
};

TEST_F(BundleStoreTest, DeletesWhatItListed) {
  EXPECT_TRUE(remove_after([] {}).has_value());
  EXPECT_FALSE(exists("a.jsonl.zst"));
  EXPECT_TRUE(fs::is_empty(path(".removing")));
}

TEST_F(BundleStoreTest, ListsPartsTogetherAndNothingElse) {
  for (const char* name : {"a.0002.jsonl.zst", "a.0001.jsonl.zst", "a.0003.jsonl.zst.incomplete",
                           "b.jsonl.zst.age", "b.txt", "jsonl.zst", ".jsonl.zst"}) {
    make(name);
  }
  const auto bundles = list(open());

  ASSERT_EQ(bundles.size(), 2u);
  EXPECT_EQ(bundles[0].name, "a");
  ASSERT_EQ(bundles[0].parts.size(), 3u);
  EXPECT_EQ(bundles[0].parts[0].file_name, "a.0001.jsonl.zst");
  EXPECT_EQ(bundles[0].stored_bytes(), 18u);
  EXPECT_EQ(bundles[1].name, "b");
}

TEST_F(BundleStoreTest, CountsOfASparseFileWhatItTakes) {
  make("a.jsonl.zst");
  fs::resize_file(path("a.jsonl.zst"), std::uintmax_t{1} << 40);

  EXPECT_LT(list(open()).front().stored_bytes(), 1'000'000u);
}

TEST_F(BundleStoreTest, NamesTheSessionThatABundleClaims) {
  BundleFixture fixture;
  make("a.jsonl.zst", std::string(as_text(fixture.bundle())));
  make("b.jsonl.zst", "no bundle");
  const BundleStore store = open();
  const auto bundles = list(store);

  EXPECT_EQ(store.claimed_session(bundles[0]), "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9e");
  EXPECT_EQ(store.claimed_session(bundles[1]), "unknown");
}

struct ObstacleRow {
  const char* name;
  void (*put)(const std::string& path, const std::string& victim);
  const char* obstacle;
};

class BundleStoreObstacleTest : public BundleStoreTest,
                                public testing::WithParamInterface<ObstacleRow> {};

TEST_P(BundleStoreObstacleTest, IsNamedAndStays) {
  GetParam().put(path("a.jsonl.zst"), victim());
  BundleStore store = open();
  const StoredPart part = only_part(store);

  EXPECT_THAT(part.obstacle, HasSubstr(GetParam().obstacle));
  EXPECT_FALSE(store.remove(part).has_value());
  EXPECT_TRUE(exists("a.jsonl.zst"));
  EXPECT_TRUE(is_victim_whole());
}

INSTANTIATE_TEST_SUITE_P(
    Files, BundleStoreObstacleTest,
    testing::Values(ObstacleRow{"SymbolicLink",
                                [](const std::string& path, const std::string& victim) {
                                  fs::create_symlink(victim, path);
                                },
                                "symbolic link"},
                    ObstacleRow{"DanglingLink",
                                [](const std::string& path, const std::string&) {
                                  fs::create_symlink("/nosuch", path);
                                },
                                "symbolic link"},
                    ObstacleRow{"HardLink",
                                [](const std::string& path, const std::string& victim) {
                                  fs::create_hard_link(victim, path);
                                },
                                "another name"},
                    ObstacleRow{"Fifo",
                                [](const std::string& path, const std::string&) {
                                  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
                                },
                                "no regular file"},
                    ObstacleRow{"Folder",
                                [](const std::string& path, const std::string&) {
                                  fs::create_directory(path);
                                },
                                "no regular file"}),
    [](const auto& row) { return row.param.name; });

// What happens between the look at a file and its deletion.
TEST_F(BundleStoreTest, KeepsALinkThatTookTheName) {
  const Status removed = remove_after([&] {
    fs::remove(path("a.jsonl.zst"));
    fs::create_symlink(victim(), path("a.jsonl.zst"));
  });
  EXPECT_FALSE(removed.has_value());
  EXPECT_TRUE(exists("a.jsonl.zst"));
  EXPECT_TRUE(is_victim_whole());
}

TEST_F(BundleStoreTest, KeepsAnotherFileThatTookTheName) {
  const Status removed = remove_after([&] {
    make("new", "bundle");
    fs::rename(path("new"), path("a.jsonl.zst"));
  });
  ASSERT_FALSE(removed.has_value());
  EXPECT_THAT(removed.error().message(), HasSubstr("another file"));
  EXPECT_TRUE(exists("a.jsonl.zst"));
}

TEST_F(BundleStoreTest, KeepsAFileThatWasMovedOverTheName) {
  const Status removed = remove_after([&] { fs::rename(victim(), path("a.jsonl.zst")); });
  EXPECT_FALSE(removed.has_value());
  EXPECT_EQ(*read_file(path("a.jsonl.zst"), 100), "not to be touched");
}

TEST_F(BundleStoreTest, KeepsAFileThatGotASecondName) {
  const Status removed =
      remove_after([&] { fs::create_hard_link(path("a.jsonl.zst"), path("second")); });
  ASSERT_FALSE(removed.has_value());
  EXPECT_THAT(removed.error().message(), HasSubstr("another name"));
  EXPECT_TRUE(exists("a.jsonl.zst"));
  EXPECT_TRUE(fs::is_empty(path(".removing")));
}

TEST_F(BundleStoreTest, KeepsAFileThatWasWrittenTo) {
  const Status removed =
      remove_after([&] { std::ofstream(path("a.jsonl.zst"), std::ios::app) << "more"; });
  EXPECT_FALSE(removed.has_value());
  EXPECT_TRUE(exists("a.jsonl.zst"));
}

TEST_F(BundleStoreTest, StaysInTheFolderThatItOpened) {
  fs::create_directory(state_ + "/elsewhere");
  const Status removed = remove_after([&] {
    std::ofstream(state_ + "/elsewhere/a.jsonl.zst") << "not to be touched";
    fs::rename(bundles_, state_ + "/moved");
    fs::create_symlink("elsewhere", bundles_);
  });
  EXPECT_TRUE(removed.has_value());
  EXPECT_FALSE(fs::exists(state_ + "/moved/a.jsonl.zst"));
  EXPECT_TRUE(fs::exists(state_ + "/elsewhere/a.jsonl.zst"));
}

TEST_F(BundleStoreTest, TakesNoFolderForItsOwnThatIsNot) {
  fs::create_directory(state_ + "/elsewhere");
  const Status by_link =
      remove_after([&] { fs::create_symlink("../elsewhere", path(".removing")); });
  EXPECT_FALSE(by_link.has_value());
  fs::remove(path(".removing"));
  const Status by_mode = remove_after([&] {
    fs::create_directory(path(".removing"));
    fs::permissions(path(".removing"), fs::perms::all);
  });
  EXPECT_FALSE(by_mode.has_value());
  EXPECT_TRUE(exists("a.jsonl.zst"));
}

TEST_F(BundleStoreTest, FinishesAnInterruptedRemovalAndNothingElse) {
  ASSERT_EQ(::mkdir(path(".removing").c_str(), 0700), 0);
  std::ofstream(path(".removing/begun")) << "bundle";
  struct stat facts {};
  ASSERT_EQ(::stat(path(".removing/begun").c_str(), &facts), 0);
  const std::string begun = ".removing/" + std::to_string(facts.st_ino) + ".00";
  fs::rename(path(".removing/begun"), path(begun));
  std::ofstream(path(".removing/1.00")) << "of another inode";

  EXPECT_TRUE(remove_after([] {}).has_value());
  EXPECT_FALSE(exists(begun));
  EXPECT_TRUE(exists(".removing/1.00"));
}

TEST_F(BundleStoreTest, KeepsTheBundleOfARunningCapture) {
  make("a.jsonl.zst.incomplete");
  UniqueFd writer(::open(path("a.jsonl.zst.incomplete").c_str(), O_RDWR));
  BundleStore store = open();
  EXPECT_FALSE(only_part(store).is_running);
  const StoredPart before = only_part(store);
  ASSERT_EQ(::flock(writer.get(), LOCK_EX | LOCK_NB), 0);

  EXPECT_TRUE(only_part(store).is_running);
  EXPECT_FALSE(store.remove(before).has_value());
  EXPECT_TRUE(exists("a.jsonl.zst.incomplete"));
  writer = UniqueFd();
  EXPECT_TRUE(store.remove(before).has_value());
}

TEST_F(BundleStoreTest, RefusesAFolderThatOthersCanWriteTo) {
  ASSERT_EQ(::chmod(bundles_.c_str(), 0777), 0);
  const auto open_folder = BundleStore::open(bundles_);
  ASSERT_FALSE(open_folder.has_value());
  EXPECT_EQ(open_folder.error().code(), ErrorCode::kRefused);

  ASSERT_EQ(::chmod(bundles_.c_str(), 01777), 0);
  EXPECT_TRUE(BundleStore::open(bundles_).has_value());
  ASSERT_EQ(::chmod(state_.c_str(), 01777), 0);
  EXPECT_FALSE(BundleStore::open(bundles_).has_value());
}

TEST_F(BundleStoreTest, RefusesAFolderOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown(bundles_.c_str(), 65534, 65534), 0);
  EXPECT_FALSE(BundleStore::open(bundles_).has_value());
}

TEST_F(BundleStoreTest, RefusesALinkAnywhereInThePath) {
  fs::create_symlink(bundles_, state_ + "/link");
  fs::create_symlink(state_, state_ + "/up");

  for (const char* name : {"/link", "/up/bundles"}) {
    const auto store = BundleStore::open(state_ + name);
    ASSERT_FALSE(store.has_value()) << name;
    EXPECT_THAT(store.error().message(), HasSubstr("symbolic link"));
  }
}

// Somebody exchanges a bundle that may go for one that may not, between the look and the deletion.
TEST_F(BundleStoreTest, NeverDeletesWhatWasExchangedForABundle) {
  const std::string name = path("a.jsonl.zst");
  const std::string other = path("kept");
  std::ofstream(other) << "bundle";
  struct stat kept {};
  ASSERT_EQ(::stat(other.c_str(), &kept), 0);
  std::atomic<bool> is_over = false;
  std::thread attacker([&] {
    while (!is_over) {
      const UniqueFd bait(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      ::renameat2(AT_FDCWD, name.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
    }
  });
  std::size_t removed = 0;
  std::size_t refused = 0;
  BundleStore store = open();
  for (int i = 0; i < 50'000 && (removed == 0 || refused < 200); ++i) {
    for (const StoredBundle& bundle : list(store)) {
      if (bundle.parts[0].facts.st_ino == kept.st_ino) continue;
      store.remove(bundle.parts[0]) ? ++removed : ++refused;
    }
  }
  is_over = true;
  attacker.join();

  bool is_there = false;
  for (const auto& entry : fs::recursive_directory_iterator(bundles_)) {
    struct stat facts {};
    is_there |= ::stat(entry.path().c_str(), &facts) == 0 && facts.st_ino == kept.st_ino;
  }
  EXPECT_TRUE(is_there) << removed << " removed, " << refused << " refused";
}

}  // namespace
}  // namespace scopetrace
