// SPDX-License-Identifier: Apache-2.0
#include "userspace/stream/reassembler.h"

#include <gtest/gtest.h>

#include "tests/support/event_builder.h"

namespace scopetrace {
namespace {

// Writes down what it receives as text: "abc" for data, [n] for a gap, . for the end.
class ScriptSink final : public Sink<StreamItem> {
 public:
  Status push(StreamItem item) override {
    if (const auto* chunk = std::get_if<StreamChunk>(&item)) {
      script += as_text(chunk->data);
      conn_id = chunk->conn_id;
      is_plain = chunk->is_plain;
      begins.push_back(chunk->begins_call);
    } else if (const auto* gap = std::get_if<StreamGap>(&item)) {
      script += "[" + std::to_string(gap->missing_bytes) + "]";
      causes.push_back(gap->cause);
    } else if (const auto* end = std::get_if<StreamEnd>(&item)) {
      script += ".";
      ends.push_back(end->cause);
    }
    return {};
  }
  Status finish() override {
    script += "!";
    return {};
  }

  std::string script;
  std::uint64_t conn_id = 0;
  bool is_plain = false;
  std::vector<bool> begins;
  std::vector<GapCause> causes;
  std::vector<EndCause> ends;
};

class ReassemblerTest : public testing::Test {
 protected:
  void push(Event event) { ASSERT_TRUE(reassembler.push(std::move(event)).has_value()); }
  void call(std::string_view payload, std::uint64_t position, std::uint64_t time_ns = 1'000'000) {
    const TlsCallBuilder builder = TlsCallBuilder(payload).at(position).time(time_ns);
    push(builder.event());
  }

  ScriptSink sink;
  Reassembler reassembler{sink};
};

TEST_F(ReassemblerTest, PassesChunksInOrder) {
  call("abc", 0);
  call("def", 3);

  EXPECT_EQ(sink.script, "abcdef");
  EXPECT_EQ(reassembler.counters().stream_bytes, 6U);
}

TEST_F(ReassemblerTest, PutsAnEarlyChunkBack) {
  call("def", 3);
  call("ghi", 6);
  call("abc", 0);

  EXPECT_EQ(sink.script, "abcdefghi");
  EXPECT_EQ(reassembler.counters().reordered_chunks, 2U);
  EXPECT_EQ(reassembler.held_bytes(), 0U);
}

TEST_F(ReassemblerTest, DropsDuplicatesAndCountsThem) {
  call("abc", 0);
  call("abc", 0);
  call("bcd", 1);

  EXPECT_EQ(sink.script, "abcd");
  EXPECT_EQ(reassembler.counters().duplicate_bytes, 5U);
  EXPECT_EQ(sink.begins, (std::vector<bool>{true, false}));
}

TEST_F(ReassemblerTest, ReportsAGapWhenTheWaitIsOver) {
  call("abc", 0);
  call("xyz", 10);
  EXPECT_EQ(sink.script, "abc");

  ASSERT_TRUE(reassembler.advance(1'000'000'000).has_value());

  EXPECT_EQ(sink.script, "abc[7]xyz");
  EXPECT_EQ(sink.causes, std::vector<GapCause>{GapCause::kDropped});
  EXPECT_EQ(reassembler.counters().gap_bytes, 7U);
}

TEST_F(ReassemblerTest, ReportsAMissingChunkInsideACall) {
  const TlsCallBuilder first = TlsCallBuilder("abc").part(0, 9).flags(0);
  const TlsCallBuilder last = TlsCallBuilder("ghi").part(6, 9);
  push(first.event());
  push(last.event());

  push(make_close(7, 9));

  EXPECT_EQ(sink.script, "abc[3]ghi.");
  EXPECT_EQ(sink.begins, (std::vector<bool>{true, false}));
}

TEST_F(ReassemblerTest, ReportsAFaultAsAGap) {
  push(TlsCallBuilder("").part(0, 64).fault(64).event());
  call("abc", 64);

  EXPECT_EQ(sink.script, "[64]abc");
  EXPECT_EQ(sink.causes, std::vector<GapCause>{GapCause::kFault});
}

TEST_F(ReassemblerTest, ReportsTheRestOfATruncatedCall) {
  const TlsCallBuilder cut =
      TlsCallBuilder("abc").part(0, 100).flags(ST_TLS_LAST | ST_TLS_TRUNCATED);
  push(cut.event());
  call("def", 100);

  EXPECT_EQ(sink.script, "abc[97]def");
  EXPECT_EQ(sink.causes, std::vector<GapCause>{GapCause::kTruncated});
}

TEST_F(ReassemblerTest, KeepsDirectionsApart) {
  const TlsCallBuilder ingress = TlsCallBuilder("in").direction(ST_INGRESS);
  call("out", 0);
  push(ingress.event());

  EXPECT_EQ(sink.script, "outin");
}

TEST_F(ReassemblerTest, AppliesAConnectionLearnedLater) {
  call("abc", 0);
  EXPECT_EQ(sink.conn_id, 0U);

  push(make_peer(7, 42));
  call("def", 3);

  EXPECT_EQ(sink.conn_id, 42U);
}

TEST_F(ReassemblerTest, ShowsBytesLostBeforeTheClose) {
  call("abc", 0);

  push(make_close(7, 10));

  EXPECT_EQ(sink.script, "abc[7].");
  EXPECT_EQ(sink.ends, std::vector<EndCause>{EndCause::kClosed});
  EXPECT_EQ(reassembler.objects(), 0U);
}

TEST_F(ReassemblerTest, EndsTheStreamsOfAProcessThatExits) {
  call("abc", 0);

  push(make_process(ST_EVENT_EXIT, 100));

  EXPECT_EQ(sink.script, "abc.");
  EXPECT_EQ(sink.ends, std::vector<EndCause>{EndCause::kExited});
}

// A socket outlives exec, and a process when another one has it.
TEST_F(ReassemblerTest, KeepsAPlainStreamWhenItsProcessEndsOrExecutes) {
  for (const st_event_type type : {ST_EVENT_EXEC, ST_EVENT_EXIT}) {
    push(TlsCallBuilder("abc").connection(4).flags(ST_TLS_LAST | ST_TLS_PLAIN).event());
    push(make_process(type, 100));
  }
  push(TlsCallBuilder("def").at(3).connection(4).flags(ST_TLS_LAST | ST_TLS_PLAIN).event());

  EXPECT_EQ(sink.script, "abcdef");
  EXPECT_EQ(reassembler.counters().gaps, 0U);
}

TEST_F(ReassemblerTest, KeepsTheStreamsOfAProcessThatForks) {
  call("abc", 0);

  push(make_process(ST_EVENT_FORK, 100));

  EXPECT_EQ(sink.script, "abc");
}

TEST_F(ReassemblerTest, EndsAStreamSomeTimeAfterItsConnectionClosed) {
  push(make_peer(7, 42));
  push(make_connection(42, ST_CONNECTION_CLOSED, 2'000'000));
  call("still read", 0, 3'000'000);
  EXPECT_EQ(sink.script, "still read");

  ASSERT_TRUE(reassembler.advance(2'000'000'000).has_value());

  EXPECT_EQ(sink.script, "still read.");
}

TEST_F(ReassemblerTest, FinishesEveryStream) {
  call("abc", 0);
  call("late", 5);

  ASSERT_TRUE(reassembler.finish().has_value());

  EXPECT_EQ(sink.script, "abc[2]late.!");
  EXPECT_EQ(sink.ends, std::vector<EndCause>{EndCause::kFinished});
}

TEST(ReassemblerLimitTest, EvictsTheLeastRecentlyUsedObject) {
  ScriptSink sink;
  Reassembler reassembler(sink, {.max_objects = 2});
  const TlsCallBuilder first = TlsCallBuilder("a").object(1);
  const TlsCallBuilder second = TlsCallBuilder("b").object(2);
  const TlsCallBuilder third = TlsCallBuilder("c").object(3);

  ASSERT_TRUE(reassembler.push(first.event()).has_value());
  ASSERT_TRUE(reassembler.push(second.event()).has_value());
  ASSERT_TRUE(reassembler.push(third.event()).has_value());

  EXPECT_EQ(sink.script, "ab.c");
  EXPECT_EQ(sink.ends, std::vector<EndCause>{EndCause::kEvicted});
  EXPECT_EQ(reassembler.counters().evicted_objects, 1U);
}

TEST(ReassemblerWindowTest, TellsWhatWasOutOfScopeFromLosses) {
  ScriptSink sink;
  Reassembler reassembler(sink, {.has_windows = true});
  const auto push = [&](const Event& event) { ASSERT_TRUE(reassembler.push(event).has_value()); };

  push(make_window(7, ST_WINDOW_MATCHED, 10, 4));
  push(TlsCallBuilder("abc").at(10).event());
  push(make_window(7, ST_WINDOW_NONE, 15, 4));  // two bytes in the window did not come
  push(make_window(7, ST_WINDOW_CAUSED, 20, 9));
  push(TlsCallBuilder("def").at(20).event());

  EXPECT_EQ(sink.script, "[10][4]abc[2][5][5]def");
  EXPECT_EQ(sink.causes,
            (std::vector<GapCause>{GapCause::kOutOfScope, GapCause::kOutOfScope, GapCause::kDropped,
                                   GapCause::kOutOfScope, GapCause::kOutOfScope}));
  EXPECT_EQ(reassembler.counters().out_of_scope_bytes, 24U);
  EXPECT_EQ(reassembler.counters().gap_bytes, 2U);
}

// A call of the other direction may be under way when the next request in scope begins.
TEST(ReassemblerWindowTest, WaitsForWhatComesLateBetweenTwoRequestsInScope) {
  ScriptSink sink;
  Reassembler reassembler(sink, {.has_windows = true});
  const auto push = [&](const Event& event) { ASSERT_TRUE(reassembler.push(event).has_value()); };

  push(make_window(7, ST_WINDOW_MATCHED, 0, 0));
  push(TlsCallBuilder("abc").at(0).event());
  push(make_window(7, ST_WINDOW_CAUSED, 3, 4));  // counts an answer that is still to come
  push(TlsCallBuilder("late").direction(ST_INGRESS).event());

  EXPECT_EQ(sink.script, "abclate");
  EXPECT_EQ(reassembler.counters().gap_bytes, 0U);
}

TEST(ReassemblerWindowTest, TakesTheRestOfAnObjectWithoutWindowForOutOfScope) {
  ScriptSink sink;
  Reassembler reassembler(sink, {.has_windows = true});

  ASSERT_TRUE(reassembler.push(make_peer(7, 3)).has_value());
  ASSERT_TRUE(reassembler.push(make_close(7, 100, 200)).has_value());

  EXPECT_EQ(reassembler.counters().out_of_scope_bytes, 300U);
  EXPECT_EQ(reassembler.counters().gaps, 0U);
}

TEST_F(ReassemblerTest, CountsNothingAsLostOfAMutedConnection) {
  push(make_peer(7, 3));
  call("abc", 0);
  reassembler.mute(3);
  push(make_close(7, 50, 60));

  EXPECT_EQ(reassembler.counters().gap_bytes, 0U);
  EXPECT_EQ(reassembler.counters().out_of_scope_bytes, 107U);
}

// The kernel mutes a connection before its TLS object is told, or one more object is tied to it.
TEST_F(ReassemblerTest, CountsNothingAsLostOfAnObjectThatIsTiedToAMutedConnectionLater) {
  reassembler.mute(3);
  push(make_peer(7, 3));
  push(make_close(7, 50, 60));
  EXPECT_EQ(reassembler.counters().gap_bytes, 0U);
  EXPECT_EQ(reassembler.counters().out_of_scope_bytes, 110U);

  push(make_peer(8, 4));
  push(make_close(8, 50, 60));
  EXPECT_EQ(reassembler.counters().gap_bytes, 110U);
}

TEST_F(ReassemblerTest, ForgetsAMutedConnectionWhenItIsClosed) {
  reassembler.mute(3);
  push(make_connection(3, ST_CONNECTION_CLOSED));
  push(make_peer(7, 3));
  push(make_close(7, 50));
  EXPECT_EQ(reassembler.counters().gap_bytes, 50U);
}

TEST(ReassemblerLimitTest, StopsWaitingWhenTooMuchIsHeld) {
  ScriptSink sink;
  Reassembler reassembler(sink, {.max_held_per_stream = 4});
  const TlsCallBuilder early = TlsCallBuilder("12345").at(10);

  ASSERT_TRUE(reassembler.push(early.event()).has_value());

  EXPECT_EQ(sink.script, "[10]12345");
  EXPECT_EQ(reassembler.held_bytes(), 0U);
}

TEST_F(ReassemblerTest, TellsWhatOfAPlainStreamCouldNotBeRead) {
  const unsigned plain = ST_TLS_LAST | ST_TLS_PLAIN;
  push(TlsCallBuilder("abc").connection(4).flags(plain).event());
  push(TlsCallBuilder("").at(3).connection(4).part(0, 9).flags(plain | ST_TLS_UNREADABLE).event());
  push(TlsCallBuilder("").at(12).connection(4).part(0, 5).flags(plain | ST_TLS_IO_URING).event());
  push(TlsCallBuilder("def").at(17).connection(4).flags(plain).event());

  EXPECT_EQ(sink.script, "abc[9][5]def");
  EXPECT_EQ(sink.causes, std::vector({GapCause::kUnreadable, GapCause::kIoUring}));
  EXPECT_TRUE(sink.is_plain);
}

TEST_F(ReassemblerTest, TellsTheRestOfACallOfManyParts) {
  push(TlsCallBuilder("abc").part(0, 10).flags(ST_TLS_PLAIN).event());
  push(TlsCallBuilder("").part(3, 10).flags(ST_TLS_LAST | ST_TLS_PLAIN | ST_TLS_TRUNCATED).event());
  push(TlsCallBuilder("def").at(10).flags(ST_TLS_LAST | ST_TLS_PLAIN).event());

  EXPECT_EQ(sink.script, "abc[7]def");
  EXPECT_EQ(sink.causes, std::vector({GapCause::kTruncated}));
}

// Its connection says at its end how much it carried: what was lost last is a gap too.
TEST_F(ReassemblerTest, EndsAPlainStreamWithItsConnection) {
  push(TlsCallBuilder("abc").connection(4).flags(ST_TLS_LAST | ST_TLS_PLAIN).event());
  st_connection_event closed = make_connection(4, ST_CONNECTION_CLOSED, 2'000'000);
  closed.sent_bytes = 5;
  push(closed);

  ASSERT_TRUE(reassembler.advance(2'000'000 + ReassemblerLimits{}.linger_ns + 1));

  EXPECT_EQ(sink.script, "abc[2].");
  EXPECT_EQ(sink.ends, std::vector({EndCause::kClosed}));
}

}  // namespace
}  // namespace scopetrace
