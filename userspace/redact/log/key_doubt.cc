// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/log/key_doubt.h"

#include <algorithm>

#include "userspace/redact/detect/tokens/key_blocks.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kKeyLine = 16;  // of the lines of a key only the last may be shorter
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kBegins[] = {"-----BEGIN", "---- BEGIN"};
constexpr std::string_view kEnds[] = {"-----END", "---- END"};

bool is_base64(std::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return is_alnum(c) || is_in(c, "+/=-_"); });
}

std::string_view last_word(std::string_view line) {
  const auto end = line.find_last_not_of(kBlanks);
  if (end == line.npos) return {};
  const auto before = line.find_last_of(kBlanks, end);
  const std::size_t begin = before == line.npos ? 0 : before + 1;
  return line.substr(begin, end + 1 - begin);
}

// Behind the BEGIN line of the last private key in `text`, or nothing.
std::size_t last_key(std::string_view text) {
  std::size_t behind = text.npos;
  for (const std::string_view begin : kBegins) {
    for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
      if (const auto body = key_body(text, at)) behind = *body;
    }
  }
  return behind;
}

bool has_end(std::string_view text) {
  return std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](std::string_view end) { return text.find(end) != text.npos; });
}

}  // namespace

bool KeyDoubt::may_be_part(std::string_view line, bool is_datagram) const {
  const std::string_view part = is_datagram ? last_word(line) : line;
  if (part.size() < (was_part_ ? 1 : kKeyLine)) return false;
  if (state_ == State::kLost && !is_datagram) return part.find_first_of(kBlanks) == part.npos;
  return is_base64(part);
}

bool KeyDoubt::takes(std::string_view line, bool is_datagram) {
  if (state_ == State::kNone || line.empty()) return false;
  if (state_ == State::kOpen && ++lines_ > kMaxLines) state_ = State::kNone;
  was_part_ = state_ != State::kNone && may_be_part(line, is_datagram);
  if (!was_part_ && state_ != State::kOpen) state_ = State::kNone;
  return was_part_;
}

void KeyDoubt::look(std::string_view datagram) {
  const std::size_t key = last_key(datagram);
  const bool is_known = key != datagram.npos;
  const bool is_over = has_end(is_known ? datagram.substr(key) : datagram);
  if (is_over && (is_known || state_ == State::kOpen)) state_ = State::kNone;
  if (!is_known || is_over) return;
  state_ = State::kOpen;
  lines_ = 0;
  was_part_ = false;
}

}  // namespace scopetrace
