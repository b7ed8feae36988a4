// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/seek_table.h"

#include "userspace/bundle/format.h"
#include "userspace/bundle/little_endian.h"

namespace scopetrace {

ByteVector make_seek_table(std::span<const SeekEntry> entries) {
  constexpr std::size_t kEntryBytes = 8;
  constexpr std::size_t kFooterBytes = 9;
  const std::size_t content = entries.size() * kEntryBytes + kFooterBytes;
  ByteVector table;
  table.reserve(kSkippableHeaderBytes + content);
  append_le32(table, static_cast<std::uint32_t>(FrameMagic::kSeekTable));
  append_le32(table, static_cast<std::uint32_t>(content));
  for (const SeekEntry& entry : entries) {
    append_le32(table, entry.compressed);
    append_le32(table, entry.raw);
  }
  append_le32(table, static_cast<std::uint32_t>(entries.size()));
  table.push_back(std::byte{0});  // descriptor: no checksums
  append_le32(table, kSeekTableFooterMagic);
  return table;
}

}  // namespace scopetrace
