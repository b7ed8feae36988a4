// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/log/log_line.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxLook = 256;  // bytes at a line's begin that may say its severity
constexpr std::size_t kMaxValue = 16;  // of a severity
constexpr unsigned kMaxPairs = 64;     // that are looked at
constexpr std::string_view kStructure = "{}[]()<>:=,;\"'|/-_@#";

struct SeverityWord {
  std::string_view word;  // upper case
  std::string_view name;
};
constexpr std::array<SeverityWord, 24> kWords = {{
    {"TRACE", "trace"},  {"TRC", "trace"},        {"FINEST", "trace"},    {"FINER", "trace"},
    {"DEBUG", "debug"},  {"DBG", "debug"},        {"FINE", "debug"},      {"INFO", "info"},
    {"INF", "info"},     {"INFORMATION", "info"}, {"NOTICE", "notice"},   {"WARN", "warn"},
    {"WARNING", "warn"}, {"WRN", "warn"},         {"ERROR", "error"},     {"ERR", "error"},
    {"SEVERE", "error"}, {"FATAL", "fatal"},      {"CRITICAL", "fatal"},  {"CRIT", "fatal"},
    {"ALERT", "fatal"},  {"EMERG", "fatal"},      {"EMERGENCY", "fatal"}, {"PANIC", "fatal"},
}};
// Members of a JSON object or keys of logfmt that hold it.
constexpr std::array<std::string_view, 8> kKeys = {
    "level", "lvl", "severity", "loglevel", "log_level", "levelname", "@level", "log.level"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string_view severity_of_word(std::string_view word) {
  std::array<char, kMaxValue> upper{};
  if (word.size() > upper.size()) return {};
  std::transform(word.begin(), word.end(), upper.begin(), to_upper);
  const std::string_view wanted(upper.data(), word.size());
  const auto found = std::find_if(kWords.begin(), kWords.end(),
                                  [&](const SeverityWord& known) { return known.word == wanted; });
  return found == kWords.end() ? std::string_view() : found->name;
}

// The numbers of bunyan and pino: 10 is trace, 60 fatal.
std::string_view severity_of_number(std::string_view digits) {
  constexpr std::array<std::string_view, 6> kTens = {"trace", "debug", "info",
                                                     "warn",  "error", "fatal"};
  if (digits.size() != 2 || digits[1] != '0' || digits[0] < '1' || digits[0] > '6') return {};
  return kTens[static_cast<std::size_t>(digits[0] - '1')];
}

bool is_key(std::string_view name) {
  return std::find(kKeys.begin(), kKeys.end(), name) != kKeys.end();
}

// The word or number at the begin of `text`, quoted or not.
std::string_view value_at(std::string_view text) {
  if (text.starts_with('"')) text.remove_prefix(1);
  const auto end =
      std::find_if(text.begin(), text.end(), [](char c) { return !is_letter(c) && !is_digit(c); });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::string_view severity_of_value(std::string_view text) {
  const std::string_view value = value_at(text);
  const std::string_view by_number = severity_of_number(value);
  return by_number.empty() ? severity_of_word(value) : by_number;
}

// Looks at each `"key":` of a line for one that holds the severity.
std::string_view severity_of_json(std::string_view line) {
  for (auto colon = line.find("\":"); colon != line.npos; colon = line.find("\":", colon + 1)) {
    const auto quote = line.rfind('"', colon == 0 ? 0 : colon - 1);
    if (quote == line.npos || quote >= colon || !is_key(line.substr(quote + 1, colon - quote - 1)))
      continue;
    std::string_view rest = line.substr(colon + 2);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const std::string_view found = severity_of_value(rest);
    if (!found.empty()) return found;
  }
  return {};
}

// How many `key=` a line has, and the severity that one of them holds.
std::pair<unsigned, std::string_view> read_logfmt(std::string_view line) {
  unsigned pairs = 0, seen = 0;
  std::string_view severity;
  for (auto sign = line.find('='); sign != line.npos && ++seen < kMaxPairs;
       sign = line.find('=', sign + 1)) {
    const auto space = line.rfind(' ', sign);
    const std::string_view key = line.substr(space == line.npos ? 0 : space + 1,
                                             sign - (space == line.npos ? 0 : space + 1));
    const bool is_name =
        !key.empty() && key.size() <= 64 && std::all_of(key.begin(), key.end(), [](char c) {
          return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
        });
    if (!is_name) continue;
    ++pairs;
    if (severity.empty() && is_key(key)) severity = severity_of_value(line.substr(sign + 1));
  }
  return {pairs, severity};
}

// `<13>` at the begin of a line: facility times eight and severity.
std::optional<unsigned> syslog_priority(std::string_view line) {
  const auto end = line.substr(0, 5).find('>');
  if (!line.starts_with('<') || end == line.npos || end < 2) return std::nullopt;
  unsigned value = 0;
  for (const char c : line.substr(1, end - 1)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value < 192 ? std::optional(value) : std::nullopt;
}

// Whether a word of a text says the line's severity: in capitals, in brackets, or before a colon at
// the begin of the line. Any other "error" may be part of a sentence.
bool stands_for_severity(std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view word = text.substr(begin, end - begin);
  const char before = begin == 0 ? '\0' : text[begin - 1];
  const char after = end < text.size() ? text[end] : '\0';
  if ((before == '[' && after == ']') || (begin == 0 && after == ':')) return true;
  return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// I0102 15:04:05 of glog and klog.
std::string_view severity_of_glog(std::string_view line) {
  constexpr std::string_view kLetters = "DIWEF";
  constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warn", "error", "fatal"};
  if (line.size() < 6 || line[5] != ' ') return {};
  if (!std::all_of(line.begin() + 1, line.begin() + 5, is_digit)) return {};
  const auto at = kLetters.find(line[0]);
  return at == kLetters.npos ? std::string_view() : kNames[at];
}

std::string_view severity_of_text(std::string_view line) {
  line = line.substr(0, kMaxLook);
  const std::string_view by_letter = severity_of_glog(line);
  if (!by_letter.empty()) return by_letter;
  for (std::size_t begin = 0; begin < line.size();) {
    std::size_t end = begin;
    while (end < line.size() && is_letter(line[end])) ++end;
    if (end > begin && stands_for_severity(line, begin, end)) {
      const std::string_view found = severity_of_word(line.substr(begin, end - begin));
      if (!found.empty()) return found;
    }
    begin = end + 1;
  }
  return {};
}

// Makes the shape, and notes the classes of placeholders.
class ShapeMaker {
 public:
  ShapeMaker(LogLine& out, const ClassTest& is_class) : out_(out), is_class_(is_class) {}

  void take(std::string_view line) {
    for (std::size_t at = 0; at < line.size();) at = step(line, at);
    std::sort(out_.classes.begin(), out_.classes.end());
    out_.classes.erase(std::unique(out_.classes.begin(), out_.classes.end()), out_.classes.end());
  }

 private:
  std::size_t step(std::string_view line, std::size_t at) {
    if (line.substr(at).starts_with(kPlaceholderMark)) {
      const auto end = placeholder_end(line, at);
      if (end && note_class(line.substr(at, *end - at))) return *end;
    }
    add(mark_of(line[at]));
    return at + 1;
  }

  bool note_class(std::string_view placeholder) {
    placeholder.remove_prefix(kPlaceholderMark.size());
    const std::string name(placeholder.substr(0, placeholder.find_first_of(":]")));
    if (!is_class_(name)) return false;
    out_.classes.push_back(name);
    if (out_.shape.size() + name.size() + 2 <= kMaxLogShape) out_.shape += "<" + name + ">";
    return true;
  }

  static char mark_of(char c) {
    if (is_letter(c)) return 'a';
    if (is_digit(c)) return '0';
    if (c == ' ' || c == '\t') return ' ';
    return kStructure.find(c) != kStructure.npos ? c : '.';
  }

  // Runs are told once, brackets and quotes each.
  void add(char mark) {
    const bool is_run = mark == 'a' || mark == '0' || mark == ' ' || mark == '.';
    if (out_.shape.size() >= kMaxLogShape) return;
    if (is_run && !out_.shape.empty() && out_.shape.back() == mark) return;
    out_.shape += mark;
  }

  LogLine& out_;
  const ClassTest& is_class_;
};

}  // namespace

std::string_view severity_of_priority(unsigned priority) {
  constexpr std::array<std::string_view, 8> kNames = {"fatal", "fatal",  "fatal", "error",
                                                      "warn",  "notice", "info",  "debug"};
  return priority < kNames.size() ? kNames[priority] : std::string_view();
}

LogLine describe_log_line(std::string_view line, const ClassTest& is_class) {
  LogLine out;
  ShapeMaker(out, is_class).take(line);
  const auto [pairs, by_pair] = read_logfmt(line);
  if (line.starts_with('{') && line.ends_with('}')) {
    out.format = "json";
    out.severity = severity_of_json(line);
  } else if (const auto priority = syslog_priority(line)) {
    out.format = "syslog";
    out.severity = severity_of_priority(*priority % 8);
  } else if (pairs >= 2 || !by_pair.empty()) {
    out.format = "logfmt";
    out.severity = by_pair.empty() ? severity_of_text(line) : by_pair;
  } else {
    out.format = "text";
    out.severity = severity_of_text(line);
  }
  return out;
}

}  // namespace scopetrace
