// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/work_thread.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <vector>

namespace scopetrace {
namespace {

bool is_readable(int fd) {
  pollfd polled{fd, POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

TEST(WorkThreadTest, RunsJobsInOrder) {
  WorkThread thread;
  std::vector<int> seen;

  for (const int i : {1, 2, 3}) {
    thread.post(0, [&seen, i]() -> Status {
      seen.push_back(i);
      return {};
    });
  }

  EXPECT_TRUE(thread.drain());
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST(WorkThreadTest, PostDoesNotWaitForBusyJob) {
  WorkThread thread;
  std::promise<void> gate;
  auto open = gate.get_future().share();
  thread.post(10, [open]() -> Status {
    open.wait();
    return {};
  });

  thread.post(20, [] { return Status{}; });

  EXPECT_EQ(thread.backlog_bytes(), 30U);
  gate.set_value();
  EXPECT_TRUE(thread.drain());
  EXPECT_EQ(thread.backlog_bytes(), 0U);
}

TEST(WorkThreadTest, KeepsFirstErrorAndDropsTheRest) {
  WorkThread thread;
  bool has_run = false;
  EXPECT_FALSE(is_readable(thread.event_fd()));

  thread.post(5, []() -> Status { return fail(ErrorCode::kLimit, "disk full"); });
  thread.post(5, [&has_run]() -> Status {
    has_run = true;
    return {};
  });
  const Status drained = thread.drain();

  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code(), ErrorCode::kLimit);
  EXPECT_FALSE(has_run);
  EXPECT_TRUE(is_readable(thread.event_fd()));
  EXPECT_EQ(thread.backlog_bytes(), 0U);
}

TEST(WorkThreadTest, RunsQueuedJobsBeforeItEnds) {
  int done = 0;
  {
    WorkThread thread;
    thread.post(0, [&done]() -> Status {
      ++done;
      return {};
    });
  }

  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace scopetrace
