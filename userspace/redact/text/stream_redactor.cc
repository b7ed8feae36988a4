// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/stream_redactor.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "userspace/redact/detect/tokens/key_blocks.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {
namespace {

constexpr std::string_view kSeparators = " \t\"'<>,;&\n";
// Of a piece, one such part must be decided each time it is looked at: else time were not linear.
constexpr std::size_t kLeastShare = 16;
constexpr std::size_t kJoinBytes = 1024;  // what most lines that are held back end in
constexpr std::size_t kLookStep = 1024;   // bytes between two looks at a line without end
constexpr std::string_view kKeyBegin = "-----BEGIN";

// Behind the BEGIN line of the private key that `text` begins with, or nothing.
std::optional<std::size_t> behind_key_begin(std::string_view text) {
  return text.starts_with(kKeyBegin) ? key_body(text, 0) : std::nullopt;
}

// How much of `text`, which goes on in a key, belongs to it, as far as its lines are whole; says in
// `goes_on` whether it is not over. A longer line counts as several, so that it need not be kept.
std::size_t key_lines(std::string_view text, std::size_t max, bool& goes_on) {
  std::size_t at = 0;
  for (;;) {
    const std::string_view ahead = text.substr(at, max);
    const auto end = ahead.find('\n');
    if (end == ahead.npos && ahead.size() < max) return at;
    const std::string_view line = ahead.substr(0, end);
    const auto stop = key_end_in_line(line);
    goes_on = !stop;
    if (stop) return at + *stop;
    at += std::min(line.size() + 1, ahead.size());
  }
}

// Behind the last line end of `text`, or nothing.
std::size_t behind_last_line(std::string_view text) {
  const void* end = memrchr(text.data(), '\n', text.size());
  return end == nullptr ? 0
                        : static_cast<std::size_t>(static_cast<const char*>(end) - text.data()) + 1;
}

// How much of `text` consists of whole lines that are not longer than `max`: up to the begin of the
// first longer one.
std::size_t whole_lines(std::string_view text, std::size_t max) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t step = behind_last_line(text.substr(at, max));
    if (step == 0) break;
    at += step;
  }
  return at;
}

}  // namespace

std::string StreamRedactor::push(std::string_view bytes) {
  std::string out;
  push(bytes, out);
  return out;
}

void StreamRedactor::push(std::string_view bytes, std::string& out) {
  while (!pending_.empty() && !bytes.empty()) bytes.remove_prefix(join(bytes, out));
  if (bytes.empty()) return;
  const std::size_t taken = take(bytes, out);
  pending_.append(bytes.substr(taken));
  next_look_ = std::max(kMaxLine, pending_.size() + kLookStep);
}

// Decides what is held back with the begin of what follows; returns how much of that was used. Once
// all that was held back is decided, the rest of `bytes` needs no copy.
std::size_t StreamRedactor::join(std::string_view bytes, std::string& out) {
  const std::string_view head = bytes.substr(0, std::max(kJoinBytes, pending_.size()));
  const std::size_t before = pending_.size();
  pending_.append(head);
  // Nothing can be decided before a line ends or the hold-back is full: not looked at each byte.
  const bool has_line = head.find('\n') != head.npos;
  if (!has_line && !is_withheld() && pending_.size() < next_look_) return head.size();
  const std::size_t taken = take(pending_.view(), out);
  if (taken >= before) {
    pending_.clear();
    return taken - before;
  }
  pending_.drop_begin(taken);
  next_look_ = std::max(kMaxLine, pending_.size() + kLookStep);
  return head.size();
}

// Takes as much of `text` as can be decided; returns how much.
std::size_t StreamRedactor::take(std::string_view text, std::string& out) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    const bool was_withheld = is_withheld();
    std::size_t taken = was_withheld ? skip_withheld(rest, out) : take_lines(rest, out);
    if (taken == 0 && !is_withheld()) taken = take_piece(rest, out);
    if (taken == 0 && is_withheld() == was_withheld) break;
    at += taken;
  }
  return at;
}

std::size_t StreamRedactor::take_lines(std::string_view text, std::string& out) {
  const std::size_t end = whole_lines(text, kMaxLine);
  return end == 0 ? 0 : scanner_.redact_lines(text.substr(0, end), columns_, out);
}

// The begin of a line that is too long, or of lines that belong together and are too long.
std::size_t StreamRedactor::take_piece(std::string_view text, std::string& out) {
  const bool is_line = whole_lines(text, kMaxLine) == 0;
  const std::size_t window = is_line ? kMaxLine : kHoldBackBytes - kMaxLine;
  if (text.size() < window) return 0;
  const std::string_view piece = text.substr(0, window);
  const auto cut = piece.find_last_of(kSeparators);
  const bool has_cut = cut != piece.npos && cut > 0;
  const std::size_t taken =
      has_cut ? scanner_.redact_begin(piece.substr(0, cut), columns_, out) : 0;
  return taken >= window / kLeastShare ? taken : taken + withhold(piece.substr(taken));
}

// What begins a piece of which nothing more can be decided.
std::size_t StreamRedactor::withhold(std::string_view piece) {
  const auto body = behind_key_begin(piece);
  in_private_key_ = body.has_value();
  in_long_run_ = !in_private_key_;
  const std::size_t size = body.value_or(piece.size());
  withheld_bytes_ += size;
  return size;
}

// Drops what belongs to a run or key that is withheld; at its end says how long it was.
std::size_t StreamRedactor::skip_withheld(std::string_view text, std::string& out) {
  std::size_t end = 0;
  if (in_private_key_) {
    end = key_lines(text, kMaxLine, in_private_key_);
  } else {
    end = text.find_first_of(kSeparators);
    if (end == text.npos)
      end = text.size();
    else
      in_long_run_ = false;
  }
  withheld_bytes_ += end;
  if (!is_withheld()) end_withheld(out);
  return end;
}

void StreamRedactor::end_withheld(std::string& out) {
  if (withheld_bytes_ == 0) return;
  out += "[WITHHELD:" + std::to_string(withheld_bytes_) + "]";
  withheld_total_ += withheld_bytes_;
  withheld_bytes_ = 0;
}

// The last token may be the beginning of a secret: nothing says that it is whole.
std::string StreamRedactor::finish() {
  const auto cut = pending_.view().find_last_of(kSeparators);
  return finish_from(cut == std::string_view::npos ? 0 : cut + 1);
}

std::string StreamRedactor::finish_whole() { return finish_from(pending_.size()); }

// Redacts what is held back up to `tail` and withholds the rest.
std::string StreamRedactor::finish_from(std::size_t tail) {
  std::string out;
  if (is_withheld()) tail = 0;
  if (tail > 0) scanner_.redact_end(pending_.view().substr(0, tail), columns_, out);
  withheld_bytes_ += pending_.size() - tail;
  end_withheld(out);
  pending_.clear();
  return out;
}

}  // namespace scopetrace
