// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/secret_memory.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/unit/base/memory_flags.h"

namespace scopetrace {
namespace {

constexpr std::size_t kSize = 10000;

int exit_status_of_child(int (*run)(void*), void* argument) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(run(argument));
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SecretBufferTest, BeginsZeroedWithTheSizeAskedFor) {
  SecretBuffer buffer = *SecretBuffer::make(kSize);

  EXPECT_EQ(buffer.size(), kSize);
  EXPECT_EQ(buffer.first(kSize), std::string(kSize, '\0'));
}

TEST(SecretBufferTest, HoldsNothingWhenEmpty) {
  const SecretBuffer buffer = *SecretBuffer::make(0);
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_EQ(buffer.data(), nullptr);
}

TEST(SecretBufferTest, StaysOutOfCoreDumps) {
  const SecretBuffer buffer = *SecretBuffer::make(kSize);
  EXPECT_NE(flags_of(buffer.data()).find(" dd "), std::string::npos) << flags_of(buffer.data());
}

// The address sanitizer's mlock() does nothing and says that it did.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SCOPETRACE_LOCKS_NOTHING
#endif
#endif
#if !defined(SCOPETRACE_LOCKS_NOTHING) && !defined(__SANITIZE_ADDRESS__)
TEST(SecretBufferTest, IsLockedOrSaysThatItIsNot) {
  const SecretBuffer buffer = *SecretBuffer::make(kSize);
  EXPECT_EQ(flags_of(buffer.data()).find(" lo ") != std::string::npos, buffer.is_locked());
}

TEST(SecretBufferTest, WorksWhereNothingMayBeLocked) {
  const auto run = [](void*) {
    const rlimit none = {0, 0};
    if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0 || ::setuid(65534) != 0) return 77;
    const auto buffer = SecretBuffer::make(kSize);
    return buffer && buffer->size() == kSize && !buffer->is_locked() ? 0 : 1;
  };
  const int status = exit_status_of_child(run, nullptr);
  if (status == 77) GTEST_SKIP() << "needs root to give up its rights";
  EXPECT_EQ(status, 0);
}
#endif

TEST(SecretBufferTest, WipesARange) {
  SecretBuffer buffer = *SecretBuffer::make(kSize);
  std::memset(buffer.data(), 'x', kSize);

  buffer.wipe_range(2, 4);
  EXPECT_EQ(buffer.first(6), std::string_view("xx\0\0xx", 6));

  buffer.wipe_range(4, 4);
  buffer.wipe_range(5, 4);
  EXPECT_EQ(buffer.first(6), std::string_view("xx\0\0xx", 6));

  buffer.wipe_range(0, 2 * kSize);
  EXPECT_EQ(buffer.first(kSize), std::string(kSize, '\0'));
}

TEST(SecretBufferTest, IsEmptyInAForkedChild) {
  SecretBuffer buffer = *SecretBuffer::make(kSize);
  std::memset(buffer.data(), 'x', kSize);

  EXPECT_EQ(
      exit_status_of_child([](void* data) { return *static_cast<char*>(data) != '\0' ? 1 : 0; },
                           buffer.data()),
      0);
}

TEST(SecretBufferTest, MovesWithoutACopy) {
  SecretBuffer first = *SecretBuffer::make(kSize);
  const char* data = first.data();

  SecretBuffer second = std::move(first);
  SecretBuffer third;
  third = std::move(second);

  EXPECT_EQ(third.data(), data);
  EXPECT_EQ(third.size(), kSize);
}

TEST(ForbidDumpsTest, LeavesNoCoreDumpAndNoTracing) {
  const auto run = [](void*) {
    rlimit limit = {1, 1};
    if (!forbid_dumps() || ::getrlimit(RLIMIT_CORE, &limit) != 0) return 1;
    return limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 2;
  };
  EXPECT_EQ(exit_status_of_child(run, nullptr), 0);
}

}  // namespace
}  // namespace scopetrace
