// SPDX-License-Identifier: Apache-2.0
#include "tests/support/bundle_schema.h"

#include <fcntl.h>

#include "tests/support/schema.h"
#include "userspace/base/file.h"
#include "userspace/bundle/reader.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxFaults = 20;

// The text of all data frames; empty when the file is no bundle.
std::string lines_of(const std::string& path) {
  std::string text;
  const auto fd = open_file(path, O_RDONLY);
  if (!fd) return text;
  auto source = FileSource::open(fd->get());
  if (!source) return text;
  FrameReader reader(*source);
  FrameDecompressor zstd;
  Frame frame;
  for (auto status = reader.next(frame); status && *status == FrameStatus::kFrame;
       status = reader.next(frame)) {
    if (frame.magic != FrameMagic::kData) continue;
    const auto raw = zstd.decompress(frame.bytes, declared_raw_bytes(frame.bytes).value_or(0));
    if (raw) text += *raw;
  }
  return text;
}

}  // namespace

std::vector<std::string> schema_faults(const std::string& path) {
  const std::string text = lines_of(path);
  if (text.empty()) return {"no lines in " + path};
  std::vector<std::string> faults;
  std::string_view rest = text;
  for (std::size_t number = 0; !rest.empty() && faults.size() < kMaxFaults; ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    rest.remove_prefix(line.size());
    const std::string fault = schema_fault(line);
    if (!fault.empty()) faults.push_back("line " + std::to_string(number) + ": " + fault);
  }
  return faults;
}

}  // namespace scopetrace
