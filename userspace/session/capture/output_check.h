// SPDX-License-Identifier: Apache-2.0
// Whether a descriptor from the user may become a bundle.
#pragma once

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// The output must be what the front end says: an empty regular file, or a pipe to what encrypts,
// opened for writing. kUsage otherwise.
Status check_output(const UniqueFd& output);

// Recipients and a file would leave plain bytes on the disk; a pipe without recipients leaves the
// bundle to whoever reads it. kRefused unless the kind of output is what the approval asks for.
Status check_output_kind(const UniqueFd& output, bool has_recipients);

}  // namespace scopetrace
