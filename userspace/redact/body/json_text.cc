// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/json_text.h"

#include <algorithm>

#include "userspace/redact/body/json_walk.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxGuard = 128;  // before the first bracket
constexpr std::size_t kMaxTail = 16;    // behind the last one

bool begins_json(std::string_view text) {
  const std::string_view inner = trim(text);
  return !inner.empty() && (inner[0] == '{' || inner[0] == '[');
}

// A guard is made of code, not of words: it holds no quotes but the one of `)]}'`.
bool is_guard(std::string_view text) {
  return text.find('"') == text.npos && text.find('<') == text.npos &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return c >= 0 && c < 0x20 && !is_space(c); });
}

bool is_tail(std::string_view text) {
  return text.size() <= kMaxTail && text.find_first_not_of(") ;\r\n\t*/") == text.npos;
}

// `cb({…});`: the JSON between guard and tail.
std::optional<std::string> redact_wrapped(TextScanner& scanner, std::string_view text,
                                          BodyOptions options) {
  std::size_t begin = text.substr(0, kMaxGuard).find_first_of("{[");
  if (text.starts_with(")]}'")) begin = text.substr(0, kMaxGuard).find_first_of("{[", 4);
  const auto end = options.is_cut ? text.size() - 1 : text.find_last_of("}]");
  if (begin == text.npos || end == text.npos || end <= begin) return std::nullopt;
  const std::string_view guard = text.substr(0, begin);
  const std::string_view tail = text.substr(end + 1);
  if (!is_guard(guard) || !is_tail(tail)) return std::nullopt;
  auto walked = redact_json(scanner, text.substr(begin, end + 1 - begin), options);
  if (!walked) return std::nullopt;
  const std::string safe_guard =
      options.as_shape ? "" : redact_text_at(scanner, guard, options.depth);
  return safe_guard + *walked + std::string(options.as_shape ? "" : tail);
}

// One value a line. The first line must be JSON, or it is a broken document over many lines.
std::optional<std::string> redact_lines(TextScanner& scanner, std::string_view text,
                                        BodyOptions options) {
  std::string out;
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    BodyOptions own = options;
    own.is_cut = options.is_cut && text.empty();
    auto walked = begins_json(line) ? redact_json(scanner, line, own) : std::nullopt;
    if (is_first && (!walked || text.empty())) return std::nullopt;
    if (walked) {
      out += *walked;
    } else if (!options.as_shape) {
      out += redact_text_at(scanner, line, options.depth);
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> redact_json_text(TextScanner& scanner, std::string_view text,
                                            BodyOptions options) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) {
    auto rest = redact_json_text(scanner, text.substr(kMark.size()), options);
    return rest ? std::optional<std::string>(std::string(kMark) + *rest) : std::nullopt;
  }
  if (!begins_json(text)) return redact_wrapped(scanner, text, options);
  if (auto walked = redact_json(scanner, text, options)) return walked;
  return redact_lines(scanner, text, options);
}

}  // namespace scopetrace
