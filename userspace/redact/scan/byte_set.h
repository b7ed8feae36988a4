// SPDX-License-Identifier: Apache-2.0
// Sets of bytes.
#pragma once

#include <bitset>

namespace scopetrace {

using ByteSet = std::bitset<256>;

}  // namespace scopetrace
