// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/log/journal_entry.h"

#include <cstdint>

#include "userspace/base/bytes.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kLengthBytes = 8;

struct Field {
  std::string_view name;
  std::string_view value;
  bool is_whole = false;
};

// The value with a length before it; all there is of it when it is cut.
Field read_sized(std::string_view name, std::string_view& rest) {
  const auto length = ByteReader(as_bytes(rest)).read<std::uint64_t>();
  if (!length) {
    rest = {};
    return {name, {}, false};
  }
  rest.remove_prefix(kLengthBytes);
  const bool is_whole = *length < rest.size() && rest[*length] == '\n';
  const Field field{name, rest.substr(0, *length), is_whole};
  rest = is_whole ? rest.substr(*length + 1) : std::string_view();
  return field;
}

// Takes the next field off the front.
Field read_field(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  const auto equals = line.find('=');
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  if (equals == line.npos) return read_sized(line, rest);
  return {line.substr(0, equals), line.substr(equals + 1), end != std::string_view::npos};
}

}  // namespace

JournalEntry parse_journal_entry(std::string_view datagram) {
  JournalEntry entry;
  while (!datagram.empty()) {
    const Field field = read_field(datagram);
    if (field.name == "MESSAGE") {
      entry.message = field.value;
      entry.is_whole = field.is_whole;
    } else if (field.name == "PRIORITY" && field.value.size() == 1 && is_digit(field.value[0])) {
      entry.priority = static_cast<unsigned>(field.value[0] - '0');
    }
  }
  return entry;
}

}  // namespace scopetrace
