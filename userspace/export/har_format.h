// SPDX-License-Identifier: Apache-2.0
// `exchanges.har`: the exchanges as an HTTP Archive 1.2, which browsers and proxies import.
#pragma once

#include <memory>

#include "userspace/export/export_format.h"
#include "userspace/export/http_line.h"

namespace scopetrace {

// One entry an `http` line; what HAR has no member for is in `_scopetrace`. As browsers have it,
// `connection` is the server's port and `_connectionId` tells connections apart.
class HarFormat final : public ExportFormat {
 public:
  explicit HarFormat(ExportFile& file) : file_(file) {}

  Status add(const ExportLine& line) override;
  Status finish() override;

 private:
  // What stands before an entry: the head of the document, or a comma.
  std::string lead();

  ExportFile& file_;
  PeerTable peers_;
  std::string version_;  // of the program that captured
  bool has_entries_ = false;
};

Result<std::unique_ptr<ExportFormat>> make_har_format(const ExportProfile& profile,
                                                      OutputFolder& folder);

}  // namespace scopetrace
