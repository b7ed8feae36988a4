// SPDX-License-Identifier: Apache-2.0
// Secret text that grows: in memory as SecretBuffer has it, and never in a second place.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "userspace/base/secret_memory.h"

namespace scopetrace {

// One text. What is dropped of it is wiped. A view is good until the next change. Without memory
// the program ends. Each thread keeps one wiped buffer of at most 32 KiB for its next text.
class SecretText {
 public:
  std::string_view view() const { return buffer_.first(size_); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // `text` is no part of this one.
  void append(std::string_view text);
  void drop_begin(std::size_t size_bytes);
  // Gives the memory back: an empty text has none.
  void clear();

 private:
  SecretBuffer buffer_;
  std::size_t size_ = 0;
};

// Many small texts that stay until destruction. Their views stay good.
class SecretTexts {
 public:
  std::string_view add(std::string_view text);

 private:
  std::vector<SecretBuffer> chunks_;
  std::size_t used_ = 0;  // bytes of the last chunk
};

}  // namespace scopetrace
