// SPDX-License-Identifier: Apache-2.0
// Reads a datagram of journald's native protocol. Source: systemd.io/JOURNAL_NATIVE_PROTOCOL.
#pragma once

#include <optional>
#include <string_view>

namespace scopetrace {

struct JournalEntry {
  std::string_view message;          // of MESSAGE; borrowed from the datagram
  std::optional<unsigned> priority;  // of PRIORITY, 0 to 7
  bool is_whole = false;             // the message's end is there, and so is every field before it
};

// Fields are `NAME=value` lines, or `NAME`, a line end, the length in 8 bytes little-endian, that
// many bytes and a line end. The last of several fields of one name counts.
JournalEntry parse_journal_entry(std::string_view datagram);

}  // namespace scopetrace
