// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "tests/support/bundle_fixture.h"
#include "userspace/base/file.h"
#include "userspace/base/pipe.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {
namespace {

// Writes in pieces of `step` bytes to a pipe and hands out the other end.
class Feeder {
 public:
  Feeder(ByteVector bytes, std::size_t step) {
    int ends[2];
    ST_CHECK(::pipe(ends) == 0);
    reader_ = UniqueFd(ends[0]);
    thread_ = std::thread([fd = ends[1], bytes = std::move(bytes), step] {
      const UniqueFd writer(fd);
      for (std::size_t at = 0; at < bytes.size(); at += step) {
        const Bytes piece = Bytes(bytes).subspan(at, std::min(step, bytes.size() - at));
        ST_CHECK(write_all(writer.get(), piece).has_value());
      }
    });
  }
  ~Feeder() { thread_.join(); }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  int fd() const { return reader_.get(); }

 private:
  UniqueFd reader_;
  std::thread thread_;
};

class PipeSourceTest : public testing::TestWithParam<std::size_t> {};

TEST_P(PipeSourceTest, GivesTheFramesOfTheFile) {
  BundleFixture fixture;
  fixture.recipients = {"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"};
  const ByteVector bundle = fixture.bundle();
  Feeder feeder(bundle, GetParam());
  MemorySource memory(bundle);
  PipeSource pipe(feeder.fd());
  FrameReader expected(memory);
  FrameReader actual(pipe);

  Frame want;
  Frame got;
  while (*expected.next(want) == FrameStatus::kFrame) {
    ASSERT_EQ(*actual.next(got), FrameStatus::kFrame);
    EXPECT_EQ(got.offset, want.offset);
    ASSERT_EQ(got.bytes, want.bytes);
  }
  EXPECT_EQ(*actual.next(got), FrameStatus::kEnd);
}

INSTANTIATE_TEST_SUITE_P(Steps, PipeSourceTest, testing::Values(1, 7, 4096, 1 << 20));

TEST(PipeSourceEndTest, SaysWhereACutFrameEnds) {
  BundleFixture fixture;
  ByteVector bundle = fixture.bundle();
  bundle.resize(bundle.size() - 20);
  Feeder feeder(bundle, 100);
  PipeSource pipe(feeder.fd());
  const VerifyInputs inputs{.trust = fixture.trust(), .on_line = {}};

  const auto report = verify_bundle(pipe, inputs);

  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, Verdict::kIncomplete);
  EXPECT_EQ(report->lines, 6u);
}

TEST(PipeSourceEndTest, OfAnEmptyPipeIsTheEnd) {
  Feeder feeder({}, 1);
  PipeSource pipe(feeder.fd());
  FrameReader reader(pipe);
  Frame frame;

  EXPECT_EQ(*reader.next(frame), FrameStatus::kEnd);
}

// A pipe that does not block, whose other end a test writes to.
class GrowingPipeTest : public testing::Test {
 protected:
  GrowingPipeTest() : pipe_(std::move(*make_pipe())), source_(pipe_.reader.get()) {
    ST_CHECK(::fcntl(pipe_.reader.get(), F_SETFL, O_RDONLY | O_NONBLOCK) == 0);
  }
  void write(Bytes bytes) { ST_CHECK(write_all(pipe_.writer.get(), bytes).has_value()); }

  Pipe pipe_;
  PipeSource source_;
};

TEST_F(GrowingPipeTest, HasWhatCameSoFar) {
  EXPECT_EQ(*source_.available(0, 100), 0U);

  write(as_bytes("12345"));

  EXPECT_EQ(*source_.wait_for_more(), true);
  EXPECT_EQ(*source_.available(0, 100), 5U);
  EXPECT_EQ(*source_.available(2, 2), 2U);
}

TEST_F(GrowingPipeTest, EndsWithItsWriter) {
  write(as_bytes("12345"));
  pipe_.writer = UniqueFd();

  EXPECT_EQ(*source_.available(0, 100), 5U);
  EXPECT_EQ(*source_.wait_for_more(), false);
}

TEST_F(GrowingPipeTest, VerifiesABundleThatComesLittleByLittle) {
  BundleFixture fixture;
  const ByteVector bundle = fixture.bundle();
  std::thread writer([&] {
    for (const Frame& frame : frames_of(bundle)) write(frame.bytes);
    pipe_.writer = UniqueFd();
  });

  const auto report = verify_bundle(source_, {.trust = fixture.trust(), .on_line = {}});

  writer.join();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, Verdict::kComplete);
}

}  // namespace
}  // namespace scopetrace
