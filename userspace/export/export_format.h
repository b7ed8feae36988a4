// SPDX-License-Identifier: Apache-2.0
// What every format of an export does: takes lines one after another, keeps little, writes files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/bundle/format.h"
#include "userspace/export/line_filter.h"
#include "userspace/export/output_folder.h"

namespace scopetrace {

// Memory is bounded, whatever the number of lines. Nothing but what the filter let through gets to
// it, save the digests of a subset's proof.
class ExportFormat {
 public:
  virtual ~ExportFormat() = default;

  // A line that leaves, in the order of the bundle, line 0 first where it leaves.
  virtual Status add(const ExportLine& line) = 0;
  // A line that does not leave, as it stands in the bundle: for its digest only.
  virtual Status withhold(std::string_view) { return {}; }
  // What the bundle's evidence says, once it was found good.
  virtual Status take_evidence(FrameMagic, Bytes) { return {}; }
  // The end of what there is. Files are closed by the folder.
  virtual Status finish() = 0;
};

// The format of this name. `folder` must outlive it. kUsage names those that there are.
Result<std::unique_ptr<ExportFormat>> make_export_format(std::string_view name,
                                                         const ExportProfile& profile,
                                                         OutputFolder& folder);

}  // namespace scopetrace
