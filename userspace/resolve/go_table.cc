// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_table.h"

#include <algorithm>

namespace scopetrace {
namespace {

constexpr std::uint32_t kMagic116 = 0xfffffffa;  // 1.16 and 1.17
constexpr std::uint32_t kMagic118 = 0xfffffff0;  // 1.18 and 1.19
constexpr std::uint32_t kMagic120 = 0xfffffff1;  // from 1.20 on
constexpr std::size_t kScanStep = 8;             // the linker aligns it to 32
constexpr std::size_t kWordsAt = 8;              // behind magic, two zeros, step 1, pointer size 8

// The header's first eight bytes; every table of x86-64 has these but for the magic.
struct Start {
  std::uint32_t magic;
  std::uint8_t zeros[2];
  std::uint8_t step;
  std::uint8_t pointer_bytes;
};
static_assert(sizeof(Start) == kWordsAt);

bool is_start(Bytes bytes) {
  const auto start = value_at<Start>(bytes, 0);
  return start &&
         (start->magic == kMagic116 || start->magic == kMagic118 || start->magic == kMagic120) &&
         start->zeros[0] == 0 && start->zeros[1] == 0 && start->step == 1 &&
         start->pointer_bytes == 8;
}

std::optional<std::uint64_t> word(Bytes table, std::size_t index) {
  return value_at<std::uint64_t>(table, kWordsAt + index * 8);
}

// The part of the table whose offset is in a word of its header.
std::optional<Bytes> part(Bytes table, std::size_t index) {
  const auto offset = word(table, index);
  if (!offset || *offset >= table.size()) return std::nullopt;
  return table.subspan(*offset);
}

// Where functions begin: in the header, or in a position-independent file in its relocation.
std::optional<std::uint64_t> text_start(const LoadedImage& image, Bytes table,
                                        std::uint64_t address) {
  constexpr std::size_t kTextStart = 2;
  const auto stored = word(table, kTextStart);
  if (stored && *stored != 0) return stored;
  return image.relocated_value(address + kWordsAt + kTextStart * 8);
}

}  // namespace

std::optional<GoTable> GoTable::read(const LoadedImage& image, Bytes bytes, std::uint64_t address) {
  const bool is_old = value_at<std::uint32_t>(bytes, 0) == kMagic116;
  const auto count = word(bytes, 0);
  const auto names = part(bytes, is_old ? 2 : 3);
  const auto functions = part(bytes, is_old ? 6 : 7);
  const auto text = is_old ? std::optional<std::uint64_t>(0) : text_start(image, bytes, address);
  if (!count || !names || !functions || !text) return std::nullopt;
  GoTable table;
  table.names_ = *names;
  table.functions_ = *functions;
  table.count_ = *count;
  table.text_ = *text;
  table.width_ = is_old ? 8 : 4;
  const bool fits = *count > 0 && *count <= kMaxGoFunctions &&
                    (2 * *count + 1) * table.width_ <= functions->size();
  return fits ? std::optional<GoTable>(table) : std::nullopt;
}

std::optional<GoTable> GoTable::find_in(const LoadedImage& image, const LoadedSegment& segment) {
  for (std::size_t at = 0; at + kWordsAt <= segment.bytes.size(); at += kScanStep) {
    const Bytes bytes = segment.bytes.subspan(at);
    if (!is_start(bytes)) continue;
    auto table = read(image, bytes, segment.address + at);
    if (table) return table;
  }
  return std::nullopt;
}

std::optional<GoTable> GoTable::find(const LoadedImage& image) {
  for (const bool in_writable : {false, true}) {  // position-independent files have it there
    for (const LoadedSegment& segment : image.segments()) {
      if (segment.is_code || segment.is_writable != in_writable) continue;
      auto table = find_in(image, segment);
      if (table) return table;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> GoTable::entry_of(std::uint64_t index) const {
  const std::uint64_t at = 2 * index * width_;
  if (width_ == 8) return value_at<std::uint64_t>(functions_, at);
  const auto offset = value_at<std::uint32_t>(functions_, at);
  if (!offset) return std::nullopt;
  return text_ + *offset;
}

std::string_view GoTable::name_of(std::uint64_t index, std::size_t max_bytes) const {
  const std::uint64_t at = (2 * index + 1) * width_;
  const auto wide = width_ == 8 ? value_at<std::uint64_t>(functions_, at) : std::nullopt;
  const auto narrow = width_ == 4 ? value_at<std::uint32_t>(functions_, at) : std::nullopt;
  const std::uint64_t information = wide ? *wide : narrow.value_or(0);
  if (information > functions_.size()) return {};
  const auto name = value_at<std::uint32_t>(functions_, information + width_);  // behind the entry
  if (!name || *name >= names_.size()) return {};
  const std::string_view text = as_text(names_.subspan(*name));
  return text.substr(0, std::min(text.substr(0, max_bytes).find('\0'), max_bytes));
}

std::vector<GoFunction> GoTable::find_functions(std::span<const std::string_view> names) const {
  std::size_t longest = 0;
  for (const std::string_view name : names) longest = std::max(longest, name.size());
  std::vector<GoFunction> found;
  for (std::uint64_t i = 0; i < count_ && found.size() < names.size(); ++i) {
    const auto name = std::find(names.begin(), names.end(), name_of(i, longest + 1));
    if (name == names.end()) continue;
    const bool is_known = std::any_of(found.begin(), found.end(),
                                      [&](const GoFunction& other) { return other.name == *name; });
    const auto start = entry_of(i);
    const auto end = entry_of(i + 1);
    if (is_known || !start || !end || *end <= *start) continue;
    found.push_back({*name, *start, *end - *start});
  }
  return found;
}

}  // namespace scopetrace
