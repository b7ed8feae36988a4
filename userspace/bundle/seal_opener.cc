// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/seal_opener.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace scopetrace {
namespace {

// Exactly `count` lines, each with its LF.
Result<std::vector<std::string_view>> split_lines(std::string_view text, std::uint64_t count) {
  if (!text.empty() && text.back() != '\n') {
    return fail(ErrorCode::kCorrupt, "the last line has no end");
  }
  std::vector<std::string_view> lines;
  lines.reserve(std::min<std::uint64_t>(count, text.size()));
  while (!text.empty() && lines.size() < count) {
    lines.push_back(text.substr(0, text.find('\n') + 1));
    text.remove_prefix(lines.back().size());
  }
  if (!text.empty() || lines.size() != count) {
    return fail(ErrorCode::kCorrupt, "seal: another number of lines");
  }
  return lines;
}

Status open_lines(OpenedSeal& opened, const LeafHasher& hasher, FrameDecompressor& zstd) {
  const Seal& seal = opened.checked.seal;
  if (!seal.frame) return {};
  const ByteVector data = std::move(opened.checked.data);
  ST_ASSIGN_OR_RETURN(opened.raw, zstd.decompress(data, seal.frame->raw));
  ST_ASSIGN_OR_RETURN(const auto lines, split_lines(opened.raw, seal.count));
  opened.leaves = hasher.leaves(seal.first, lines);
  return {};
}

}  // namespace

OpenedSeal open_seal(CheckedSeal checked, const LeafHasher& hasher, FrameDecompressor& zstd) {
  OpenedSeal opened;
  opened.checked = std::move(checked);
  opened.result = open_lines(opened, hasher, zstd);
  return opened;
}

OpenedSeal OneSealOpener::pop() {
  ST_CHECK(held_.has_value());
  OpenedSeal opened = open_seal(*std::move(held_), hasher_, zstd_);
  held_.reset();
  return opened;
}

}  // namespace scopetrace
