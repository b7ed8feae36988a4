// SPDX-License-Identifier: Apache-2.0
// Learns secret values from what the target was given.
#pragma once

#include <cstddef>

#include "userspace/base/bytes.h"

namespace scopetrace {

class TextScanner;

// The values of secret-looking names in a NUL-separated NAME=value block, as of /proc/TGID/environ.
// Returns how many were taken.
std::size_t learn_environment(TextScanner& scanner, Bytes environ_block);
// The content of a mounted secret file: the trimmed whole (≤ 4 KiB) and each line's value.
std::size_t learn_file(TextScanner& scanner, Bytes content);

}  // namespace scopetrace
