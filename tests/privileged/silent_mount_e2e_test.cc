// SPDX-License-Identifier: Apache-2.0
// A mount that never answers, where the libraries of a target are looked for, holds nothing up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kFolder[] = "/usr/local/lib";
constexpr char kLate[] = "could not be looked at within 2 s";

class SilencedMountE2eTest : public AttachE2eTest {
 protected:
  void SetUp() override {
    AttachE2eTest::SetUp();
    if (IsSkipped()) return;
    if (run_mounted("unread", {"true"}).status == 77) GTEST_SKIP() << "this kernel has no FUSE";
  }

  static std::vector<std::string> mounted(const std::string& mode) {
    return {"unshare", "--mount", "/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/silent_mount.py",
            mode,      kFolder};
  }
  static Finished run_mounted(const std::string& mode, const std::vector<std::string>& program) {
    std::vector<std::string> words = mounted(mode);
    words.insert(words.end(), program.begin(), program.end());
    return run_program(words);
  }
};

// By how its server is silent.
class SilentMountE2eTest : public SilencedMountE2eTest,
                           public ::testing::WithParamInterface<const char*> {
 protected:
  // Python that looks for no module there.
  std::unique_ptr<Child> start_client() {
    std::vector<std::string> words = mounted(GetParam());
    words.insert(words.end(),
                 {"/usr/bin/python3", "-S", SCOPETRACE_TEST_TARGETS "/python_client.py"});
    return host_->start_client(words);
  }
};

// Else the tests below would pass wherever the mount answers.
TEST_P(SilentMountE2eTest, AnswersNobody) {
  const Finished ended = run_mounted(
      GetParam(), {"/usr/bin/python3", "-S", "-c",
                   "import os, select\n"
                   "child = os.fork()\n"
                   "if child == 0: os.stat('/usr/local/lib/libssl.so.3')\n"
                   "poll = select.poll(); poll.register(os.pidfd_open(child), select.POLLIN)\n"
                   "print('ended' if poll.poll(500) else 'waits')"});
  EXPECT_THAT(ended.output, HasSubstr("waits"));
}

TEST_P(SilentMountE2eTest, CapturesTheRestAndNamesTheFolder) {
  const auto client = start_client();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), ElementsAre(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(coverage_of(kFolder), ElementsAre(kLate));
  EXPECT_THAT(coverage_of("libssl.so.3"), ElementsAre("covered"));
  EXPECT_THAT(attach->output(), HasSubstr(std::string("not covered: ") + kFolder));
}

TEST_P(SilentMountE2eTest, IsNamedByDoctor) {
  const auto client = start_client();

  const Finished doctor = host_->doctor(client->tgid());

  EXPECT_EQ(doctor.status, 0);
  EXPECT_THAT(doctor.output,
              HasSubstr(std::string("no   ") + kFolder + " (not loaded yet)\n       " + kLate));
}

// The library that it loads is looked for again, and again in vain; the end does not wait for it.
TEST_P(SilentMountE2eTest, HoldsUpNoLookWhileTheCaptureRuns) {
  const auto client = host_->start_late_python(mounted(GetParam()));
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  client->write_line("go");
  ASSERT_TRUE(client->wait_for_line("ready"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/limits", "429"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), ElementsAre(Pair("GET /v1/limits", 429)));
}

// Sent once a process looks at files, so before the capture begins.
TEST_P(SilentMountE2eTest, IsInterruptedWhileItLooks) {
  const auto client = start_client();
  const std::string approval = host_->approve(client->tgid());
  host_->run_scopetrace_by({"sh", "-c",
                            "\"$@\" & front=$!; "
                            "until pgrep -P \"$(pgrep -d, -P $front)\" >/dev/null 2>&1; "
                            "do sleep 0.05; done; kill -TERM $front; wait $front",
                            "sh"});

  const Finished attach = host_->try_attach(client->tgid(), approval);

  EXPECT_THAT(attach.output, HasSubstr("interrupted before the capture started"));
}

// A library that the target has loaded from a mount that went silent: the others are captured.
TEST_F(SilencedMountE2eTest, CapturesTheRestAndNamesAMappedLibrary) {
  const std::string library = "/usr/lib/x86_64-linux-gnu/libgnutls.so.30";
  const std::string mark = host_->path("silent");
  std::vector<std::string> words = mounted(library + ":" + mark);
  words.insert(words.end(),
               {"/usr/bin/python3", "-S", "-c",
                "import ctypes, runpy, sys; ctypes.CDLL('/usr/local/lib/libgnutls.so.30'); "
                "open(sys.argv[1], 'w').close(); sys.argv = sys.argv[2:]; "
                "runpy.run_path(sys.argv[0], run_name='__main__')",
                mark, SCOPETRACE_TEST_TARGETS "/python_client.py"});
  const auto client = host_->start_client(words);
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), ElementsAre(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(coverage_of(std::string(kFolder) + "/libgnutls.so.30"), ElementsAre(kLate));
  EXPECT_THAT(coverage_of("libssl.so.3"), ElementsAre("covered"));
}

INSTANTIATE_TEST_SUITE_P(Modes, SilentMountE2eTest, ::testing::Values("unread", "unanswered"),
                         [](const auto& mode) { return std::string(mode.param); });

}  // namespace
}  // namespace scopetrace::testing
