// SPDX-License-Identifier: Apache-2.0
// What the processes of a capture leave on a disk when one of them crashes where core files are
// wanted: no core file of a process that saw an unredacted byte, and no such byte in any other
// file.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/privileged/attach_e2e.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kPatternFile = "/proc/sys/kernel/core_pattern";
constexpr int kPatienceMs = 20'000;

// The kernel's name for core files, for as long as it lives.
class CorePattern {
 public:
  explicit CorePattern(const std::string& pattern) {
    std::getline(std::ifstream(kPatternFile), before_);
    is_set_ = set(pattern);
  }
  ~CorePattern() { set(before_); }
  CorePattern(const CorePattern&) = delete;
  CorePattern& operator=(const CorePattern&) = delete;
  bool is_set() const { return is_set_; }

 private:
  static bool set(const std::string& pattern) {
    std::ofstream file(kPatternFile);
    return static_cast<bool>(file << pattern << std::flush);
  }

  std::string before_;
  bool is_set_ = false;
};

// Which process of a capture crashes, and how.
struct CrashCase {
  std::string name;
  std::string process;  // as /proc/PID/comm cuts it
  int signal = SIGSEGV;
  bool is_encrypted = false;
  bool leaves_core = false;  // of a process that saw nothing that was not redacted
};

class CoreFilesE2eTest : public AttachE2eTest, public ::testing::WithParamInterface<CrashCase> {
 protected:
  void SetUp() override {
    AttachE2eTest::SetUp();
    if (IsSkipped()) return;
    std::filesystem::create_directory(cores());
    std::filesystem::permissions(cores(), std::filesystem::perms::all);  // also of nobody
    const rlimit wanted = {RLIM_INFINITY, RLIM_INFINITY};
    ASSERT_EQ(::getrlimit(RLIMIT_CORE, &limit_before_), 0);
    ASSERT_EQ(::setrlimit(RLIMIT_CORE, &wanted), 0);
    pattern_ = std::make_unique<CorePattern>(cores() + "/%e.%P");
    if (!pattern_->is_set()) GTEST_SKIP() << "core_pattern cannot be set";
    client_ = host_->start_python();
  }
  void TearDown() override {
    pattern_.reset();
    if (host_) ::setrlimit(RLIMIT_CORE, &limit_before_);
  }

  std::string cores() const { return host_->path("cores"); }
  std::vector<std::string> core_files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(cores())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  std::unique_ptr<Child> attach(bool is_encrypted) {
    ::setenv("GOTRACEBACK", "crash", 1);  // without it no program of Go, as age is, leaves one
    if (!is_encrypted) return host_->attach(client_->tgid(), host_->approve(client_->tgid()));
    const std::string identity = host_->path("reader");
    run_program({"age-keygen", "-o", identity});
    std::string key = run_program({"age-keygen", "-y", identity}).output;
    key.pop_back();
    return host_->attach(client_->tgid(), host_->approve(client_->tgid(), {"--recipient", key}),
                         {"-o", host_->bundle() + ".age"});
  }

  // Front end, capture, redactor, age where there is one.
  static std::vector<pid_t> processes_of(const Child& attach) {
    std::vector<pid_t> all = {attach.tgid()};
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const pid_t child : children_of(all[i])) all.push_back(child);
    }
    return all;
  }
  static pid_t named(const std::vector<pid_t>& processes, const std::string& name) {
    for (const pid_t process : processes) {
      std::ifstream file("/proc/" + std::to_string(process) + "/comm");
      std::string comm;
      if (std::getline(file, comm) && comm == name) return process;
    }
    return -1;
  }

  // Files outside of the host's folder that a process may write to, but for those that it has from
  // whoever runs this test: its log.
  std::vector<std::string> written_elsewhere(pid_t process) const {
    std::vector<std::string> found = writable_files(process);
    const std::vector<std::string> inherited = writable_files(::getpid());
    std::erase_if(found, [&](const std::string& path) {
      return std::find(inherited.begin(), inherited.end(), path) != inherited.end();
    });
    return found;
  }
  std::vector<std::string> writable_files(pid_t process) const {
    std::vector<std::string> found;
    const std::string folder = "/proc/" + std::to_string(process);
    for (const auto& entry : std::filesystem::directory_iterator(folder + "/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone);
      const bool is_file = target.starts_with('/') && !target.starts_with("/dev/") &&
                           !target.starts_with("/memfd:") && !target.starts_with(host_->path(""));
      if (!is_file || !is_writable(folder + "/fdinfo/" + entry.path().filename().string()))
        continue;
      found.push_back(target);
    }
    return found;
  }
  static bool is_writable(const std::string& fdinfo) {
    std::ifstream file(fdinfo);
    for (std::string word; file >> word;) {
      unsigned flags = 0;
      if (word == "flags:" && file >> std::oct >> flags) return (flags & O_ACCMODE) != O_RDONLY;
    }
    return false;
  }

  // Sends the signal, and waits until every process has ended and whatever it leaves is written.
  static void crash(const std::vector<pid_t>& processes, pid_t which, int signal) {
    std::vector<UniqueFd> ends;
    for (const pid_t process : processes) {
      ends.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
      ASSERT_TRUE(ends.back());
    }
    ASSERT_EQ(::kill(which, signal), 0);
    for (const UniqueFd& end : ends) {
      pollfd polled{.fd = end.get(), .events = POLLIN, .revents = 0};
      EXPECT_EQ(::poll(&polled, 1, kPatienceMs), 1) << "a process goes on";
    }
  }

  std::unique_ptr<Child> client_;
  std::unique_ptr<CorePattern> pattern_;
  rlimit limit_before_{};
};

// Without this the others would show nothing: core files are written here, and searched.
TEST_F(CoreFilesE2eTest, TheTargetsOwnCoreFileHoldsWhatIsPlanted) {
  ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));

  client_->send_signal(SIGSEGV);

  EXPECT_EQ(client_->wait(), 128 + SIGSEGV);
  EXPECT_THAT(core_files(), Contains(HasSubstr("python3.")));
  EXPECT_THAT(host_->leaks(), Contains(HasSubstr("in python3.")));
}

TEST_P(CoreFilesE2eTest, NothingUnredactedIsLeft) {
  const CrashCase& c = GetParam();
  const auto attach = this->attach(c.is_encrypted);
  ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));
  const std::vector<pid_t> processes = processes_of(*attach);
  ASSERT_EQ(processes.size(), c.is_encrypted ? 4U : 3U);
  const pid_t which = named(processes, c.process);
  ASSERT_GT(which, 0);
  for (const pid_t process : processes) EXPECT_THAT(written_elsewhere(process), IsEmpty());
  EXPECT_THAT(host_->leaks(), IsEmpty());  // while it runs

  crash(processes, which, c.signal);

  EXPECT_NE(attach->wait(), -1);
  EXPECT_THAT(core_files(), SizeIs(c.leaves_core ? 1 : 0));
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());  // which looks into core files too
}

INSTANTIATE_TEST_SUITE_P(
    Processes, CoreFilesE2eTest,
    ::testing::Values(CrashCase{"RedactorCrashes", "scopetrace-reda"},
                      CrashCase{"RedactorIsKilled", "scopetrace-reda", SIGKILL},
                      CrashCase{"CaptureCrashes", "scopetrace-capt"},
                      CrashCase{"CaptureIsKilled", "scopetrace-capt", SIGKILL},
                      CrashCase{"FrontEndCrashes", "scopetrace", SIGSEGV, false, true},
                      CrashCase{"FrontEndIsKilled", "scopetrace", SIGKILL},
                      CrashCase{"EncryptionAborts", "age", SIGABRT, true},
                      CrashCase{"EncryptionIsKilled", "age", SIGKILL, true},
                      CrashCase{"RedactorCrashesEncrypted", "scopetrace-reda", SIGSEGV, true}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace scopetrace::testing
