// SPDX-License-Identifier: Apache-2.0
// What names mean, remembered: a log repeats the same few hundred names.
#pragma once

#include <cstddef>
#include <string_view>

#include "userspace/base/secret_memory.h"
#include "userspace/redact/rules/names.h"

namespace scopetrace {

// What is known of a name without what stands around it.
struct KnownName {
  NameTable::Match match;
  std::string_view plural_class;  // see plural_class(): of the values in a container of that name
  bool is_cookie = false;         // see is_cookie_name()
};

// Remembers what names of up to kMaxName bytes mean, in locked memory: a name may turn out to be a
// value. Borrows the table. One thread.
class NameMemo {
 public:
  static constexpr std::size_t kMaxName = 31;

  explicit NameMemo(const NameTable& names);

  const NameTable& names() const { return names_; }
  KnownName look_up(std::string_view name);
  // Wipes all names.
  void forget() { buffer_.wipe_range(0, buffer_.size()); }

 private:
  struct Entry;

  const NameTable& names_;
  SecretBuffer buffer_;  // of entries, each at what its name hashes to
};

}  // namespace scopetrace
