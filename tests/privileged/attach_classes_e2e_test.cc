// SPDX-License-Identifier: Apache-2.0
// A whole capture of a program that handles secrets of every class: none is in what was stored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>

#include "tests/support/corpus/secret_corpus.h"
#include "tests/support/traced_host.h"
#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Shorter values turn up by chance in numbers and signatures.
bool can_be_searched(const CorpusRecord& record) {
  constexpr std::size_t kMinValue = 8, kMaxText = 4096;
  return !record.is_negative() && !record.is_optional && record.text.size() < kMaxText &&
         std::all_of(record.secrets.begin(), record.secrets.end(),
                     [](const std::string& secret) { return secret.size() >= kMinValue; });
}

// One text of each class.
std::map<std::string, CorpusRecord> one_of_each_class() {
  std::map<std::string, CorpusRecord> records;
  for (const CorpusRecord& record : make_corpus(*RuleSet::parse(standard_profile()), {.seed = 5})) {
    if (can_be_searched(record)) records.emplace(record.class_name, record);
  }
  return records;
}

class AttachClassesE2eTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to attach probes";
    host_ = std::make_unique<TracedHost>();
    std::string folder = "/tmp/scopetrace-classes.XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Child> start_client() {
    nlohmann::json texts = nlohmann::json::array();
    std::vector<std::string> arguments;
    for (const auto& [name, record] : records_) {
      texts.push_back(record.text);
      arguments.push_back(record.text);
    }
    ST_CHECK(write_file_atomically(folder_ + "/texts", texts.dump(), 0600));
    return host_->start_with_arguments(folder_ + "/texts", folder_ + "/log", arguments);
  }
  std::vector<Needle> needles() const {
    std::vector<Planted> planted;
    for (const auto& [name, record] : records_) {
      for (const std::string& secret : record.secrets) planted.push_back({name, secret});
    }
    return make_needles(planted);
  }
  std::size_t count_exchanges() const {
    const auto lines = TracedHost::lines(host_->bundle());
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const auto& line) {
      return line.value("type", "") == "http" && line.contains("response");
    }));
  }

  const std::map<std::string, CorpusRecord> records_ = one_of_each_class();
  std::unique_ptr<TracedHost> host_;
  std::string folder_;  // of what the client has: not searched
};

// The names of the classes that hits are of.
std::vector<std::string> names_of(const std::vector<Hit>& hits) {
  std::vector<std::string> names;
  for (const Hit& hit : hits) names.push_back(hit.name + " (" + hit.form + ")");
  return names;
}

TEST_F(AttachClassesE2eTest, KeepsNoSecretOfAnyClass) {
  ASSERT_GE(records_.size(), 200U);
  const auto client = start_client();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "send", "200"));
  attach->send_signal(SIGINT);
  EXPECT_EQ(attach->wait(), 0) << attach->output();

  EXPECT_THAT(host_->verify(host_->bundle()).output, HasSubstr("COMPLETE"));
  EXPECT_EQ(count_exchanges(), records_.size());
  const auto found = search_file(needles(), host_->bundle());
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(names_of(found->raw), IsEmpty());
  EXPECT_THAT(names_of(found->decompressed), IsEmpty());
  EXPECT_THAT(names_of(search_bytes(needles(), as_bytes(attach->output()))), IsEmpty());
}

}  // namespace
}  // namespace scopetrace::testing
