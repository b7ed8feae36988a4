// SPDX-License-Identifier: Apache-2.0
// The names of the files that a bundle is written to: one, or one a part.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scopetrace {

inline constexpr std::uint32_t kMaxParts = 9999;  // the numbers that attach gives have four digits

// What a file name says.
struct BundleFileName {
  std::string bundle;          // without part number and endings
  std::uint32_t part = 0;      // 0: the name has no number
  bool is_incomplete = false;  // not sealed: it is being written, or its capture was interrupted
};
// `NAME.jsonl.zst`, `NAME.0001.jsonl.zst`, `NAME.recovered.jsonl.zst` (what was proved of one),
// each with `.age` when encrypted and `.incomplete` when not finished, with or without a folder
// before it. Nothing for any other name.
std::optional<BundleFileName> parse_bundle_file_name(std::string_view file_name);

// `NAME.jsonl.zst` and 2 make `NAME.0002.jsonl.zst`; the number stands before `.jsonl.zst`, with or
// without `.age`, else at the end.
std::string part_path(std::string_view path, std::uint32_t part);

}  // namespace scopetrace
