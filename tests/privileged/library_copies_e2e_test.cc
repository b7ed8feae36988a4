// SPDX-License-Identifier: Apache-2.0
// Every copy of a TLS library counts: a second one, one of a mount namespace, a deleted one,
// Alpine's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

namespace fs = std::filesystem;

constexpr char kLibssl[] = "/usr/lib/x86_64-linux-gnu/libssl.so.3";

class LibraryCopiesE2eTest : public AttachE2eTest {
 protected:
  // A copy of libssl in a folder of its own: another inode, the same name.
  std::string copy_libssl() {
    fs::create_directories(host_->path("copy"));
    const std::string copy = host_->path("copy/libssl.so.3");
    fs::copy_file(kLibssl, copy);
    return copy;
  }

  void expect_captured(Child& client) {
    const auto attach = host_->attach(client.tgid(), host_->approve(client.tgid()));
    ASSERT_TRUE(TracedHost::ask(client, "POST /v1/charges", "200"));
    expect_sealed_without_leaks(*attach);
    EXPECT_THAT(exchanges(), ElementsAre(Pair("POST /v1/charges", 200)));
  }
};

TEST_F(LibraryCopiesE2eTest, CapturesBothCopiesOfOneProcess) {
  const auto client =
      host_->start_client({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/two_copies_client.py",
                           kLibssl, copy_libssl()});
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "0 GET /v1/limits", "429"));
  ASSERT_TRUE(TracedHost::ask(*client, "1 GET /v1/broken", "500"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/limits", 429)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/broken", 500)));
  EXPECT_THAT(coverage_of("libssl.so.3"), ElementsAre("covered", "covered"));
}

TEST_F(LibraryCopiesE2eTest, CapturesCopyThatOnlyItsMountNamespaceHas) {
  const auto client = host_->start_client(
      {"unshare", "--mount", "sh", "-c", "mount --bind $0 $1 && shift && exec \"$@\"",
       copy_libssl(), kLibssl, "/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/python_client.py"});

  expect_captured(*client);
}

TEST_F(LibraryCopiesE2eTest, CapturesLibraryThatWasDeletedByAnUpgrade) {
  const std::string copy = copy_libssl();
  const auto client =
      host_->start_client({"env", "LD_LIBRARY_PATH=" + host_->path("copy"), "/usr/bin/python3",
                           SCOPETRACE_TEST_TARGETS "/python_client.py"});
  fs::remove(copy);

  expect_captured(*client);

  EXPECT_THAT(coverage_of("copy/libssl.so.3"), ElementsAre("covered"));
}

// A pipe that nobody writes to, with the name of a library, would hold up whoever opens it.
TEST_F(LibraryCopiesE2eTest, IsNotHeldUpByAPipeInPlaceOfALibrary) {
  const auto client = host_->start_client(
      {"unshare", "--mount", "sh", "-c",
       "mount -t tmpfs none /usr/local/lib && mkfifo /usr/local/lib/libssl.so.3 && exec \"$@\"",
       "sh", "/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/python_client.py"});

  expect_captured(*client);
}

// No ld.so.cache, the loader of musl's name, libraries in /lib and /usr/lib.
TEST_F(LibraryCopiesE2eTest, CapturesInARootLaidOutAsAlpines) {
  const fs::path root = host_->path("alpine");
  const fs::path debian = "/usr/lib/x86_64-linux-gnu";
  fs::create_directories(root / "lib");
  fs::create_directories(root / "usr/lib");
  fs::create_directories(root.string() + host_->path(""));
  fs::copy_file("/lib64/ld-linux-x86-64.so.2", root / "lib/ld-musl-x86_64.so.1");
  for (const char* library : {"libssl.so.3", "libstdc++.so.6", "libgcc_s.so.1"}) {
    fs::copy_file(debian / library, root / "usr/lib" / library);
  }
  for (const char* library : {"libcrypto.so.3", "libc.so.6", "libm.so.6"}) {
    fs::copy_file(debian / library, root / "lib" / library);
  }
  fs::copy_file(TracedHost::stack_client("alpine"), root / "client");
  for (const char* file : {"ca.pem", "planted.json"}) {
    fs::copy_file(host_->path(file), root.string() + host_->path(file));
  }
  const auto client = host_->start_client({"chroot", root, "/client"});

  expect_captured(*client);

  EXPECT_THAT(coverage_of("libssl.so.3"), Contains("covered"));
}

}  // namespace
}  // namespace scopetrace::testing
