// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/ring.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <string>
#include <vector>

#include "tests/support/fake_ring.h"

namespace scopetrace {
namespace {

// All records that are there, each released after it was read.
std::vector<std::string> drain(RingReader& reader) {
  std::vector<std::string> records;
  while (true) {
    const auto record = reader.next();
    if (!record || !*record) return records;
    records.emplace_back(as_text(**record));
    reader.release();
  }
}

TEST(RingReaderTest, ReturnsRecordsInOrderAndGivesSpaceBack) {
  FakeRing ring(64);
  RingReader reader(ring.memory());
  ring.add("first");
  ring.add("second one");

  EXPECT_EQ(drain(reader), (std::vector<std::string>{"first", "second one"}));
  EXPECT_EQ(ring.consumer(), 16U + 24U);
  EXPECT_EQ(reader.backlog_bytes(), 0U);
}

TEST(RingReaderTest, ReadsARecordThatWrapsAround) {
  FakeRing ring(64);
  RingReader reader(ring.memory());
  ring.add(std::string(30, 'a'));
  ASSERT_EQ(drain(reader).size(), 1U);
  ring.add(std::string(40, 'b'));

  EXPECT_EQ(drain(reader), std::vector<std::string>{std::string(40, 'b')});
}

TEST(RingReaderTest, WaitsForABusyRecordAndSkipsDiscardedOnes) {
  FakeRing ring(128);
  RingReader reader(ring.memory());
  ring.add("gone", BPF_RINGBUF_DISCARD_BIT);
  ring.add("busy", BPF_RINGBUF_BUSY_BIT);
  ring.add("after");

  EXPECT_TRUE(drain(reader).empty());
  EXPECT_EQ(ring.consumer(), 16U);
  ring.commit_at(16, 4);
  EXPECT_EQ(drain(reader), (std::vector<std::string>{"busy", "after"}));
}

TEST(RingReaderTest, RefusesALengthThatLeavesTheRing) {
  FakeRing ring(64);
  RingReader reader(ring.memory());
  ring.add_claiming(65, "short");

  const auto record = reader.next();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace scopetrace
