// SPDX-License-Identifier: Apache-2.0
// Bytes whose structure is not known: printable runs are kept as text, the rest is a length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/bytes.h"

namespace scopetrace {

class WireText;

// A run of at least kMinRun printable characters (ASCII with tab and line ends, whole UTF-8
// sequences) is kept. The run behind one that is a sensitive name is replaced: most formats write a
// name, a length and the value. The text that comes out is still to be scanned by value shapes.
// What comes out does not depend on where the bytes were cut.
class PrintableRuns {
 public:
  static constexpr std::size_t kMinRun = 4;
  static constexpr std::size_t kMinToken = 16;  // strict: longer tokens are taken for secrets
  static constexpr std::size_t kMaxHeld = 4096;

  explicit PrintableRuns(WireText& text) : text_(text) {}
  ~PrintableRuns();

  void push(std::string_view bytes, std::string& out);
  // No more comes for now: what was held back is written.
  void finish(std::string& out);
  std::size_t held_back_bytes() const { return held_.capacity() + token_.capacity(); }
  // After a gap nothing says what a token is: those that could be a secret are replaced.
  void set_strict(bool is_strict) { is_strict_ = is_strict; }

 private:
  static constexpr std::size_t kMaxName = 64;

  void take_byte(char c, std::string& out);
  void take_character(std::string_view character, std::string& out);
  void end_run(std::string& out);
  void note_binary(std::string& out);
  void release(std::string& out);
  void release_tokens(std::string& out);
  void end_token(std::string& out);
  void hold(std::string& held, std::string_view more, std::uint64_t& total) const;

  WireText& text_;
  std::string sequence_;      // of UTF-8, not whole yet
  std::string held_;          // of the run, not written yet
  std::string name_;          // the run, as far as it can be a name
  std::string token_;         // strict: the token that is not whole yet
  std::string secret_class_;  // of this run; empty for none
  std::uint64_t binary_bytes_ = 0;
  std::uint64_t run_bytes_ = 0;
  std::uint64_t run_characters_ = 0;
  std::uint64_t held_bytes_ = 0;  // with what was dropped
  std::uint64_t token_bytes_ = 0;
  bool is_strict_ = false;
};

}  // namespace scopetrace
