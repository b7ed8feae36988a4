// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/delivery_mark.h"

#include <gtest/gtest.h>

#include "tests/unit/scopes/scratch.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

class DeliveryMarkTest : public ::testing::Test {
 protected:
  DeliveryMark mark() const {
    return {.url = "http://c.example",
            .spans = sha256(as_bytes("spans")),
            .sent_bytes = 700,
            .rejected_spans = 2};
  }
  Result<DeliveryMark> read(const std::string& url, std::string_view spans) const {
    return read_delivery_mark(path_, url, sha256(as_bytes(spans)));
  }

  ScratchFolder scratch_;
  std::string path_ = scratch_.file("x.otlp-sent");
};

TEST_F(DeliveryMarkTest, ComesBackAsItWas) {
  ASSERT_TRUE(write_delivery_mark(path_, mark()));
  const auto back = read("http://c.example", "spans");
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->sent_bytes, 700u);
  EXPECT_EQ(back->rejected_spans, 2u);
}

TEST_F(DeliveryMarkTest, NothingWasSentWithoutOne) {
  EXPECT_EQ(read("http://c.example", "spans").value().sent_bytes, 0u);
}

TEST_F(DeliveryMarkTest, IsOfOneCollectorAndOneFile) {
  ASSERT_TRUE(write_delivery_mark(path_, mark()));
  EXPECT_EQ(read("http://other.example", "spans").value().sent_bytes, 0u);
  EXPECT_EQ(read("http://c.example", "other").value().sent_bytes, 0u);
}

TEST_F(DeliveryMarkTest, WhatIsNoMarkIsAnError) {
  for (const char* text : {"", "7", "{}", R"({"otlp":"x","spans":1,"sent_bytes":1})", "\xff"}) {
    ASSERT_TRUE(write_file_atomically(path_, text, 0600));
    const auto back = read("http://c.example", "spans");
    ASSERT_FALSE(back.has_value()) << text;
    EXPECT_EQ(back.error().code(), ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace scopetrace
