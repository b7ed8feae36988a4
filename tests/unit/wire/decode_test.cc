// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/decode.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/support/event_builder.h"

namespace scopetrace {
namespace {

TEST(DecodeTest, GivesThePayloadOfATlsRecord) {
  const std::string record = TlsCallBuilder("hello").at(9).direction(ST_INGRESS).record();

  const Result<Event> event = decode(as_bytes(record));

  ASSERT_TRUE(event.has_value());
  const auto* tls = std::get_if<TlsEvent>(&*event);
  ASSERT_NE(tls, nullptr);
  EXPECT_EQ(as_text(tls->payload), "hello");
  EXPECT_EQ(tls->record.position, 9U);
  EXPECT_EQ(tls->record.direction, ST_INGRESS);
}

TEST(DecodeTest, LeavesThePaddingOfASizeClassOut) {
  TlsCallBuilder call("hello");
  call.raw().header.size = sizeof(st_tls_event) + 256;
  const std::string record =
      record_of(call.raw(), sizeof(st_tls_event) + 256) + "hello" + std::string(251, '\xaa');

  const Result<Event> event = decode(as_bytes(record));

  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(as_text(std::get<TlsEvent>(*event).payload), "hello");
}

TEST(DecodeTest, AcceptsAFaultWithoutPayload) {
  const std::string record = TlsCallBuilder("").part(0, 64).fault(64).record();

  const Result<Event> event = decode(as_bytes(record));

  ASSERT_TRUE(event.has_value());
  EXPECT_TRUE(std::get<TlsEvent>(*event).payload.empty());
}

TEST(DecodeTest, AcceptsACallThatCouldNotBeRead) {
  TlsCallBuilder call("");
  call.part(0, 64).flags(ST_TLS_LAST | ST_TLS_PLAIN | ST_TLS_UNREADABLE);

  const Result<Event> event = decode(as_bytes(call.record()));

  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(std::get<TlsEvent>(*event).record.call_bytes, 64U);
}

TEST(DecodeTest, GivesBothTextsOfACall) {
  const std::string record = make_call_record("/a", "/bc");

  const Result<Event> event = decode(as_bytes(record));

  ASSERT_TRUE(event.has_value());
  const auto& call = std::get<CallEvent>(*event);
  EXPECT_EQ(as_text(call.texts[0]), "/a");
  EXPECT_EQ(as_text(call.texts[1]), "/bc");
}

// One record that is accepted whole.
struct KindCase {
  const char* name;
  std::string record;
  std::size_t needed_bytes;  // a prefix shorter than this is refused
};
void PrintTo(const KindCase& c, std::ostream* out) { *out << c.name; }

class DecodeKindTest : public testing::TestWithParam<KindCase> {};

TEST_P(DecodeKindTest, AcceptsTheWholeRecord) {
  EXPECT_TRUE(decode(as_bytes(GetParam().record)).has_value());
}

TEST_P(DecodeKindTest, RefusesEveryTruncation) {
  for (std::size_t size = 0; size < GetParam().needed_bytes; ++size) {
    const Result<Event> event = decode(as_bytes(GetParam().record).first(size));
    ASSERT_FALSE(event.has_value()) << size;
    EXPECT_EQ(event.error().code(), ErrorCode::kCorrupt);
  }
}

// The header claims no more than there is: the kind's own length is what must be missing.
TEST_P(DecodeKindTest, RefusesEveryTruncationThatTheHeaderAdmits) {
  for (std::size_t size = sizeof(st_event_header); size < GetParam().needed_bytes; ++size) {
    std::string record = GetParam().record.substr(0, size);
    const auto claimed = static_cast<std::uint32_t>(size);
    std::memcpy(record.data() + offsetof(st_event_header, size), &claimed, sizeof claimed);
    EXPECT_FALSE(decode(as_bytes(record)).has_value()) << size;
  }
}

template <class Record>
KindCase kind_case(const char* name, const Record& record) {
  return {name, record_of(record), sizeof(Record)};
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, DecodeKindTest,
    testing::Values(
        KindCase{"Tls", TlsCallBuilder("payload").record(), sizeof(st_tls_event) + 7},
        KindCase{"Call", make_call_record("/a", "/bc"),
                 sizeof(st_call_event) + ST_CALL_TEXT_MAX + 3},
        KindCase{"Log", make_log_record("a line"), sizeof(st_log_event) + 6},
        KindCase{"Handshake", make_handshake_record(1, 0, "hello"), sizeof(st_handshake_event) + 5},
        KindCase{"Dns", make_dns_record(ST_EGRESS, "a question"), sizeof(st_dns_event) + 10},
        kind_case("Peer", make_peer(1, 2)), kind_case("Close", make_close(1)),
        kind_case("Connection", make_connection(1, ST_CONNECTION_OPENED)),
        kind_case("Fork", make_process(ST_EVENT_FORK, 3)),
        kind_case("Exec", make_process(ST_EVENT_EXEC, 3)),
        kind_case("Exit", make_process(ST_EVENT_EXIT, 3))),
    [](const auto& test) { return std::string(test.param.name); });

struct BadFieldCase {
  const char* name;
  std::string record;
};
void PrintTo(const BadFieldCase& c, std::ostream* out) { *out << c.name; }

class DecodeFieldTest : public testing::TestWithParam<BadFieldCase> {};

TEST_P(DecodeFieldTest, RefusesTheRecord) {
  const Result<Event> event = decode(as_bytes(GetParam().record));

  ASSERT_FALSE(event.has_value());
  EXPECT_EQ(event.error().code(), ErrorCode::kCorrupt);
}

BadFieldCase bad_tls(const char* name, const std::function<void(st_tls_event&)>& change) {
  TlsCallBuilder call("payload");
  change(call.raw());
  return {name, call.record()};
}

BadFieldCase bad_connection(const char* name,
                            const std::function<void(st_connection_event&)>& change) {
  st_connection_event event = make_connection(1, ST_CONNECTION_OPENED);
  change(event);
  return {name, record_of(event)};
}

BadFieldCase bad_log(const char* name, const std::function<void(st_log_event&)>& change) {
  st_log_event event = make_log("");
  change(event);
  return {name, record_of(event)};
}

BadFieldCase bad_peer_source() {
  st_tls_peer_event event = make_peer(1, 2);
  event.source = 9;
  return {"PeerSource", record_of(event)};
}

INSTANTIATE_TEST_SUITE_P(
    Fields, DecodeFieldTest,
    testing::Values(
        bad_tls("TypeZero", [](auto& tls) { tls.header.type = 0; }),
        bad_tls("TypeOfTheOtherRing", [](auto& tls) { tls.header.type = ST_EVENT_LIBRARY; }),
        bad_tls("TypeUnknown", [](auto& tls) { tls.header.type = 999; }),
        bad_tls("Direction", [](auto& tls) { tls.direction = 2; }),
        bad_tls("Flags", [](auto& tls) { tls.flags = 0x80; }),
        bad_tls("PayloadOfNone", [](auto& tls) { tls.flags = ST_TLS_IO_URING; }),
        bad_tls("Position", [](auto& tls) { tls.position = kMaxPosition + 1; }),
        bad_tls("ChunkPastItsRecord", [](auto& tls) { tls.chunk_bytes = tls.call_bytes = 8; }),
        bad_tls("ChunkPastItsCall", [](auto& tls) { tls.offset_bytes = 1; }),
        bad_tls("OffsetOverflow", [](auto& tls) { tls.offset_bytes = 0xffffffff; }),
        bad_tls("ChunkTooLong",
                [](auto& tls) { tls.chunk_bytes = tls.call_bytes = ST_CHUNK_BYTES + 1; }),
        bad_log("LogSinkZero", [](auto& log) { log.sink = 0; }),
        bad_log("LogSink", [](auto& log) { log.sink = 6; }),
        bad_log("LogFlags", [](auto& log) { log.flags = 4; }),
        bad_log("LogSequence", [](auto& log) { log.sequence = 0; }),
        bad_log("LogKeepsMoreThanWritten", [](auto& log) { log.kept_bytes = 1; }),
        bad_log("LogTooLong",
                [](auto& log) { log.call_bytes = log.kept_bytes = ST_LOG_BYTES_MAX + 1; }),
        bad_log("LogNameWithoutEnd", [](auto& log) { std::memset(log.name, 'a', 64); }),
        bad_peer_source(), bad_connection("ConnectionZero", [](auto& event) { event.conn_id = 0; }),
        bad_connection("Family", [](auto& event) { event.family = 1; }),
        bad_connection("StateZero", [](auto& event) { event.state = 0; }),
        bad_connection("State", [](auto& event) { event.state = 4; }),
        bad_connection("Role", [](auto& event) { event.role = 3; }),
        BadFieldCase{"SizeZero", record_of(make_close(1), 0)},
        BadFieldCase{"SizeClaimsMore", record_of(make_close(1), 57)}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace scopetrace
