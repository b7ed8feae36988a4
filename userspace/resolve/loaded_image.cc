// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/loaded_image.h"

#include <elf.h>

#include <algorithm>

namespace scopetrace {
namespace {

constexpr std::size_t kMaxHeaders = 128;
constexpr std::size_t kMaxDynamicEntries = 256;

// The bytes that a program header names; nothing when they are not all in the file.
std::optional<Bytes> bytes_of(const Elf64_Phdr& header, Bytes image) {
  if (header.p_offset > image.size() || header.p_filesz > image.size() - header.p_offset) {
    return std::nullopt;
  }
  return image.subspan(header.p_offset, header.p_filesz);
}

// The value of a tag of the dynamic section.
std::optional<std::uint64_t> dynamic_value(Bytes dynamic, Elf64_Sxword tag) {
  for (std::size_t i = 0; i < kMaxDynamicEntries; ++i) {
    const auto entry = value_at<Elf64_Dyn>(dynamic, i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) return std::nullopt;
    if (entry->d_tag == tag) return entry->d_un.d_val;
  }
  return std::nullopt;
}

}  // namespace

Result<LoadedImage> LoadedImage::parse(Bytes image) {
  const auto header = value_at<Elf64_Ehdr>(image, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_phentsize != sizeof(Elf64_Phdr)) {
    return fail(ErrorCode::kCorrupt, "elf: no 64-bit program headers");
  }
  if (header->e_phnum > kMaxHeaders) {
    return fail(ErrorCode::kLimit, "elf: too many program headers");
  }
  LoadedImage loaded;
  for (std::size_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = value_at<Elf64_Phdr>(image, header->e_phoff + i * sizeof(Elf64_Phdr));
    const auto bytes = segment ? bytes_of(*segment, image) : std::nullopt;
    if (!bytes) return fail(ErrorCode::kCorrupt, "elf: program header or segment outside the file");
    if (segment->p_type == PT_NOTE) loaded.notes_.push_back(*bytes);
    if (segment->p_type == PT_DYNAMIC) loaded.dynamic_ = *bytes;
    if (segment->p_type != PT_LOAD) continue;
    loaded.segments_.push_back({segment->p_vaddr, segment->p_offset, *bytes,
                                (segment->p_flags & PF_X) != 0, (segment->p_flags & PF_W) != 0});
  }
  return loaded;
}

Bytes LoadedImage::at(std::uint64_t address) const {
  for (const LoadedSegment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.bytes.size()) continue;
    return segment.bytes.subspan(address - segment.address);
  }
  return {};
}

std::optional<std::uint64_t> LoadedImage::code_offset(std::uint64_t address) const {
  for (const LoadedSegment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.bytes.size()) continue;
    if (!segment.is_code) return std::nullopt;
    return segment.file_offset + (address - segment.address);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> LoadedImage::relocated_value(std::uint64_t address) const {
  const auto table = dynamic_value(dynamic_, DT_RELA);
  const auto size = dynamic_value(dynamic_, DT_RELASZ);
  if (!table || !size) return std::nullopt;
  Bytes entries = at(*table);
  entries = entries.first(std::min<std::uint64_t>(entries.size(), *size));
  for (std::size_t i = 0; i < entries.size() / sizeof(Elf64_Rela); ++i) {
    const auto entry = value_at<Elf64_Rela>(entries, i * sizeof(Elf64_Rela));
    if (!entry || entry->r_offset != address) continue;
    if (ELF64_R_TYPE(entry->r_info) != R_X86_64_RELATIVE) return std::nullopt;
    return static_cast<std::uint64_t>(entry->r_addend);
  }
  return std::nullopt;
}

}  // namespace scopetrace
