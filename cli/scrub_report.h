// SPDX-License-Identifier: Apache-2.0
// What `scrub --report` says: what was taken out, by class, and how much was read.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace scopetrace {

struct ScrubReport {
  std::map<std::string, std::uint64_t>
      by_class;  // values replaced, by the class in the placeholder
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t records = 0;         // what was redacted on its own: an input, a record, a message
  std::uint64_t withheld_bytes = 0;  // of the input, replaced by their number
  bool is_locked = false;            // plaintext was kept out of swap
};

// A table for people, most frequent class first; ends with a line end.
std::string format_report_table(const ScrubReport& report);
// One JSON object: read_bytes, written_bytes, records, findings, withheld_bytes, memory_locked and
// by_class, an object of counts; ends with a line end.
std::string format_report_json(const ScrubReport& report);

}  // namespace scopetrace
