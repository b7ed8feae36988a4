// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/code_ranges.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string>

namespace scopetrace {
namespace {

bool is_x86_64(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         header.e_machine == EM_X86_64 && header.e_phentsize == sizeof(Elf64_Phdr);
}

bool is_known_kind(SiteKind kind) {
  return kind >= SiteKind::kTlsWrite && kind <= SiteKind::kLoaderChange;
}

// No return probe is placed at these: they may be anywhere.
bool is_sane_go_site(const Site& site) {
  return site.size_argument == 0 && site.is_function_entry == 0 && site.is_cheap <= 1 &&
         site.flags == 0 && (is_go_return(site.kind) || site.tcp_close == 0);
}

bool is_sane(const Site& site) {
  const bool is_zeroed = std::all_of(std::begin(site.reserved), std::end(site.reserved),
                                     [](auto b) { return b == 0; });
  if (!is_zeroed) return false;
  if (is_go_site(site.kind)) return is_sane_go_site(site);
  const bool is_size_argument =
      site.size_argument == 0 || site.size_argument == 4 || site.size_argument == 5;
  // Each site that is used with a return probe must be a function's entry.
  return is_known_kind(site.kind) && is_size_argument && site.is_function_entry == 1 &&
         site.is_cheap <= 1 && site.flags <= kSiteAllFlags && site.tcp_close == 0;
}

bool is_inside(const FileRange& range, std::uint64_t offset) {
  return offset >= range.start && offset - range.start < range.size_bytes;
}

}  // namespace

Result<std::vector<FileRange>> read_code_ranges(int fd) {
  Elf64_Ehdr header;
  if (::pread(fd, &header, sizeof(header), 0) != sizeof(header) || !is_x86_64(header)) {
    return fail(ErrorCode::kCorrupt, "not an x86-64 ELF file");
  }
  std::array<Elf64_Phdr, kMaxProgramHeaders> segments;
  const std::size_t count = std::min<std::size_t>(header.e_phnum, segments.size());
  const auto offset = static_cast<off_t>(header.e_phoff);
  const auto size = static_cast<ssize_t>(count * sizeof(Elf64_Phdr));
  if (offset < 0 || ::pread(fd, segments.data(), count * sizeof(Elf64_Phdr), offset) != size) {
    return fail(ErrorCode::kCorrupt, "program headers outside the ELF file");
  }
  std::vector<FileRange> ranges;
  for (std::size_t i = 0; i < count; ++i) {
    if (segments[i].p_type != PT_LOAD || (segments[i].p_flags & PF_X) == 0) continue;
    ranges.push_back({segments[i].p_offset, segments[i].p_filesz});
  }
  return ranges;
}

Status check_sites(std::span<const Site> sites, std::span<const FileRange> ranges) {
  if (sites.size() > kMaxSites)
    return fail(ErrorCode::kLimit, "resolver: more than " + std::to_string(kMaxSites) + " sites");
  for (const Site& site : sites) {
    if (!is_sane(site)) return fail(ErrorCode::kCorrupt, "resolver: site with impossible fields");
    const bool is_code = std::any_of(ranges.begin(), ranges.end(), [&](const FileRange& range) {
      return is_inside(range, site.file_offset);
    });
    if (!is_code) {
      return fail(ErrorCode::kCorrupt, "resolver: site outside the file's code, at offset " +
                                           std::to_string(site.file_offset));
    }
  }
  return {};
}

}  // namespace scopetrace
