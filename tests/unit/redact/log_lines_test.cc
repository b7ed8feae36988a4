// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/log/log_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/redact/fixture.h"
#include "userspace/redact/log/journal_entry.h"
#include "userspace/redact/log/log_line.h"

namespace scopetrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

bool no_class(std::string_view) { return false; }

struct SeverityCase {
  const char* name;
  const char* line;
  const char* format;
  const char* severity;
};
void PrintTo(const SeverityCase& row, std::ostream* out) { *out << row.name; }

class LogSeverityTest : public testing::TestWithParam<SeverityCase> {};

TEST_P(LogSeverityTest, IsReadFromTheLine) {
  const LogLine line = describe_log_line(GetParam().line, no_class);

  EXPECT_EQ(line.format, GetParam().format);
  EXPECT_EQ(line.severity, GetParam().severity);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, LogSeverityTest,
    testing::Values(
        SeverityCase{"JsonWord", R"({"time":1,"level":"WARN","msg":"x"})", "json", "warn"},
        SeverityCase{"JsonNumber", R"({"level":20,"msg":"x"})", "json", "debug"},
        SeverityCase{"JsonSpaced", R"({"msg":"level", "severity": "ERROR"})", "json", "error"},
        SeverityCase{"JsonNone", R"({"msg":"error"})", "json", ""},
        SeverityCase{"Logfmt", "ts=1 lvl=trace msg=x", "logfmt", "trace"},
        SeverityCase{"LogfmtAlone", "level=debug", "logfmt", "debug"},
        SeverityCase{"Syslog", "<14>Nov 29 10:00:00 app[1]: x", "syslog", "info"},
        SeverityCase{"SyslogOfNoPriority", "<999>x", "text", ""},
        SeverityCase{"PythonDefault", "WARNING:root:x", "text", "warn"},
        SeverityCase{"PythonLower", "info: started", "text", "info"},
        SeverityCase{"Nginx", "2026/11/29 10:00:00 [error] 7#7: x", "text", "error"},
        SeverityCase{"Java", "2026-11-29 10:00:00,123 DEBUG [main] c.e.App - x", "text", "debug"},
        SeverityCase{"Glog", "E1129 10:00:00.1 7 a.cc:1] x", "text", "error"},
        SeverityCase{"Sentence", "there was no error in it", "text", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(LogShapeTest, HoldsNoWordAndNoNumber) {
  const auto is_known = [](std::string_view name) { return name == "jwt"; };
  const LogLine line = describe_log_line(
      "10:15 user \xc3\xa4nne=[REDACTED:jwt:0123456789abcdef] [REDACTED:secretword] ok!?",
      is_known);

  EXPECT_EQ(line.shape, "0:0 a a=<jwt> [a:a] a.");
  EXPECT_THAT(line.classes, ElementsAre("jwt"));
}

TEST(LogShapeTest, IsBounded) {
  std::string long_line;
  for (int i = 0; i < 500; ++i) long_line += "a1";
  EXPECT_EQ(describe_log_line(long_line, no_class).shape.size(), kMaxLogShape);
}

TEST(JournalEntryTest, ReadsBothForms) {
  const std::string sized = "MESSAGE\n" + std::string("\x04\0\0\0\0\0\0\0", 8) + "a\nbc\n";
  const JournalEntry entry = parse_journal_entry("PRIORITY=3\n" + sized + "CODE_LINE=7\n");
  EXPECT_EQ(entry.message, "a\nbc");
  EXPECT_EQ(entry.priority, 3U);
  EXPECT_TRUE(entry.is_whole);
  EXPECT_EQ(parse_journal_entry("MESSAGE=x=y\n").message, "x=y");
}

TEST(JournalEntryTest, SaysWhatIsCut) {
  const std::string whole = "MESSAGE\n" + std::string("\x04\0\0\0\0\0\0\0", 8) + "abcd\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_journal_entry(std::string_view(whole).substr(0, size)).is_whole) << size;
  }
  EXPECT_FALSE(parse_journal_entry("MESSAGE\n" + std::string(8, '\xff') + "abcd\n").is_whole);
}

// Writes to the logs of one process.
class LogLinesTest : public testing::Test {
 protected:
  std::vector<RedactedLog> write(std::string_view text, st_log_sink sink = ST_LOG_STDOUT,
                                 unsigned flags = 0, std::size_t call_bytes = 0) {
    LogEvent event{};
    event.record.header = {1'000, 100, 101, ST_EVENT_LOG, 0, 0};
    event.record.sequence = ++sequence_;
    event.record.kept_bytes = static_cast<__u32>(text.size());
    event.record.call_bytes = static_cast<__u32>(std::max(call_bytes, text.size()));
    event.record.fd = sink;
    event.record.sink = static_cast<__u8>(sink);
    event.record.flags = static_cast<__u8>(flags);
    if (sink == ST_LOG_FILE) std::memcpy(event.record.name, "app.log", 8);
    event.content = as_bytes(text);
    auto lines = logs_.take(event, level_);
    s_.scanner.learn_pending();
    return lines;
  }
  static std::string texts(const std::vector<RedactedLog>& lines) {
    std::string all;
    for (const RedactedLog& line : lines)
      all += (line.withheld.empty() ? line.text : "(" + line.withheld + ")") + "|";
    return all;
  }
  void lose_one() { ++sequence_; }
  // A write of another process to its standard output.
  void write_of(std::uint32_t tgid, std::string_view text) {
    LogEvent event{};
    event.record.header = {1'000, tgid, tgid, ST_EVENT_LOG, 0, 0};
    event.record.sequence = ++sequence_;
    event.record.call_bytes = event.record.kept_bytes = static_cast<__u32>(text.size());
    event.record.fd = event.record.sink = ST_LOG_STDOUT;
    event.content = as_bytes(text);
    written_ = texts(logs_.take(event, level_));
  }

  Scanner s_;
  LogLines logs_{s_.scanner};
  Level level_ = Level::kRedacted;
  std::uint64_t sequence_ = 0;
  std::string written_;  // what the last write_of() told
};

TEST_F(LogLinesTest, TellsLinesWhenTheyAreWhole) {
  EXPECT_EQ(texts(write("one\r\ntwo\nthr")), "one|two|");
  EXPECT_EQ(texts(write("ee\n")), "three|");
  EXPECT_EQ(texts(write("other", ST_LOG_STDERR)), "");
  EXPECT_EQ(texts(write("four\n")), "four|");
  EXPECT_EQ(texts(logs_.end(100, level_)), "(cut)|");
  EXPECT_EQ(logs_.open_logs(), 0U);
}

TEST_F(LogLinesTest, FindsASecretHoweverItIsWritten) {
  const std::string secret = make_secret(24, 3);
  const std::string line = "WARN login with password=" + secret + " failed\n";
  for (std::size_t cut = 1; cut < line.size(); ++cut) {
    std::string all = texts(write(line.substr(0, cut)));
    const auto lines = write(line.substr(cut));
    all += texts(lines);
    ASSERT_THAT(all, Not(HasSubstr(secret.substr(0, 8)))) << cut;
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].severity, "warn");
    EXPECT_EQ(lines[0].classes.size(), 1U);
  }
}

TEST_F(LogLinesTest, KeepsTextOnlyAtLevelRedacted) {
  for (const Level level : {Level::kMetadata, Level::kHeaders, Level::kShape}) {
    level_ = level;
    const auto lines = write("ERROR for jo.doe@mail.example.com\n", ST_LOG_FILE);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].text, "");
    EXPECT_EQ(lines[0].shape, "a a <email>");
    EXPECT_EQ(lines[0].severity, "error");
    EXPECT_EQ(lines[0].file, level == Level::kMetadata ? "" : "app.log");
  }
}

TEST_F(LogLinesTest, WithholdsWhatWasCut) {
  EXPECT_EQ(texts(write("a long li", ST_LOG_STDOUT, 0, 9000)), "(cut)|");
  EXPECT_EQ(texts(write("ne\nnext\n")), "(follows a loss)|next|");
  EXPECT_EQ(texts(write("a long li", ST_LOG_STDOUT, ST_LOG_ENDS_LINE, 9000)), "(cut)|");
  EXPECT_EQ(texts(write("next\n")), "next|");
}

TEST_F(LogLinesTest, WithholdsTheLineBehindALoss) {
  write("whole\n");
  lose_one();
  EXPECT_EQ(texts(write("rest of it\nnext\n")), "(follows a loss)|next|");
}

TEST_F(LogLinesTest, WithholdsWhatMayBeAKeyBehindALoss) {
  write("whole\n");
  lose_one();
  const std::string body = make_secret(64, 5);
  EXPECT_EQ(texts(write("x\n" + body + "\n" + body + "\nplain words\n")),
            "(follows a loss)|(may be part of a key)|(may be part of a key)|plain words|");
}

TEST_F(LogLinesTest, WithholdsAKeyOfManyWrites) {
  const std::string body = make_secret(64, 5);
  std::string all =
      texts(write("-----BEGIN "
                  "PRIVATE KEY-----\n"));
  for (int i = 0; i < 10; ++i) all += texts(write(body + "\n"));
  all +=
      texts(write("-----END "
                  "PRIVATE KEY-----\nplain words\n"));

  EXPECT_THAT(all, Not(HasSubstr(body)));
  EXPECT_THAT(all, HasSubstr("plain words|"));
}

// A capture may begin in the middle of a key: nobody saw its BEGIN.
TEST_F(LogLinesTest, WithholdsWhatMayBeAKeyInANewLog) {
  const std::string body = make_secret(64, 5);
  EXPECT_EQ(texts(write(body + "\n" + body + "\nAb3d=\nplain words\n")),
            "(may be part of a key)|(may be part of a key)|(may be part of a key)|plain words|");
  EXPECT_EQ(texts(write(std::string(64, 'a') + "\n")), std::string(64, 'a') + "|");
}

TEST_F(LogLinesTest, TellsTheFirstLineOfANewLogThatCannotBeOfAKey) {
  EXPECT_EQ(texts(write("{\"level\":\"info\",\"message\":\"started\"}\n")),
            "{\"level\":\"info\",\"message\":\"started\"}|");
  EXPECT_EQ(texts(write("listening\n", ST_LOG_STDERR)), "listening|");
}

TEST_F(LogLinesTest, CutsALineWithoutEnd) {
  std::string piece;
  while (piece.size() < 4096) piece += "word ";
  piece.resize(4096);
  std::vector<RedactedLog> cut;
  for (int i = 0; i < 64; ++i) {
    for (RedactedLog& line : write(piece)) cut.push_back(std::move(line));
  }
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0].withheld, "cut");
  EXPECT_LE(cut[0].length_bytes, LogLines::kMaxLine + StreamRedactor::kHoldBackBytes + 4096);
  EXPECT_EQ(texts(write("its end\nnext one\n")), "(follows a loss)|next one|");
}

TEST_F(LogLinesTest, TellsWhatAnEvictedLogHeldBackAndNothingInTheMiddleOfALine) {
  write_of(1, "begin of ");
  std::string evicted;
  for (std::uint32_t tgid = 2; tgid <= LogLines::kMaxLogs + 1; ++tgid) {
    write_of(tgid, "abc ");
    evicted += written_;
  }
  EXPECT_EQ(evicted, "(cut)|");
  write_of(1, "its password\nnext one\n");
  EXPECT_THAT(written_, testing::EndsWith("(follows a loss)|next one|"));
}

TEST_F(LogLinesTest, GoesOnWithALogThatWasEvictedBetweenItsLines) {
  for (std::uint32_t tgid = 1; tgid <= LogLines::kMaxLogs + 1; ++tgid) write_of(tgid, "a line\n");
  EXPECT_EQ(logs_.open_logs(), LogLines::kMaxLogs);
  write_of(1, "whole line\n");
  EXPECT_EQ(written_, "whole line|");
}

// Outside of a window nothing is seen: "password=" may stand before, and what follows was not
// written behind it.
TEST_F(LogLinesTest, NeverJoinsALineAcrossWindows) {
  EXPECT_EQ(texts(write("one ")), "");
  EXPECT_EQ(texts(write("line\n")), "one line|");
  EXPECT_EQ(texts(write("begin ")), "");
  logs_.change_window();
  EXPECT_EQ(texts(write("of another\nwhole line\n")), "(follows a loss)|whole line|");
  logs_.change_window();
  EXPECT_EQ(texts(write("whole line\n")), "whole line|");
  logs_.change_window();
  EXPECT_EQ(texts(write(make_secret(64, 5) + "\n")), "(may be part of a key)|");
}

// syslog(3) and the journal take a line each.
class LogKeyDatagramTest : public LogLinesTest, public testing::WithParamInterface<st_log_sink> {
 protected:
  std::string tell(const std::string& line) {
    const bool is_journal = GetParam() == ST_LOG_JOURNAL;
    return texts(
        write(is_journal ? "PRIORITY=6\nMESSAGE=" + line + "\n" : "<14>Nov 29 a[7]: " + line,
              GetParam()));
  }
};
INSTANTIATE_TEST_SUITE_P(Sinks, LogKeyDatagramTest, testing::Values(ST_LOG_SYSLOG, ST_LOG_JOURNAL));

TEST_P(LogKeyDatagramTest, WithholdsAKeyInSeveralDatagrams) {
  const std::string body = make_secret(64, 5);
  EXPECT_THAT(tell("starting up."), testing::EndsWith("starting up.|"));
  tell(
      "-----BEGIN "
      "PRIVATE KEY-----");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(tell(body), "(may be part of a key)|");
    EXPECT_THAT(tell("of another thread: done."), testing::EndsWith("done.|"));
  }
  EXPECT_EQ(tell(body), "(may be part of a key)|");
  EXPECT_EQ(tell("Ab3d="), "(may be part of a key)|");
  tell(
      "-----END "
      "PRIVATE KEY-----");
  const std::string words(20, 'a');
  EXPECT_THAT(tell(words), testing::EndsWith(words + "|"));
}

TEST_P(LogKeyDatagramTest, WithholdsAKeyWhoseBeginWasNotSeen) {
  const std::string body = make_secret(64, 5);
  EXPECT_EQ(tell(body), "(may be part of a key)|");
  EXPECT_THAT(tell("plain words."), testing::EndsWith("plain words.|"));
}

TEST_P(LogKeyDatagramTest, TakesNoMoreThanAKeyHasForOne) {
  tell(
      "-----BEGIN "
      "PRIVATE KEY-----");
  for (std::size_t i = 0; i < KeyDoubt::kMaxLines; ++i) tell("it goes on.");
  const std::string words(20, 'a');
  EXPECT_THAT(tell(words), testing::EndsWith(words + "|"));
}

TEST_F(LogLinesTest, TakesADatagramAsWhole) {
  const auto lines = write("<11>app[7]: no line end", ST_LOG_SYSLOG);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].severity, "error");
  EXPECT_EQ(lines[0].text, "<11>app[7]: no line end");
}

TEST_F(LogLinesTest, TellsMessageAndPriorityOfTheJournal) {
  const auto lines =
      write("MESSAGE=started\nPRIORITY=4\nUNIT_SECRET=" + make_secret(20) + "\n", ST_LOG_JOURNAL);
  EXPECT_EQ(texts(lines), "started|");
  EXPECT_EQ(lines[0].severity, "warn");
  EXPECT_EQ(lines[0].format, "journal");
}

TEST_F(LogLinesTest, CountsEachLog) {
  write("DEBUG a\nTRACE b\nINFO c\n");
  write("DEBUG d\n", ST_LOG_FILE);

  const auto totals = logs_.totals(level_);

  ASSERT_EQ(totals.size(), 2U);
  EXPECT_EQ(totals[0].lines, 3U);
  EXPECT_EQ(totals[0].by_severity.at("debug"), 1U);
  EXPECT_EQ(totals[0].written_bytes, 23U);
  EXPECT_EQ(totals[1].file, "app.log");
  EXPECT_EQ(logs_.totals(Level::kMetadata)[1].file, "");
}

TEST_F(LogLinesTest, GivesTheTotalOfFurtherLogsNoName) {
  for (std::size_t i = 0; i <= LogLines::kMaxTotals; ++i) {
    LogEvent event{};
    event.record.header = {1'000, 100, 101, ST_EVENT_LOG, 0, 0};
    event.record.sequence = i + 1;
    event.record.call_bytes = event.record.kept_bytes = 4;
    event.record.sink = ST_LOG_FILE;
    event.record.fd = static_cast<__u32>(i);
    const std::string name = std::to_string(100 + i) + ".log";
    std::memcpy(event.record.name, name.data(), name.size());
    event.content = as_bytes(std::string_view("abc\n"));
    logs_.take(event, level_);
  }
  const auto totals = logs_.totals(level_);
  ASSERT_EQ(totals.size(), LogLines::kMaxTotals + 1);
  EXPECT_EQ(totals[0].file, "");
  EXPECT_EQ(totals[0].lines, 1U);
  EXPECT_EQ(totals[1].file, "100.log");
}

TEST_F(LogLinesTest, BoundsHowManyLogsAreOpen) {
  for (std::uint32_t tgid = 1; tgid <= 2 * LogLines::kMaxLogs; ++tgid) {
    LogEvent event{};
    event.record.header = {1'000, tgid, tgid, ST_EVENT_LOG, 0, 0};
    event.record.sequence = tgid;
    event.record.call_bytes = event.record.kept_bytes = 3;
    event.record.sink = ST_LOG_STDOUT;
    event.content = as_bytes(std::string_view("abc"));
    logs_.take(event, level_);
  }
  EXPECT_EQ(logs_.open_logs(), LogLines::kMaxLogs);
}

}  // namespace
}  // namespace scopetrace
