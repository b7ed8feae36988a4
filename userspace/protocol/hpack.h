// SPDX-License-Identifier: Apache-2.0
// Decodes header blocks of HTTP/2 (HPACK, RFC 7541), also of a connection joined in the middle.
//
// The representations and the dynamic table are our own; Huffman strings and the static table are
// nghttp2's. Its inflater alone would not do: it ends a connection at the first reference to an
// entry that it has not seen, and a capture meets those whenever it joins late or misses bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/protocol/message.h"

struct nghttp2_hd_inflater;

namespace scopetrace {

inline constexpr std::size_t kInitialTableBytes = 4096;   // RFC 9113 section 6.5.2
inline constexpr std::size_t kMaxTableBytes = 64 * 1024;  // of one table; older entries are unknown
inline constexpr std::size_t kMaxTableName = 1024;  // longer ones are unknown when referred to

// One decoded block.
struct HeaderList {
  std::vector<HttpField> fields;     // in order; names in lower case as sent
  std::uint64_t unknown_fields = 0;  // that refer to an entry not known to be ours
  std::size_t size_bytes = 0;        // of names and values
  bool is_cut = false;               // further fields went past kMaxHeaderBytes or kMaxFields
};

// The entries that were seen to be added, newest first: exactly the newest ones of the encoder's
// table. An index counts from the newest entry, so an entry has the same index here and there
// however many older ones were never seen. Entries leave from the oldest, and a table of which less
// is known only holds more of them than the encoder's, never others.
class HpackTable {
 public:
  struct Entry {
    std::string name;  // empty when it is not known
    std::string value;
    bool is_name_known = true;
    std::size_t size_bytes = 0;  // RFC 7541 section 4.1; without a name that is not known
  };

  // `index` counts from 0, the newest. Nothing when the entry is not known.
  const Entry* find(std::size_t index) const;
  // Of `name` nothing is kept when it is not known or too long: a reference to it takes two bytes,
  // and makes a copy each time.
  void add(std::string_view name, bool is_name_known, std::string value);
  void resize(std::size_t max_bytes);
  // Nothing is known any more, not even how large the encoder's table is.
  void forget();

  std::size_t memory_bytes() const { return size_bytes_ * 2; }  // strings cost as much again

 private:
  void evict();

  std::deque<Entry> entries_;
  std::size_t size_bytes_ = 0;
  std::size_t max_bytes_ = kInitialTableBytes;
};

// Decodes the blocks of one direction, in order. The size of the table changes by what the encoder
// says in its blocks, never by SETTINGS_HEADER_TABLE_SIZE: that only allows the encoder to say so.
class HpackDecoder {
 public:
  HpackDecoder();
  ~HpackDecoder();
  HpackDecoder(const HpackDecoder&) = delete;
  HpackDecoder& operator=(const HpackDecoder&) = delete;

  // Appends the fields of a whole block to `list`. A reference to an entry that is not known gives
  // a field `<unknown:idx N>`, its value empty, or where only the name is a reference, marked as
  // never indexed: what cannot be named may be a secret. Returns false when the block is broken:
  // `list` holds the fields before, and the table is unknown.
  bool decode(std::string_view block, HeaderList& list);
  // A block was missed, or the connection was joined in the middle.
  void forget() { table_.forget(); }

  std::size_t memory_bytes() const { return kInflaterBytes + table_.memory_bytes(); }

 private:
  static constexpr std::size_t kInflaterBytes = 2048;  // of nghttp2, about

  class Strings;

  bool step(std::string_view& rest, HeaderList& list);
  bool read_indexed(std::string_view& rest, HeaderList& list);
  bool read_literal(std::string_view& rest, unsigned prefix_bits, HeaderList& list);
  bool read_size(std::string_view& rest);
  const HpackTable::Entry* look_up(std::uint64_t index) const;

  HpackTable table_;
  std::unique_ptr<Strings> strings_;
};

}  // namespace scopetrace
