// SPDX-License-Identifier: Apache-2.0
// VERIFY.txt: how whoever gets an export checks it without scopetrace.
#pragma once

#include <string>

#include "userspace/export/manifest.h"

namespace scopetrace {

// Commands stand indented by four blanks; they run in the export's folder, with the trust file in
// $SIGNERS. Tests run them as they stand.
std::string format_verify_text(const ExportManifest& manifest);

}  // namespace scopetrace
