// SPDX-License-Identifier: Apache-2.0
// Bounded reading of a hostile ELF file: symbols and the way from addresses to file offsets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

struct Elf;

namespace scopetrace {

inline constexpr std::uint64_t kMaxElfBytes = 1ULL << 30;  // Node.js is about 120 MB
inline constexpr std::size_t kMaxElfSymbols = 4'000'000;   // looked at in one file
inline constexpr std::size_t kMaxElfSegments = 128;        // program headers looked at
inline constexpr std::size_t kMaxElfSections = 4096;       // section headers looked at
inline constexpr std::size_t kMaxElfSymbolName = 256;      // longer names match nothing
inline constexpr std::size_t kMaxBuildIdBytes = 32;        // ld makes 20

// A run of executable bytes of the file that is loaded as it stands (PT_LOAD with PF_X).
struct ElfSegment {
  std::uint64_t address = 0;      // where it is loaded, before relocation
  std::uint64_t file_offset = 0;  // of its first byte
  std::uint64_t size_bytes = 0;   // in the file
};

// One symbol that names a function.
struct ElfFunction {
  std::string name;
  std::uint64_t address = 0;
};

// A parsed x86-64 ELF image. Borrows the image, which must stay as long as it.
class ElfFile {
 public:
  // Errors: kUnsupported when it is no 64-bit little-endian x86-64 file, kCorrupt when a table lies
  // outside the image, kLimit when it is larger than the limits above.
  static Result<ElfFile> parse(Bytes image);
  // The same for a separate debug file, which has symbols and no code: its segments are not looked
  // at, and lie outside the image in those that keep the headers of their program.
  static Result<ElfFile> parse_debug_file(Bytes image);

  std::span<const ElfSegment> executable_segments() const { return segments_; }
  // The file offset of an address in an executable segment.
  std::optional<std::uint64_t> to_file_offset(std::uint64_t address) const;
  // At most `max_bytes` bytes of code from this address on, fewer at the segment's end; empty when
  // the address is in no executable segment.
  Bytes code_at(std::uint64_t address, std::size_t max_bytes) const;
  // The defined functions of these names, from .dynsym, then .symtab for names not found there.
  // One entry a name at most; names that are not found are left out.
  Result<std::vector<ElfFunction>> find_functions(std::span<const std::string_view> names) const;
  // Where its constants are: the parts of the image that are loaded and no code; where linkers put
  // constants among the code, all that is loaded. Borrowed from the image.
  std::vector<Bytes> constant_parts() const;
  // The build id: borrowed from the image, at most kMaxBuildIdBytes; empty when it has none.
  Bytes build_id() const;

 private:
  struct EndElf {
    void operator()(Elf* elf) const;
  };
  ElfFile() = default;
  static Result<ElfFile> open(Bytes image);

  Bytes image_;
  std::unique_ptr<Elf, EndElf> elf_;
  std::vector<ElfSegment> segments_;
};

}  // namespace scopetrace
