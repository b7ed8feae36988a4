// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/recover.h"

#include <algorithm>
#include <vector>

#include "userspace/bundle/format.h"
#include "userspace/bundle/seek_table.h"

namespace scopetrace {
namespace {

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

// What follows the proved part of a bundle that is called changed.
Status check_interrupted(ByteSource& source, const VerifyReport& report, std::uint64_t rest) {
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

// How many bytes follow the proved part, up to one more than an interruption leaves.
Result<std::uint64_t> measure_rest(ByteSource& source, const VerifyReport& report) {
  ST_ASSIGN_OR_RETURN(const std::uint64_t rest,
                      source.available(report.verified_bytes, max_unsynced(report.seals) + 1));
  const bool is_broken = report.verdict == Verdict::kTampered;
  if (is_broken) ST_RETURN_IF_ERROR(check_interrupted(source, report, rest));
  return rest;
}

// Copies the frames of the proved part; the result is the seek table of those.
Result<ByteVector> copy_frames(ByteSource& source, std::uint64_t size_bytes, ByteSink& out) {
  FrameReader reader(source);
  std::vector<SeekEntry> entries;
  Frame frame;
  while (reader.offset() < size_bytes) {
    ST_ASSIGN_OR_RETURN(const FrameStatus status, reader.next(frame));
    if (status != FrameStatus::kFrame || reader.offset() > size_bytes) {
      return fail(ErrorCode::kIo, "the bundle changed while it was recovered");
    }
    ST_RETURN_IF_ERROR(out.write(frame.bytes));
    entries.push_back(seek_entry(frame));
  }
  return make_seek_table(entries);
}

}  // namespace

bool is_nothing_to_recover(const VerifyReport& report) {
  return report.has_seek_table && report.verdict != Verdict::kIncomplete &&
         report.verdict != Verdict::kTampered;
}

Status check_recoverable(const VerifyReport& report) {
  if (report.verified_bytes != 0) return {};
  return report.verdict == Verdict::kTampered
             ? fail(ErrorCode::kTampered, "nothing of it is verified")
             : fail(ErrorCode::kNotFound, "it ends before its start is whole");
}

Result<Recovery> recover_bundle(const VerifyReport& report, ByteSource& source, ByteSink& out) {
  ST_RETURN_IF_ERROR(check_recoverable(report));
  Recovery recovery{.kept_bytes = report.verified_bytes,
                    .has_new_seek_table = !report.end.empty() && !report.has_seek_table};
  ST_ASSIGN_OR_RETURN(const ByteVector table, copy_frames(source, recovery.kept_bytes, out));
  ST_ASSIGN_OR_RETURN(recovery.dropped_bytes, measure_rest(source, report));
  recovery.written_bytes = recovery.kept_bytes;
  if (recovery.has_new_seek_table) {
    ST_RETURN_IF_ERROR(out.write(table));
    recovery.written_bytes += table.size();
  }
  ST_RETURN_IF_ERROR(out.sync());
  return recovery;
}

}  // namespace scopetrace
