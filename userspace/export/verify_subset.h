// SPDX-License-Identifier: Apache-2.0
// Checks the part of a bundle in an export against what the host signed of the whole.
#pragma once

#include <string>

#include "userspace/export/verify_export.h"

namespace scopetrace {

// `report` holds the manifest, whose files are there as they were signed; what is found goes there
// too. Fails only when a file cannot be read.
Status verify_subset(const std::string& folder, const VerifyInputs& inputs, ExportReport& report);

}  // namespace scopetrace
