// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/log/log_lines.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "userspace/redact/log/journal_entry.h"
#include "userspace/redact/log/log_line.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {
namespace {

constexpr const char* kAfterLoss = "follows a loss";
constexpr const char* kCut = "cut";
constexpr const char* kMayBeKey = "may be part of a key";

bool is_truncated(const st_log_event& record) { return record.kept_bytes < record.call_bytes; }

// Whether a line of this message may be part of a key.
bool has_key_line(KeyDoubt& doubt, std::string_view message) {
  bool has_one = false;
  while (!message.empty()) {
    const auto end = std::min(message.find('\n'), message.size());
    has_one = doubt.takes(message.substr(0, end), true) || has_one;
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return has_one;
}

bool is_datagram(unsigned sink) { return sink == ST_LOG_SYSLOG || sink == ST_LOG_JOURNAL; }

Origin origin_of(const st_event_header& header) {
  return {.time_ns = header.time_ns, .tgid = header.tgid, .tid = header.tid};
}

}  // namespace

std::vector<RedactedLog> LogLines::take(const LogEvent& write, Level level) {
  std::vector<RedactedLog> lines;
  const st_log_event& record = write.record;
  const bool is_lost = next_sequence_ != 0 && record.sequence != next_sequence_;
  next_sequence_ = record.sequence + 1;
  has_fresh_classes_ = false;
  if (is_lost) lose_all();

  const Telling telling{record, level, lines};
  RedactedLogTotal& total = total_of(record).second;
  total.origin = origin_of(record.header);
  total.written_bytes += record.call_bytes;
  if (record.sink == ST_LOG_JOURNAL) {
    take_journal(write, telling);
  } else if (record.sink == ST_LOG_SYSLOG) {
    take_datagram(write, telling);
  } else {
    take_stream(write, telling);
  }
  return lines;
}

void LogLines::skip(const LogEvent& write) {
  next_sequence_ = write.record.sequence + 1;
  lose_all();
}

void LogLines::take_stream(const LogEvent& write, const Telling& telling) {
  Log& log = touch(write, telling);
  std::string_view bytes = as_text(write.content);
  if (log.is_in_line) bytes = drop_line(log, bytes, telling);
  if (!bytes.empty()) {
    log.stream->push(bytes, log.told);
    tell_whole_lines(log.told, log, telling);
  }
  if (is_truncated(write.record))
    cut(log, (write.record.flags & ST_LOG_ENDS_LINE) != 0, telling);
  else if (log.told.size() > kMaxLine)
    cut(log, false, telling);
}

void LogLines::take_datagram(const LogEvent& write, const Telling& telling) {
  Log& log = touch(write, telling);
  StreamRedactor stream(scanner_);
  std::string text = stream.push(as_text(write.content));
  text += is_truncated(write.record) ? stream.finish() : stream.finish_whole();
  if (is_truncated(write.record)) {
    tell(text, kCut, telling);
    log.doubt.lose();
  } else {
    if (!text.ends_with('\n')) text += '\n';
    tell_whole_lines(text, log, telling);
  }
  log.doubt.look(as_text(write.content));
}

// Only the message and its priority are told: other fields are the program's own.
void LogLines::take_journal(const LogEvent& write, const Telling& telling) {
  Log& log = touch(write, telling);
  const JournalEntry entry = parse_journal_entry(as_text(write.content));
  StreamRedactor stream(scanner_);
  std::string text = stream.push(entry.message);
  text += entry.is_whole ? stream.finish_whole() : stream.finish();
  LogLine line = describe_log_line(text, [this](std::string_view name) { return is_class(name); });
  RedactedLog told;
  told.format = "journal";
  told.severity = entry.priority ? severity_of_priority(*entry.priority) : line.severity;
  told.shape = std::move(line.shape);
  told.classes = std::move(line.classes);
  told.length_bytes = text.size();
  if (!entry.is_whole)
    told.withheld = kCut;
  else if (has_key_line(log.doubt, text))
    told.withheld = kMayBeKey;
  else if (telling.level == Level::kRedacted)
    told.text = std::move(text);
  if (!entry.is_whole) log.doubt.lose();
  log.doubt.look(entry.message);
  add(std::move(told), telling);
}

// The log of this write, made when it is new, as the most recently used one. A program may open its
// socket to syslog anew between two datagrams.
LogLines::Log& LogLines::touch(const LogEvent& write, const Telling& telling) {
  const st_log_event& record = write.record;
  const Key key{record.header.tgid, is_datagram(record.sink) ? 0 : record.fd, record.sink};
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    logs_.splice(logs_.end(), logs_, found->second);
  } else {
    if (logs_.size() >= kMaxLogs) evict(telling);
    logs_.emplace_back().key = key;
    logs_.back().stream = std::make_unique<StreamRedactor>(scanner_);
    if (has_evicted_) lose(logs_.back());
    by_key_.emplace(key, std::prev(logs_.end()));
  }
  logs_.back().last = telling.record;
  return logs_.back();
}

// Gives up the log that was silent longest; what it held back is told as cut.
void LogLines::evict(const Telling& telling) {
  Log& log = logs_.front();
  const bool was_in_line = end_log(log, telling.level, telling.lines) || log.is_in_line;
  has_evicted_ = has_evicted_ || was_in_line;
  by_key_.erase(log.key);
  logs_.pop_front();
}

void LogLines::lose(Log& log) {
  log.stream = std::make_unique<StreamRedactor>(scanner_);
  log.told.clear();
  log.is_in_line = true;
  log.doubt.lose();
}

// Nobody knows of which log a write was lost.
void LogLines::lose_all() {
  for (Log& log : logs_) lose(log);
}

void LogLines::change_window() {
  for (Log& log : logs_) {
    if (!log.told.empty() || log.stream->held_back_bytes() > 0) lose(log);
    log.doubt.renew();
  }
}

// The rest of a write was not kept: the line at hand is told as far as it is known, without text.
void LogLines::cut(Log& log, bool ends_line, const Telling& telling) {
  const std::string rest = log.told + log.stream->finish();
  log.told.clear();
  log.stream = std::make_unique<StreamRedactor>(scanner_);
  log.is_in_line = !ends_line;
  log.doubt.lose();
  tell(rest, kCut, telling);
}

// Drops bytes up to the end of a line whose begin is missing; returns what follows.
std::string_view LogLines::drop_line(Log& log, std::string_view bytes, const Telling& telling) {
  const auto end = bytes.find('\n');
  if (end == bytes.npos) return {};
  log.is_in_line = false;
  tell_without_line(kAfterLoss, telling);
  return bytes.substr(end + 1);
}

// Takes whole lines off the front of `text`.
void LogLines::tell_whole_lines(std::string& text, Log& log, const Telling& telling) {
  std::size_t at = 0;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', at)) {
    std::string_view line(text.data() + at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (log.doubt.takes(line, is_datagram(telling.record.sink))) {
      tell_without_line(kMayBeKey, telling);
    } else if (!line.empty()) {
      tell(line, nullptr, telling);
    }
  }
  text.erase(0, at);
}

void LogLines::tell(std::string_view line, const char* withheld, const Telling& telling) {
  LogLine described =
      describe_log_line(line, [this](std::string_view name) { return is_class(name); });
  RedactedLog told;
  told.format = described.format;
  told.severity = described.severity;
  told.shape = std::move(described.shape);
  told.classes = std::move(described.classes);
  told.length_bytes = line.size();
  if (withheld != nullptr)
    told.withheld = withheld;
  else if (telling.level == Level::kRedacted)
    told.text = line;
  add(std::move(told), telling);
}

void LogLines::tell_without_line(const char* withheld, const Telling& telling) {
  RedactedLog told;
  told.format = "text";
  told.withheld = withheld;
  add(std::move(told), telling);
}

void LogLines::add(RedactedLog line, const Telling& telling) {
  auto& [log_name, total] = total_of(telling.record);
  ++total.lines;
  if (!line.withheld.empty()) ++total.withheld_lines;
  if (!line.severity.empty()) ++total.by_severity[line.severity];
  line.origin = origin_of(telling.record.header);
  line.sink = static_cast<st_log_sink>(telling.record.sink);
  if (telling.level > Level::kMetadata) {
    line.file = name_of(telling.record);
    if (!log_name.second.empty()) total.file = line.file;
  }
  telling.lines.push_back(std::move(line));
}

LogLines::Totals::value_type& LogLines::total_of(const st_log_event& record) {
  Totals::key_type key(record.sink, record.name);
  if (totals_.size() >= kMaxTotals && !totals_.contains(key)) key.second.clear();
  auto& total = *totals_.try_emplace(std::move(key)).first;
  total.second.sink = static_cast<st_log_sink>(record.sink);
  return total;
}

std::string LogLines::name_of(const st_log_event& record) {
  return record.name[0] == '\0' ? std::string() : scanner_.redact(record.name);
}

bool LogLines::is_class(std::string_view name) {
  if (classes_.find(name) != classes_.end()) return true;
  if (std::exchange(has_fresh_classes_, true)) return false;
  for (const auto& [known, count] : scanner_.by_class()) classes_.insert(known);
  return classes_.find(name) != classes_.end();
}

// A line that nobody ended may be the begin of a longer one. Returns whether there was one.
bool LogLines::end_log(Log& log, Level level, std::vector<RedactedLog>& lines) {
  const Telling telling{log.last, level, lines};
  log.told += log.stream->finish();
  tell_whole_lines(log.told, log, telling);
  if (!log.told.empty()) tell(log.told, kCut, telling);
  return !log.told.empty();
}

std::vector<RedactedLog> LogLines::end(std::uint32_t tgid, Level level) {
  std::vector<RedactedLog> lines;
  for (auto next = logs_.begin(); next != logs_.end();) {
    const auto log = next++;
    if (tgid != 0 && std::get<0>(log->key) != tgid) continue;
    end_log(*log, level, lines);
    by_key_.erase(log->key);
    logs_.erase(log);
  }
  return lines;
}

std::vector<RedactedLogTotal> LogLines::totals(Level level) const {
  std::vector<RedactedLogTotal> list;
  for (const auto& [key, total] : totals_) {
    list.push_back(total);
    if (level == Level::kMetadata) list.back().file.clear();
  }
  return list;
}

}  // namespace scopetrace
