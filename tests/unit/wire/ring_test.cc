// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/ring.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstring>
#include <string>
#include <vector>

namespace scopetrace {
namespace {

// A ring in ordinary memory that is written as the kernel does. The second mapping of the data is
// imitated by writing every byte twice.
class FakeRing {
 public:
  explicit FakeRing(std::size_t size_bytes) : size_bytes_(size_bytes), data_(2 * size_bytes) {}

  RingMemory memory() {
    return {.consumer_position = &consumer_,
            .producer_position = &producer_,
            .data = data_.data(),
            .size_bytes = size_bytes_};
  }
  void add(std::string_view payload, std::uint32_t flags = 0) {
    add_claiming(static_cast<std::uint32_t>(payload.size()) | flags, payload);
  }
  void add_claiming(std::uint32_t length_and_flags, std::string_view payload) {
    std::string record(BPF_RINGBUF_HDR_SZ, '\0');
    std::memcpy(record.data(), &length_and_flags, sizeof(length_and_flags));
    record += payload;
    record.resize((record.size() + 7) / 8 * 8);
    for (const char c : record) put(producer_++, static_cast<std::byte>(c));
  }
  void commit_at(std::uint64_t position, std::uint32_t length) {
    std::memcpy(&data_[position % size_bytes_], &length, sizeof(length));
  }
  std::uint64_t consumer() const { return consumer_; }

 private:
  void put(std::uint64_t position, std::byte value) {
    data_[position % size_bytes_] = value;
    data_[position % size_bytes_ + size_bytes_] = value;
  }

  std::uint64_t consumer_ = 0;
  std::uint64_t producer_ = 0;
  std::size_t size_bytes_;
  std::vector<std::byte> data_;
};

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
