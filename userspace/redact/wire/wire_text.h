// SPDX-License-Identifier: Apache-2.0
// What the messages of a wire protocol say, as redacted text: one line a message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/redact/text/stream_redactor.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// How much is told: the kinds of messages without any value, or all that may be kept.
enum class WireDetail { kShape, kRedacted };

// Protocols say which values are secret, by position or name; all that is written is scanned by
// value shapes on top of that. Nothing that is not text is written: it becomes a length.
class WireText {
 public:
  // `scanner` is borrowed.
  WireText(TextScanner& scanner, WireDetail detail)
      : scanner_(scanner), detail_(detail), stream_(scanner) {}
  ~WireText() { wipe(line_); }
  WireText(const WireText&) = delete;
  WireText& operator=(const WireText&) = delete;

  // Where finished text is appended. To be set before anything is told.
  void set_output(std::string& out) { out_ = &out; }

  // Begins a message. `kind` is a word of the protocol, never of its input.
  void begin(std::string_view kind);
  // The message is over. Without begin() does nothing.
  void end();
  // A whole message of which only the length is told.
  void withhold(std::size_t size_bytes);

  // A fixed word.
  void word(std::string_view word);
  // A value without a name.
  void value(std::string_view value);
  // A value whose name decides first.
  void field(std::string_view name, std::string_view value);
  // What is secret because of where it stands; "label=" in front of it unless that is empty.
  void secret(std::string_view label, std::string_view value,
              std::string_view class_name = "generic-password");
  void binary(std::size_t size_bytes);
  // A structure that is not known: its printable runs, and lengths between them.
  void runs(std::string_view bytes);
  // A line that is text as a whole.
  void line(std::string_view line);
  // Text of a stream that has no messages.
  void raw(std::string_view text);

  // The class of values that such a name announces, here or anywhere; empty for none.
  std::string_view class_of(std::string_view name) const;
  TextScanner& scanner() { return scanner_; }
  bool is_shape() const { return detail_ == WireDetail::kShape; }

  std::size_t held_back_bytes() const { return line_.capacity() + stream_.held_back_bytes(); }
  // No more comes. What was held back is written.
  void finish();

 private:
  void label(std::string_view name);
  void write_line();

  TextScanner& scanner_;
  WireDetail detail_;
  StreamRedactor stream_;
  std::string line_;
  std::string* out_ = nullptr;
};

// "[binary N bytes]".
std::string binary_note(std::size_t size_bytes);

}  // namespace scopetrace
