// SPDX-License-Identifier: Apache-2.0
// When handshakes are told, and how many of them are kept.
#include "userspace/protocol/handshake_table.h"

#include <gtest/gtest.h>

#include "tests/support/event_builder.h"
#include "tests/support/tls_flights.h"
#include "userspace/wire/decode.h"

namespace scopetrace {
namespace {

class HandshakeTableTest : public ::testing::Test {
 protected:
  std::optional<TlsHello> push(std::uint64_t conn_id, unsigned flags, const std::string& messages) {
    const std::string record = make_handshake_record(conn_id, flags, messages);
    return table_.push(std::get<HandshakeEvent>(*decode(as_bytes(record))));
  }

  const testing::TlsFlights flights_ = testing::make_tls_flights({.host = "api.example"});
  HandshakeTable table_;
};

TEST_F(HandshakeTableTest, TellsTheHelloAtOnceAndAllAtTheEnd) {
  EXPECT_FALSE(push(5, 0, flights_.client.substr(0, 50)).has_value());
  const auto hello = push(5, 0, flights_.client.substr(50));
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->conn_id, 5U);
  EXPECT_EQ(hello->facts.server_name, "api.example");
  EXPECT_FALSE(hello->is_final);
  EXPECT_FALSE(hello->is_server);

  EXPECT_FALSE(push(5, ST_HANDSHAKE_SERVER, flights_.server).has_value());
  const auto all = push(5, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST, "");

  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->is_final);
  EXPECT_EQ(all->facts.cipher, flights_.cipher);
  EXPECT_FALSE(table_.end(5).has_value());
}

TEST_F(HandshakeTableTest, TellsWhatThereIsWhenAConnectionCloses) {
  push(5, 0, flights_.client);

  const auto all = table_.end(5);

  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->is_final);
  EXPECT_EQ(all->facts.server_name, "api.example");
  EXPECT_EQ(all->facts.version, "");
}

TEST_F(HandshakeTableTest, TakesAHandshakeThatWasLostInPartForOneOfAnotherHost) {
  EXPECT_EQ(push(5, ST_HANDSHAKE_CUT, "")->facts.name_state, ServerNameState::kMalformed);
  EXPECT_FALSE(push(6, ST_HANDSHAKE_SERVER, flights_.server).has_value());
  EXPECT_EQ(push(6, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST, "")->facts.name_state,
            ServerNameState::kMalformed);
}

TEST_F(HandshakeTableTest, KnowsWhichEndTheTargetIs) {
  st_handshake_event record = {};
  record.header = {1, 2, 3, ST_EVENT_HANDSHAKE, 0, 0};
  record.conn_id = 5;
  record.direction = ST_INGRESS;
  const auto hello = table_.push({record, as_bytes(flights_.client)});

  ASSERT_TRUE(hello.has_value());
  EXPECT_TRUE(hello->is_server);
}

TEST_F(HandshakeTableTest, GivesTheOldestUpForANewerOne) {
  push(1, 0, flights_.client);
  for (std::uint64_t id = 2; id <= HandshakeTable::kMaxHandshakes + 1; ++id)
    push(id, 0, flights_.client);
  EXPECT_FALSE(table_.end(1).has_value());
  EXPECT_TRUE(table_.end(2).has_value());
}

TEST_F(HandshakeTableTest, HoldsABoundedNumberOfBytes) {
  const std::string half = std::string("\1\0\x3f\xff", 4) + std::string(8000, 'x');
  const std::uint64_t most = HandshakeTable::kMaxPendingBytes / half.size();
  for (std::uint64_t id = 1; id <= most; ++id) push(id, 0, half);
  EXPECT_TRUE(table_.end(1).has_value());
  push(1, 0, half);
  push(most + 1, 0, half);
  EXPECT_FALSE(table_.end(2).has_value());
  EXPECT_TRUE(table_.end(3).has_value());
}

}  // namespace
}  // namespace scopetrace
