// SPDX-License-Identifier: Apache-2.0
// Makes redacted lines of the writes of a target to its logs.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "userspace/base/level.h"
#include "userspace/redact/log/key_doubt.h"
#include "userspace/redact/redacted_message.h"
#include "userspace/redact/text/stream_redactor.h"

namespace scopetrace {

class TextScanner;

// Puts lines together however they were written, each log of a process by itself. A line is told
// when it is whole. What was cut, what follows a loss up to the next line end, and behind that
// lines that may be inside of a key, are told without their text. A datagram of syslog or journald
// is whole by itself, but lines of a key may be in several. Bounded: kMaxLogs logs, each with a
// line of at most kMaxLine bytes and the hold-back of a StreamRedactor. One thread.
class LogLines {
 public:
  static constexpr std::size_t kMaxLogs = 256;
  static constexpr std::size_t kMaxLine = 64 * 1024;  // redacted; what is longer is cut
  static constexpr std::size_t kMaxTotals = 64;       // further logs are counted as of no name

  // `scanner` is borrowed.
  explicit LogLines(TextScanner& scanner) : scanner_(scanner) {}

  // The lines that this write ended. `level`: below kRedacted they have no text, at kMetadata no
  // name of a file.
  std::vector<RedactedLog> take(const LogEvent& write, Level level);
  // A write was not looked at (turned off): what follows is as after a loss.
  void skip(const LogEvent& write);
  // A window of the request opened or closed: what was written outside of one was never seen, so no
  // line that is under way goes on.
  void change_window();
  // The process has gone, or (0) the session ends: what was held back of its logs.
  std::vector<RedactedLog> end(std::uint32_t tgid, Level level);
  // What there was in all; at kMetadata without names of files.
  std::vector<RedactedLogTotal> totals(Level level) const;

  std::size_t open_logs() const { return logs_.size(); }

 private:
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint8_t>;  // tgid, fd, sink
  struct Log {
    Key key;
    st_log_event last{};  // of which the lines are told
    std::unique_ptr<StreamRedactor> stream;
    std::string told;         // redacted, its line not over
    KeyDoubt doubt;           // whether lines may be inside of a key
    bool is_in_line = false;  // bytes of the line at hand are missing
  };
  using Logs = std::list<Log>;  // least recently used first
  // By sink and name; without a name where it has none and of further logs.
  using Totals = std::map<std::pair<std::uint8_t, std::string>, RedactedLogTotal>;
  struct Telling {
    const st_log_event& record;
    Level level;
    std::vector<RedactedLog>& lines;
  };

  void take_stream(const LogEvent& write, const Telling& telling);
  void take_datagram(const LogEvent& write, const Telling& telling);
  void take_journal(const LogEvent& write, const Telling& telling);
  Log& touch(const LogEvent& write, const Telling& telling);
  void evict(const Telling& telling);
  void lose(Log& log);
  void lose_all();
  bool end_log(Log& log, Level level, std::vector<RedactedLog>& lines);
  void cut(Log& log, bool ends_line, const Telling& telling);
  std::string_view drop_line(Log& log, std::string_view bytes, const Telling& telling);
  void tell_whole_lines(std::string& text, Log& log, const Telling& telling);
  void tell(std::string_view line, const char* withheld, const Telling& telling);
  void tell_without_line(const char* withheld, const Telling& telling);
  void add(RedactedLog line, const Telling& telling);
  Totals::value_type& total_of(const st_log_event& record);
  bool is_class(std::string_view name);
  std::string name_of(const st_log_event& record);

  TextScanner& scanner_;
  Logs logs_;
  std::map<Key, Logs::iterator> by_key_;
  Totals totals_;
  std::set<std::string, std::less<>> classes_;  // that the scanner ever replaced
  bool has_fresh_classes_ = false;              // asked once a write, whatever its lines hold
  std::uint64_t next_sequence_ = 0;             // 0: nothing was seen so far
  bool has_evicted_ = false;                    // in a line: a log that seems new may be, too
};

}  // namespace scopetrace
