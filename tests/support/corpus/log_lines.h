// SPDX-License-Identifier: Apache-2.0
// Log files of any size for measurements: access log lines with secrets strewn in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/corpus/encode.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace::testing {

// Which lines a log has, in percent; the rest is access log.
struct LogMix {
  unsigned secrets = 0;
  unsigned negatives = 0;
};
inline constexpr LogMix kPlainLog = {2, 0};
inline constexpr LogMix kSparseLog = {2, 18};
inline constexpr LogMix kDenseLog = {60, 10};

// Makes lines without end, the same for the same rules, mix and seed. Lines come from a pool of the
// generated corpus; the last characters of secrets and the numbers of access lines are drawn anew
// each time, so that no two lines need be equal.
class LogLines {
 public:
  LogLines(const RuleSet& rules, LogMix mix, std::uint64_t seed);

  // Appends whole lines, each with its line break, until `out` has at least `size` bytes.
  void append(std::string& out, std::size_t size);

 private:
  // One line and the places in it that are drawn anew, each within its kind of character.
  struct Line {
    std::string text;
    std::vector<std::uint32_t> places;
  };

  static Line secret_line(const std::string& text, const std::vector<std::string>& secrets);
  static Line access_line(Random& random);
  const Line& next_line();
  void append_line(const Line& line, std::string& out);

  LogMix mix_;
  Random random_;
  std::vector<Line> secrets_, negatives_, accesses_;
};

}  // namespace scopetrace::testing
