// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/redis_words.h"

#include <array>
#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxArguments = 64;

struct Arguments {
  std::array<TextRange, kMaxArguments> words;
  std::size_t size = 0;
  bool is_cut = false;  // the text ends before the line
};

// The quoted words from the quotation mark at `at` on.
Arguments read_arguments(std::string_view text, std::size_t at) {
  Arguments out;
  while (out.size < kMaxArguments) {
    const auto quote = quote_at(text, at);
    if (!quote) break;
    const std::size_t begin = at + quote->size;
    const StringEnd end = string_end(text, begin, *quote);
    out.is_cut = !end.is_closed && end.end >= text.size();
    if (!end.is_closed) return out;
    out.words[out.size++] = {begin, end.end};
    at = end.end + quote->size;
    if (at >= text.size() || text[at] != ' ') break;
    ++at;
  }
  out.is_cut = out.is_cut || at >= text.size();
  return out;
}

class RedisWords {
 public:
  RedisWords(std::string_view text, const NameTable& names, std::vector<Finding>& findings)
      : text_(text), names_(names), findings_(findings) {}

  // AUTH password, AUTH name password.
  void take_last(const Arguments& arguments) {
    if (arguments.size == 0 || arguments.size > 2) return;
    add(arguments.words[arguments.size - 1], "generic-password");
  }
  // Names and values by turns, from the argument `i` on.
  void take_pairs(const Arguments& arguments, std::size_t i) {
    for (; i + 1 < arguments.size; i += 2) {
      const TextRange value = arguments.words[i + 1];
      const auto found = names_.class_of(slice(arguments.words[i]), slice(value));
      if (found) add(value, *found);
    }
  }

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange value, std::string_view class_name) {
    if (is_plausible_value(class_name, slice(value))) findings_.push_back({value, class_name});
  }

  std::string_view text_;
  const NameTable& names_;
  std::vector<Finding>& findings_;
};

}  // namespace

void take_redis_words(ScanText& scan, const NameTable& names, TextRange at,
                      std::vector<Finding>& findings) {
  const std::string_view text = scan.text;
  const std::string_view command = text.substr(at.begin + 1, at.end - at.begin - 4);
  const Arguments arguments = read_arguments(text, at.end - 1);
  if (arguments.is_cut) wants_line(scan, at.begin);
  RedisWords words(text, names, findings);
  if (equals_ignoring_case(command, "auth")) return words.take_last(arguments);
  const bool has_key = to_lower(command[0]) == 'h';  // of a hash; others set the key itself
  words.take_pairs(arguments, has_key ? 1 : 0);
}

}  // namespace scopetrace
