// SPDX-License-Identifier: Apache-2.0
// The last look at finished lines before they are compressed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scopetrace {

class TextScanner;

// Scans a finished JSON line by value shapes and learned values. It knows nothing of structure, so
// that a mistake of the stages before it is not repeated. Never fires on placeholders.
// One thread: the one that drives the Redactor it belongs to.
class LeakGuard {
 public:
  explicit LeakGuard(TextScanner& scanner) : scanner_(scanner) {}

  // False: the line holds something that must not be stored; write withheld_line() in its place.
  // `line` is one JSON object with or without its LF.
  bool is_clean(std::string_view line);
  // What to write in place of a line that is not clean: the common fields stay the caller's, this
  // is the fixed phrase for their `withheld` field.
  static constexpr std::string_view kWithheldReason = "leak guard";

  std::uint64_t hits() const { return hits_; }  // lines that were not clean: each one is a defect

 private:
  TextScanner& scanner_;
  std::uint64_t hits_ = 0;
};

}  // namespace scopetrace
