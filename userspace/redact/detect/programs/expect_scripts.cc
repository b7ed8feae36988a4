// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/expect_scripts.h"

#include <algorithm>
#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxScript = 1024;  // bytes behind "expect" that are looked at
constexpr std::size_t kMaxGap = 128;      // between a prompt and its answer
constexpr int kMaxPrompts = 8;            // of one expect

// Where a prompt for a password ends, from `at` on. Patterns leave its capital out.
std::size_t prompt_end(std::string_view text, std::size_t at) {
  constexpr std::string_view kPassword = "assword", kPhrase = "assphrase";
  const auto password = text.find(kPassword, at), phrase = text.find(kPhrase, at);
  if (password <= phrase && password != text.npos) return password + kPassword.size();
  return phrase == text.npos ? text.npos : phrase + kPhrase.size();
}

// Behind send, sendline, send -s --, and a bracket: where the string begins.
Cursor behind_send(std::string_view text, std::size_t at) {
  Cursor cursor{text, at};
  if (!cursor.takes("line")) cursor.takes("_slow");
  cursor.skip_blanks();
  while (cursor.peek() == '-') {
    while (!cursor.is_over() && !is_space(cursor.peek())) ++cursor.at;
    cursor.skip_blanks();
  }
  if (cursor.takes("(") && cursor.peek() == '{') cursor.at = text.size();  // an object
  return cursor;
}

// The string at the cursor, {of Tcl} too, without the line end that it is sent with.
std::optional<TextRange> sent_string(const Cursor& cursor) {
  std::size_t begin = cursor.at, end = 0;
  if (const auto quote = quote_at(cursor.text, begin)) {
    begin += quote->size;
    end = string_end(cursor.text, begin, *quote).end;
  } else if (cursor.peek() == '{') {
    end = std::min(cursor.text.find_first_of("}\n", ++begin), cursor.text.size());
  }
  if (end <= begin) return std::nullopt;
  const std::string_view written = cursor.text.substr(begin, end - begin);
  for (const std::string_view mark : {"\\r", "\\n", "\\\\r", "\\\\n"})
    end = std::min(end, begin + std::min(written.find(mark), written.size()));
  return TextRange{begin, end};
}

void add(std::string_view text, TextRange value, std::vector<Finding>& findings) {
  const std::string_view written = text.substr(value.begin, value.end - value.begin);
  if (written.size() < 3 || written[0] == '$' || written[0] == '[') return;
  if (is_plausible_value("generic-password", written))
    findings.push_back({value, "generic-password"});
}

// What the word "expect" at `at` waits for: the rest of its line, or what is in braces below.
std::string_view expected(std::string_view ahead, std::size_t at) {
  const std::size_t line = line_end(ahead, at);
  const auto open = ahead.substr(0, line).find('{', at);
  const bool is_block = open != ahead.npos && trim(ahead.substr(open + 1, line - open - 1)).empty();
  return is_block ? ahead : ahead.substr(0, line);
}

// What is looked at behind the word "expect" at `at`.
std::string_view script_at(const ScanText& scan, TextRange at) {
  return scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxScript));
}

// Takes the answer to the prompt that ends at `end`: where it ends, or nothing when there is none.
std::optional<std::size_t> take_answer(ScanText& scan, TextRange at, std::size_t end,
                                       std::vector<Finding>& findings) {
  constexpr std::string_view kSend = "send";
  const std::string_view ahead = script_at(scan, at);
  const bool is_cut = ahead.size() == scan.text.size();
  const std::size_t limit = std::min(ahead.size(), end + kMaxGap);
  const auto send = ahead.substr(0, limit).find(kSend, end);
  if (send == ahead.npos) {
    if (is_cut && limit == ahead.size()) wants_line(scan, at.begin);
    return std::nullopt;
  }
  const Cursor answer = behind_send(ahead, send + kSend.size());
  const auto sent = sent_string(answer);
  const bool is_open = answer.is_over() || (sent && sent->end + 4 >= ahead.size());
  if (is_cut && is_open) wants_line(scan, at.begin);
  if (sent) add(scan.text, *sent, findings);
  return sent ? sent->end : answer.at;
}

}  // namespace

void take_expected(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const std::string_view pattern = expected(script_at(scan, at), at.end - 1);
  std::size_t end = prompt_end(pattern, at.end - 1);
  if (end == pattern.npos && pattern.size() == scan.text.size()) wants_line(scan, at.begin);
  for (int i = 0; i < kMaxPrompts && end != pattern.npos; ++i) {
    const auto answered = take_answer(scan, at, end, findings);
    if (!answered) return;
    end = prompt_end(pattern, *answered);
  }
}

}  // namespace scopetrace
