// SPDX-License-Identifier: Apache-2.0
// Strings and vectors that held plaintext leave nothing behind in the heap.
#pragma once

namespace scopetrace {

// From now on every block that `delete` gives back is overwritten first, in all of this program.
// Cannot be switched off again. Not thread-safe: call it before threads start.
void wipe_freed_memory();

}  // namespace scopetrace
