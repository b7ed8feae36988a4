// SPDX-License-Identifier: Apache-2.0
// One pass over the lines of a bundle into one or more formats.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/export/export_format.h"
#include "userspace/export/party_selector.h"

namespace scopetrace {

// How many lines went where.
struct ExportCounts {
  std::uint64_t lines = 0;     // taken
  std::uint64_t kept = 0;      // left as they were
  std::uint64_t derived = 0;   // left with something taken away or redacted again
  std::uint64_t withheld = 0;  // did not leave
  std::uint64_t unknown = 0;   // members and lines of no known kind, which did not leave
};

// Selection, then profile, then formats. Memory does not grow with the number of lines.
class Exporter {
 public:
  // Formats by name, each at most once. `third_party` empty: everybody's lines. `folder` must
  // outlive this. Errors: kUsage for an unknown format, kIo when a file cannot be made.
  static Result<Exporter> make(const ExportProfile& profile, const std::string& third_party,
                               const std::vector<std::string>& formats, OutputFolder& folder);

  // One verified line with its LF, line 0 first. After an error all others are passed over.
  void take(std::string_view line);
  // What the bundle's skippable frames carry, each before the lines that it is for.
  void take_evidence(FrameMagic kind, Bytes content);
  // The first error there was, else the end of all formats.
  Status finish();
  ExportCounts counts() const;

 private:
  Exporter(LineFilter filter, PartySelector selector)
      : filter_(std::move(filter)), selector_(std::move(selector)) {}
  Status write(std::string_view line);
  Status withhold(std::string_view line);

  LineFilter filter_;
  PartySelector selector_;
  std::vector<std::unique_ptr<ExportFormat>> formats_;
  ExportCounts counts_;
  Status status_;
};

}  // namespace scopetrace
