// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/name_memo.h"

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "userspace/redact/detect/headers/header_values.h"
#include "userspace/redact/detect/pairs/plural_values.h"

namespace scopetrace {

// All zero bits are an entry of no name, so that new and wiped pages need no construction.
struct NameMemo::Entry {
  std::uint8_t size;
  char text[kMaxName];
  KnownName known;

  bool holds(std::string_view name) const {
    return size == name.size() && std::memcmp(text, name.data(), name.size()) == 0;
  }
};

namespace {

constexpr std::size_t kEntries = 2048;  // a power of two

KnownName ask(const NameTable& names, std::string_view name) {
  return {names.match(name), plural_class(names, name), is_cookie_name(name)};
}

}  // namespace

NameMemo::NameMemo(const NameTable& names) : names_(names) {
  static_assert(std::is_trivially_copyable_v<Entry> && std::is_trivially_destructible_v<Entry>);
  auto buffer = SecretBuffer::make(kEntries * sizeof(Entry));
  ST_CHECK(buffer.has_value());
  buffer_ = *std::move(buffer);
}

KnownName NameMemo::look_up(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return ask(names_, name);
  Entry& entry =
      reinterpret_cast<Entry*>(buffer_.data())[NameTable::hash_of(name) & (kEntries - 1)];
  if (entry.holds(name)) return entry.known;
  entry.known = ask(names_, name);
  entry.size = static_cast<std::uint8_t>(name.size());
  std::memcpy(entry.text, name.data(), name.size());
  return entry.known;
}

}  // namespace scopetrace
