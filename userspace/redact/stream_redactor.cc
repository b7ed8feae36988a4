// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/stream_redactor.h"

#include "userspace/base/bytes.h"
#include "userspace/redact/text_scanner.h"

namespace scopetrace {
namespace {

constexpr std::string_view kSeparators = " \t\"'<>,;&";
constexpr std::string_view kKeyEnd = "-----END";

bool opens_private_key(std::string_view line) {
  const auto begin = line.rfind("-----BEGIN");
  if (begin == line.npos || line.find("PRIVATE KEY", begin) == line.npos) return false;
  return line.find(kKeyEnd, begin) == line.npos;
}

}  // namespace

StreamRedactor::~StreamRedactor() { wipe(pending_); }

std::string StreamRedactor::push(std::string_view bytes) {
  std::string out;
  // Taken in pieces so that the hold-back never grows beyond its bound.
  while (!bytes.empty()) {
    const std::size_t room = kHoldBackBytes - pending_.size();
    const std::string_view part = bytes.substr(0, room);
    pending_ += part;
    bytes.remove_prefix(part.size());
    take_lines(out);
    while (pending_.size() >= kHoldBackBytes && take_long_line(out)) {
    }
  }
  return out;
}

void StreamRedactor::take_lines(std::string& out) {
  std::size_t begin = 0;
  for (auto end = pending_.find('\n'); end != pending_.npos; end = pending_.find('\n', begin)) {
    take_segment(std::string_view(pending_).substr(begin, end + 1 - begin), out);
    begin = end + 1;
  }
  pending_.erase(0, begin);
}

void StreamRedactor::take_segment(std::string_view segment, std::string& out) {
  if (in_long_run_) {
    const auto end = segment.find_first_of(kSeparators);
    const std::size_t skipped = end == segment.npos ? segment.size() - 1 : end;
    withheld_bytes_ += skipped;
    end_withheld(out);
    in_long_run_ = false;
    segment.remove_prefix(skipped);
  }
  if (in_private_key_) {
    const auto end = segment.find(kKeyEnd);
    withheld_bytes_ += end == segment.npos ? segment.size() : end;
    if (end == segment.npos) return;
    end_withheld(out);
    in_private_key_ = false;
    segment.remove_prefix(end);
  }
  in_private_key_ = opens_private_key(segment);
  out += scanner_.redact(segment);
  if (in_private_key_ && !out.ends_with('\n')) out += '\n';
}

// A line of kHoldBackBytes without its end: released up to its last separator.
bool StreamRedactor::take_long_line(std::string& out) {
  const auto cut = pending_.find_last_of(kSeparators);
  const bool is_run = in_long_run_ || cut == pending_.npos || cut == 0;
  if (is_run && (cut == pending_.npos || cut == 0)) {
    withheld_bytes_ += pending_.size();
    wipe(pending_);
    pending_.clear();
    in_long_run_ = true;
    return true;
  }
  take_segment(std::string_view(pending_).substr(0, cut), out);
  pending_.erase(0, cut);
  return true;
}

void StreamRedactor::end_withheld(std::string& out) {
  if (withheld_bytes_ == 0) return;
  out += "[WITHHELD:" + std::to_string(withheld_bytes_) + "]";
  withheld_bytes_ = 0;
}

std::string StreamRedactor::finish() {
  std::string out;
  const auto cut = pending_.find_last_of(kSeparators);
  const std::size_t tail = in_long_run_ || in_private_key_ ? 0 : cut == pending_.npos ? 0 : cut + 1;
  if (tail > 0) take_segment(std::string_view(pending_).substr(0, tail), out);
  // The last token may be the beginning of a secret: nothing says that it is whole.
  withheld_bytes_ += pending_.size() - tail;
  end_withheld(out);
  wipe(pending_);
  pending_.clear();
  return out;
}

}  // namespace scopetrace
