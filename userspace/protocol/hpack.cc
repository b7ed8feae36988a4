// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/hpack.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "userspace/protocol/http1_head.h"

namespace scopetrace {
namespace {

constexpr std::size_t kStaticEntries = 61;  // RFC 7541 appendix A
constexpr std::size_t kEntryOverhead = 32;  // RFC 7541 section 4.1
constexpr unsigned kMaxIntegerShift = 28;   // no count of a block bound to 64 KiB needs more

constexpr std::uint8_t kIndexed = 0x80;  // RFC 7541 section 6: marks of the representations
constexpr std::uint8_t kAdded = 0x40;
constexpr std::uint8_t kTableSize = 0x20;
constexpr std::uint8_t kNeverIndexed = 0x10;
constexpr std::uint8_t kHuffman = 0x80;

std::uint8_t first_byte(std::string_view text) { return static_cast<std::uint8_t>(text.front()); }

// An integer whose first byte leaves `prefix_bits` to it (RFC 7541 section 5.1).
std::optional<std::uint64_t> take_integer(std::string_view& rest, unsigned prefix_bits) {
  if (rest.empty()) return std::nullopt;
  const std::uint64_t limit = (1U << prefix_bits) - 1;
  std::uint64_t value = first_byte(rest) & limit;
  rest.remove_prefix(1);
  if (value < limit) return value;
  for (unsigned shift = 0; shift <= kMaxIntegerShift && !rest.empty(); shift += 7) {
    const std::uint8_t byte = first_byte(rest);
    rest.remove_prefix(1);
    value += std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

// RFC 7541 appendix A, as nghttp2 has it.
std::vector<HpackTable::Entry> make_static_table() {
  nghttp2_hd_inflater* inflater = nullptr;
  ST_CHECK(nghttp2_hd_inflate_new(&inflater) == 0);
  std::vector<HpackTable::Entry> table(kStaticEntries);
  for (std::size_t i = 0; i < kStaticEntries; ++i) {
    const nghttp2_nv* entry = nghttp2_hd_inflate_get_table_entry(inflater, i + 1);
    table[i].name.assign(reinterpret_cast<const char*>(entry->name), entry->namelen);
    table[i].value.assign(reinterpret_cast<const char*>(entry->value), entry->valuelen);
  }
  nghttp2_hd_inflate_del(inflater);
  return table;
}

// Adds a field unless the list is full. What cannot be named may be a secret.
void add_field(HeaderList& list, HttpField field, bool is_name_known) {
  list.size_bytes += field.name.size() + field.value.size();
  list.unknown_fields += is_name_known ? 0 : 1;
  list.is_cut = list.size_bytes > kMaxHeaderBytes || list.fields.size() == kMaxFields;
  if (!list.is_cut) list.fields.push_back(std::move(field));
}

std::string unknown_name(std::uint64_t index) {
  return std::string(kUnknownField) + "idx " + std::to_string(index) + ">";
}

}  // namespace

const HpackTable::Entry* HpackTable::find(std::size_t index) const {
  return index < entries_.size() ? &entries_[index] : nullptr;
}

void HpackTable::add(std::string_view name, bool is_name_known, std::string value) {
  const std::size_t size = (is_name_known ? name.size() : 0) + value.size() + kEntryOverhead;
  const bool is_kept = is_name_known && name.size() <= kMaxTableName;
  entries_.push_front({is_kept ? std::string(name) : "", std::move(value), is_kept, size});
  size_bytes_ += size;
  evict();
}

void HpackTable::resize(std::size_t max_bytes) {
  max_bytes_ = std::min(max_bytes, kMaxTableBytes);
  evict();
}

void HpackTable::forget() {
  entries_.clear();
  size_bytes_ = 0;
  max_bytes_ = kMaxTableBytes;
}

void HpackTable::evict() {
  while (size_bytes_ > max_bytes_) {
    size_bytes_ -= entries_.back().size_bytes;
    entries_.pop_back();
  }
}

// Huffman strings, by nghttp2. Its inflater does not offer them by themselves, so it is given a
// literal that is never added to a table: a name of one byte, and the string as its value.
class HpackDecoder::Strings {
 public:
  Strings() { open(); }
  ~Strings() { nghttp2_hd_inflate_del(inflater_); }
  Strings(const Strings&) = delete;
  Strings& operator=(const Strings&) = delete;

  // Takes a string literal (RFC 7541 section 5.2). Nothing when it is cut short or broken.
  std::optional<std::string> take(std::string_view& rest) {
    if (rest.empty()) return std::nullopt;
    const bool is_coded = (first_byte(rest) & kHuffman) != 0;
    const std::string_view begin = rest;
    const auto length = take_integer(rest, 7);
    if (!length || *length > rest.size()) return std::nullopt;
    const std::string_view text = rest.substr(0, *length);
    rest.remove_prefix(*length);
    if (!is_coded) return std::string(text);
    return decode(begin.substr(0, begin.size() - rest.size()));
  }

 private:
  void open() { ST_CHECK(nghttp2_hd_inflate_new(&inflater_) == 0); }

  std::optional<std::string> decode(std::string_view literal) {
    block_.assign("\0\1x", 3);
    block_.append(literal);
    nghttp2_nv field{};
    int flags = 0;
    const auto taken = nghttp2_hd_inflate_hd2(inflater_, &field, &flags,
                                              reinterpret_cast<const std::uint8_t*>(block_.data()),
                                              block_.size(), 1);
    if (taken < 0 || (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) {
      nghttp2_hd_inflate_del(inflater_);  // it takes nothing more after an error
      open();
      return std::nullopt;
    }
    std::string value(reinterpret_cast<const char*>(field.value), field.valuelen);
    nghttp2_hd_inflate_end_headers(inflater_);
    return value;
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
  std::string block_;
};

HpackDecoder::HpackDecoder() : strings_(std::make_unique<Strings>()) {}
HpackDecoder::~HpackDecoder() = default;

bool HpackDecoder::decode(std::string_view block, HeaderList& list) {
  while (!block.empty()) {
    if (step(block, list)) continue;
    table_.forget();
    return false;
  }
  return true;
}

bool HpackDecoder::step(std::string_view& rest, HeaderList& list) {
  const std::uint8_t first = first_byte(rest);
  if ((first & kIndexed) != 0) return read_indexed(rest, list);
  if ((first & kAdded) != 0) return read_literal(rest, 6, list);
  if ((first & kTableSize) != 0) return read_size(rest);
  return read_literal(rest, 4, list);
}

bool HpackDecoder::read_indexed(std::string_view& rest, HeaderList& list) {
  const auto index = take_integer(rest, 7);
  if (!index || *index == 0) return false;
  if (list.is_cut) return true;  // no copies that nobody reads
  const HpackTable::Entry* entry = look_up(*index);
  const bool is_known = entry != nullptr && entry->is_name_known;
  add_field(list,
            {is_known ? entry->name : unknown_name(*index), entry == nullptr ? "" : entry->value,
             !is_known},
            is_known);
  return true;
}

// With the name as a reference or as a string, added to the table or not (RFC 7541 section 6.2).
bool HpackDecoder::read_literal(std::string_view& rest, unsigned prefix_bits, HeaderList& list) {
  const std::uint8_t first = first_byte(rest);
  const bool is_added = (first & kAdded) != 0;
  const bool is_never_indexed = !is_added && (first & kNeverIndexed) != 0;
  const auto index = take_integer(rest, prefix_bits);
  if (!index) return false;
  const HpackTable::Entry* entry = *index == 0 ? nullptr : look_up(*index);
  const bool is_known = *index == 0 || (entry != nullptr && entry->is_name_known);
  auto name = *index == 0 ? strings_->take(rest) : is_known ? entry->name : unknown_name(*index);
  if (!name) return false;
  auto value = strings_->take(rest);
  if (!value) return false;
  if (is_added) table_.add(*name, is_known, *value);
  if (list.is_cut) return true;
  add_field(list, {std::move(*name), std::move(*value), is_never_indexed || !is_known}, is_known);
  return true;
}

// What an index refers to; nothing when that is not known.
const HpackTable::Entry* HpackDecoder::look_up(std::uint64_t index) const {
  static const std::vector<HpackTable::Entry> static_table = make_static_table();
  if (index <= kStaticEntries) return &static_table[index - 1];
  return table_.find(index - kStaticEntries - 1);
}

bool HpackDecoder::read_size(std::string_view& rest) {
  const auto max_bytes = take_integer(rest, 5);
  if (max_bytes) table_.resize(*max_bytes);
  return max_bytes.has_value();
}

}  // namespace scopetrace
