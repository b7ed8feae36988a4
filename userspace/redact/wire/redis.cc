// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/redis.h"

#include <algorithm>
#include <optional>
#include <string>

#include "userspace/base/bytes.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/redis_arguments.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxHeader = 32;            // of an array or a bulk string
constexpr std::uint64_t kMaxElements = 1U << 20;  // of one array

constexpr std::string_view kArrays = "*~>%|";
constexpr std::string_view kBulks = "$!=";
constexpr std::string_view kScalars = "+-:_,#(";

bool is_one_of(char c, std::string_view set) { return set.find(c) != set.npos; }

// The number behind the type byte; -1 is nil. Nothing when it is none.
std::optional<std::int64_t> count_of(std::string_view header) {
  const std::string_view digits = without_line_end(header).substr(1);
  if (digits == "-1") return -1;
  const auto count = parse_decimal(digits);
  if (!count || *count > (std::uint64_t{1} << 40)) return std::nullopt;
  return static_cast<std::int64_t>(*count);
}

// One frame is an array's header, a bulk string with its header, a scalar, or an inline command.
class Redis final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override;
  void tell(std::string_view message, WireText& out) override;
  void skip(std::size_t size_bytes, WireText& out) override;

 private:
  void tell_array(std::string_view header, WireText& out);
  void tell_element(std::string_view element, WireText& out);
  void tell_inline(std::string_view line, WireText& out);
  void end_element(WireText& out);

  RedisArguments arguments_;
  std::uint64_t left_ = 0;  // elements of the array under way
};

Extent Redis::extent(std::string_view begin) const {
  if (begin.empty()) return Extent::needs_more();
  const bool is_array = is_one_of(begin[0], kArrays);
  if (!is_array && !is_one_of(begin[0], kBulks)) {
    if (left_ > 0 && !is_one_of(begin[0], kScalars)) return Extent::broken();
    return line_extent(begin, begin.npos);
  }
  const Extent header = line_extent(begin, kMaxHeader);
  if (header.state != Extent::State::kKnown) return header;
  const auto count = count_of(begin.substr(0, header.size_bytes));
  if (!count) return Extent::broken();
  if (is_array) {
    const bool fits = *count <= static_cast<std::int64_t>(kMaxElements) && left_ <= kMaxElements;
    return fits ? header : Extent::broken();
  }
  if (*count < 0) return header;
  return Extent::of(header.size_bytes + static_cast<std::size_t>(*count) + 2);
}

void Redis::tell(std::string_view message, WireText& out) {
  const char type = message[0];
  if (is_one_of(type, kArrays)) return tell_array(message, out);
  if (is_one_of(type, kBulks)) {
    const std::size_t header = message.find('\n') + 1;
    return tell_element(without_line_end(message.substr(header)), out);
  }
  const std::string_view line = without_line_end(message);
  if (!is_one_of(type, kScalars)) return tell_inline(line, out);
  if (left_ > 0) return tell_element(line.substr(1), out);
  out.begin("(reply)");
  out.value(line);
  out.end();
}

void Redis::tell_array(std::string_view header, WireText& out) {
  const std::int64_t count = std::max<std::int64_t>(count_of(header).value_or(0), 0);
  const auto elements = static_cast<std::uint64_t>(count) * (is_one_of(header[0], "%|") ? 2U : 1U);
  if (left_ == 0) {
    arguments_.begin(elements);
    left_ = elements;
    return;
  }
  left_ += elements;
  end_element(out);
}

void Redis::tell_element(std::string_view element, WireText& out) {
  if (left_ == 0) {
    out.begin("(reply)");
    out.value(element);
    return out.end();
  }
  arguments_.take(element, out);
  end_element(out);
}

void Redis::end_element(WireText& out) {
  if (--left_ == 0) out.end();
}

void Redis::tell_inline(std::string_view line, WireText& out) {
  arguments_.begin(static_cast<std::uint64_t>(std::count(line.begin(), line.end(), ' ')) + 1);
  while (!(line = trim(line)).empty()) {
    const std::size_t from = line[0] == '"' || line[0] == '\'' ? 1 : 0;
    const auto end = std::min(from == 1 ? line.find(line[0], 1) : line.find(' '), line.size());
    arguments_.take(line.substr(from, end - from), out);
    line.remove_prefix(std::min(end + from, line.size()));
  }
  out.end();
}

void Redis::skip(std::size_t size_bytes, WireText& out) {
  if (left_ == 0) return out.withhold(size_bytes);
  arguments_.skip(size_bytes, out);
  end_element(out);
}

Match match_array(std::string_view begin) {
  const Extent header = line_extent(begin, kMaxHeader);
  if (header.state == Extent::State::kNeedsMore) {
    const auto digits = begin.substr(1);
    const bool may_be = std::all_of(digits.begin(), digits.end(),
                                    [](char c) { return is_digit(c) || is_one_of(c, "-\r"); });
    return may_be ? Match::kMaybe : Match::kNo;
  }
  const bool is_header = header.state == Extent::State::kKnown && header.size_bytes > 3 &&
                         begin[header.size_bytes - 2] == '\r' &&
                         count_of(begin.substr(0, header.size_bytes)).has_value();
  return is_header ? Match::kYes : Match::kNo;
}

}  // namespace

Match match_redis(std::string_view begin) {
  if (begin.empty()) return Match::kMaybe;
  if (is_one_of(begin[0], "*$%:~>")) return match_array(begin);
  return match_any(
      begin, {"+OK\r\n", "+PONG\r\n", "+QUEUED\r\n", "-NOAUTH ", "-WRONGPASS ", "-ERR ", "-MOVED ",
              "-DENIED", "AUTH ", "PING\r\n", "HELLO 3", "HELLO 2"});
}

std::unique_ptr<WireProtocol> make_redis() { return std::make_unique<Redis>(); }

}  // namespace scopetrace
