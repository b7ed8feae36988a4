// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/number_run.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {

NumberRun read_number(std::string_view text, std::size_t at) {
  NumberRun run;
  run.range = {at, at};
  std::uint64_t group = 0;
  while (at < text.size() && run.size < NumberRun::kMaxDigits) {
    if (is_digit(text[at])) {
      run.buffer[run.size++] = text[at++];
      run.range.end = at;
      ++group;
      continue;
    }
    const bool joins = (text[at] == ' ' || text[at] == '-') && at + 1 < text.size() &&
                       is_digit(text[at + 1]) && (run.groups == 1 || text[at] == run.separator);
    if (!joins) break;
    run.separator = text[at++];
    ++run.groups;
    run.layout = run.layout * 10 + std::min<std::uint64_t>(group, 9);
    group = 0;
  }
  run.layout = run.groups == 1 ? run.size : run.layout * 10 + std::min<std::uint64_t>(group, 9);
  return run;
}

bool stands_alone(std::string_view text, TextRange range) {
  const char before = range.begin > 0 ? text[range.begin - 1] : ' ';
  const char after = range.end < text.size() ? text[range.end] : ' ';
  if (!is_token_start(text, range.begin) || is_alnum(after)) return false;
  const bool joins_before = before == '.' || before == '_' || before == '-' || before == '+';
  const bool joins_after =
      after == '_' || after == '-' ||
      (after == '.' && range.end + 1 < text.size() && is_alnum(text[range.end + 1]));
  return !joins_before && !joins_after;
}

}  // namespace scopetrace
