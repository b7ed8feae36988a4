// SPDX-License-Identifier: Apache-2.0
// Redacts plain text that arrives in pieces. The output does not depend on where it was cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scopetrace {

class TextScanner;

// Holds back what may still become a match: the line that is not whole yet, at most kHoldBackBytes
// of it. A longer line is cut at its last separator; a run without any separator is withheld as a
// length. A private key that spans lines is withheld up to its END line.
class StreamRedactor {
 public:
  static constexpr std::size_t kHoldBackBytes = 8192;

  // `scanner` is borrowed and must outlive this.
  explicit StreamRedactor(TextScanner& scanner) : scanner_(scanner) {}
  ~StreamRedactor();
  StreamRedactor(const StreamRedactor&) = delete;
  StreamRedactor& operator=(const StreamRedactor&) = delete;

  // Takes the next bytes; returns redacted text that is final.
  std::string push(std::string_view bytes);
  // The stream is over. What is held back is redacted; a token at its very end that began like a
  // secret but is not whole is withheld as a length.
  std::string finish();

  std::size_t held_back_bytes() const { return pending_.size(); }

 private:
  void take_lines(std::string& out);
  void take_segment(std::string_view segment, std::string& out);
  bool take_long_line(std::string& out);
  void end_withheld(std::string& out);

  TextScanner& scanner_;
  std::string pending_;
  std::uint64_t withheld_bytes_ = 0;  // of the run or key that is being withheld
  bool in_long_run_ = false;
  bool in_private_key_ = false;
};

}  // namespace scopetrace
