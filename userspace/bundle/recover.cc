// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/recover.h"

#include <algorithm>
#include <vector>

#include "userspace/bundle/format.h"
#include "userspace/bundle/seek_table.h"

namespace scopetrace {
namespace {

constexpr std::size_t kCopyBlock = 1 << 20;

// The most that a writer writes between two syncs: a data frame and its seal, or the final note and
// the seek table.
std::uint64_t max_unsynced(std::uint64_t seals) {
  constexpr std::uint64_t kTexts =
      2 * (kMaxSignedTextBytes + kSkippableHeaderBytes) + kMaxPaddingBytes;
  constexpr std::uint64_t kSeekEntry = 8;
  return kMaxFrameCompressed + kTexts + (2 * seals + 8) * kSeekEntry;
}

// How often a seal's frame seems to begin in these bytes. No line can hold such a beginning: JSON
// escapes 0x18.
std::size_t count_seals(std::string_view bytes) {
  constexpr std::string_view kMagic = "R*M\x18";
  constexpr std::string_view kTitle = "scopetrace-seal v1\n";
  std::size_t count = 0;
  for (std::size_t at = bytes.find(kMagic); at != std::string_view::npos;
       at = bytes.find(kMagic, at + 1)) {
    const std::string_view content =
        bytes.substr(std::min(at + kSkippableHeaderBytes, bytes.size()));
    if (content.starts_with(kTitle)) ++count;
  }
  return count;
}

Status check_interrupted(const VerifyReport& report, ByteSource& source, std::uint64_t rest) {
  const auto changed = [](const char* how) {
    return fail(Error(ErrorCode::kTampered, std::string(how) +
                                                " follows the last good seal: it was "
                                                "changed, not interrupted")
                    .with_hint("scopetrace verify says where; nothing was written"));
  };
  if (rest > max_unsynced(report.seals)) return changed("more than an interrupted capture leaves");
  ByteVector tail(rest);
  ST_RETURN_IF_ERROR(source.read(report.verified_bytes, tail));
  if (count_seals(as_text(tail)) > 1) return changed("more than one seal");
  return {};
}

Status copy_prefix(ByteSource& source, std::uint64_t size_bytes, ByteSink& out) {
  ByteVector block;
  for (std::uint64_t at = 0; at < size_bytes; at += block.size()) {
    block.resize(std::min<std::uint64_t>(kCopyBlock, size_bytes - at));
    ST_RETURN_IF_ERROR(source.read(at, block));
    ST_RETURN_IF_ERROR(out.write(block));
  }
  return {};
}

Result<ByteVector> remake_seek_table(ByteSource& source, std::uint64_t size_bytes) {
  FrameReader reader(source);
  std::vector<SeekEntry> entries;
  Frame frame;
  while (reader.offset() < size_bytes) {
    ST_ASSIGN_OR_RETURN(const FrameStatus status, reader.next(frame));
    if (status != FrameStatus::kFrame) {
      return fail(ErrorCode::kIo, "the bundle changed while it was recovered");
    }
    entries.push_back(seek_entry(frame));
  }
  return make_seek_table(entries);
}

}  // namespace

Result<Recovery> plan_recovery(const VerifyReport& report, ByteSource& source) {
  const bool is_broken = report.verdict == Verdict::kTampered;
  if (report.verified_bytes == 0) {
    return is_broken ? fail(ErrorCode::kTampered, "nothing of it is verified")
                     : fail(ErrorCode::kNotFound, "it ends before its start is whole");
  }
  ST_ASSIGN_OR_RETURN(const std::uint64_t rest,
                      source.available(report.verified_bytes, UINT64_MAX));
  if (is_broken) ST_RETURN_IF_ERROR(check_interrupted(report, source, rest));
  return Recovery{.kept_bytes = report.verified_bytes,
                  .dropped_bytes = rest,
                  .needs_seek_table = !report.end.empty() && !report.has_seek_table};
}

Status write_recovered(ByteSource& source, const Recovery& recovery, ByteSink& out) {
  ST_RETURN_IF_ERROR(copy_prefix(source, recovery.kept_bytes, out));
  if (recovery.needs_seek_table) {
    ST_ASSIGN_OR_RETURN(const ByteVector table, remake_seek_table(source, recovery.kept_bytes));
    ST_RETURN_IF_ERROR(out.write(table));
  }
  return out.sync();
}

}  // namespace scopetrace
