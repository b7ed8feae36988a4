// SPDX-License-Identifier: Apache-2.0
// Chooses where probes go: the cheapest instruction that is still right.
//
// A uprobe costs 0.5 us where the kernel emulates the instruction (push, nop, jmp, jcc) and 9 us
// where it must be stepped out of line. Often such an instruction comes before the function has
// changed anything. OpenSSL's exports start with `sub`, but each calls an internal function that
// starts with `push`, so the picker follows that call when the arguments are provably the same.
#pragma once

#include <vector>

#include "userspace/resolve/elf.h"
#include "userspace/resolve/linked_stacks.h"
#include "userspace/resolve/site.h"

namespace scopetrace {

struct PickOptions {
  bool safe_sites = false;  // exports at offset 0 only (--safe-sites)
};

struct PickedSites {
  std::vector<Site> sites;
  LinkedStacks covered = 0;  // implementations whose reads and writes are among them
};

// The sites of one file: of the functions that known_functions.h lists.
//
// Safety rule: return and session probes only where the return address is on top of the stack, as
// at a function's first instruction (the kernel replaces [rsp]). Every site here is one. Exports
// that reach the same internal function make one site. No site means that the file has none of
// these functions. `symbols` is the file itself or its debug file. Errors: those of ElfFile.
Result<PickedSites> pick_sites(const ElfFile& file, const ElfFile& symbols,
                               const PickOptions& options);
// The sites alone, of a file image with its own symbols.
Result<std::vector<Site>> pick_sites(Bytes image, const PickOptions& options);

}  // namespace scopetrace
