// SPDX-License-Identifier: Apache-2.0
// Where the code of a file lies, and whether a resolver's answer points there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/resolve/site.h"

namespace scopetrace {

// A run of bytes of a file.
struct FileRange {
  std::uint64_t start = 0;
  std::uint64_t size_bytes = 0;
};

inline constexpr std::size_t kMaxProgramHeaders = 64;

// The executable PT_LOAD ranges of an ELF file, from its fixed-size headers alone: two bounded
// reads and no pointer that is followed further. For files that are not mapped yet; the mappings
// themselves say it better. Errors: kCorrupt when it is no x86-64 ELF file.
Result<std::vector<FileRange>> read_code_ranges(int fd);

// Whether every site is of a known kind, with sane fields, inside one of the ranges.
// Errors: kCorrupt names the first that is not; kLimit when there are more than kMaxSites.
Status check_sites(std::span<const Site> sites, std::span<const FileRange> ranges);

}  // namespace scopetrace
