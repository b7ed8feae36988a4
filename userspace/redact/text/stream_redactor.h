// SPDX-License-Identifier: Apache-2.0
// Redacts plain text that arrives in pieces. The output does not depend on where it was cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/secret_text.h"
#include "userspace/redact/detect/pairs/table_columns.h"

namespace scopetrace {

class TextScanner;

// Holds back what may still become a match: the line that is not whole yet, and a value that goes
// on over lines. A line longer than kMaxLine is taken in pieces that end where a value may end; a
// run without any such place, and what is longer than kHoldBackBytes, is withheld as a length, as
// is a private key up to its END line. What is held back is in memory for secrets.
class StreamRedactor {
 public:
  static constexpr std::size_t kMaxLine = 8192;
  static constexpr std::size_t kHoldBackBytes = 3 * kMaxLine;

  // `scanner` is borrowed and must outlive this.
  explicit StreamRedactor(TextScanner& scanner) : scanner_(scanner) {}
  StreamRedactor(const StreamRedactor&) = delete;
  StreamRedactor& operator=(const StreamRedactor&) = delete;

  // Takes the next bytes; returns redacted text that is final.
  std::string push(std::string_view bytes);
  // The same, appended to `out`.
  void push(std::string_view bytes, std::string& out);
  // The stream is over. What is held back is redacted; a token at its very end that began like a
  // secret but is not whole is withheld as a length.
  std::string finish();
  // The same at the end of a file, where the last token is whole and is judged as any other.
  std::string finish_whole();

  // As it came, until the next call.
  std::string_view held_back() const { return pending_.view(); }
  std::size_t held_back_bytes() const { return pending_.size(); }
  // Bytes that came out as a length so far.
  std::uint64_t withheld_total() const { return withheld_total_; }

 private:
  std::size_t join(std::string_view bytes, std::string& out);
  std::size_t take(std::string_view text, std::string& out);
  std::size_t take_lines(std::string_view text, std::string& out);
  std::size_t take_piece(std::string_view text, std::string& out);
  std::size_t withhold(std::string_view piece);
  std::size_t skip_withheld(std::string_view text, std::string& out);
  void end_withheld(std::string& out);
  std::string finish_from(std::size_t tail);
  bool is_withheld() const { return in_long_run_ || in_private_key_; }

  TextScanner& scanner_;
  TableColumns columns_;
  SecretText pending_;
  std::uint64_t withheld_bytes_ = 0;  // of the run or key that is being withheld
  std::uint64_t withheld_total_ = 0;
  std::size_t next_look_ = 0;  // how long pending_ gets before it is looked at again
  bool in_long_run_ = false;
  bool in_private_key_ = false;
};

}  // namespace scopetrace
