// SPDX-License-Identifier: Apache-2.0
// What a hostile x86-64 ELF file puts into memory, by address. Reads program headers only, which
// no stripping removes.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

namespace scopetrace {

// The value at an offset, whatever its alignment; nothing when it is not all inside.
template <class T>
std::optional<T> value_at(Bytes bytes, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// One PT_LOAD: the part of it that the file has.
struct LoadedSegment {
  std::uint64_t address = 0;  // before relocation
  std::uint64_t file_offset = 0;
  Bytes bytes;  // borrowed from the image
  bool is_code = false;
  bool is_writable = false;
};

class LoadedImage {
 public:
  // Borrows the image. Errors: kCorrupt when it is no 64-bit ELF file or has a table or segment
  // outside the file; kLimit when there are more than 128 program headers.
  static Result<LoadedImage> parse(Bytes image);

  std::span<const LoadedSegment> segments() const { return segments_; }
  // From this address to its segment's end in the file; empty when nothing is loaded there.
  Bytes at(std::uint64_t address) const;
  // The file offset of an address in executable code.
  std::optional<std::uint64_t> code_offset(std::uint64_t address) const;
  // The notes of the file (PT_NOTE), one run for each program header.
  std::span<const Bytes> notes() const { return notes_; }
  // What a relocation of kind R_X86_64_RELATIVE stores at this address at start. Linear.
  std::optional<std::uint64_t> relocated_value(std::uint64_t address) const;

 private:
  std::vector<LoadedSegment> segments_;
  std::vector<Bytes> notes_;
  Bytes dynamic_;
};

}  // namespace scopetrace
