// SPDX-License-Identifier: Apache-2.0
// What works on this host and for one process, and what does not and why. Tries ways to attach with
// programs of two instructions, looks up tracepoints in the kernel's types and resolves the
// process's libraries in the sandbox; attaches nothing and writes nothing. The ledger's entry is
// the caller's.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/base/result.h"

namespace scopetrace {

// JSON: {"kernel", "is_usable", "checks": [{"name", "ok", "needed", "detail", "remedy"}],
// "process": {"tgid", "executable", "context", "unit", "container", "libraries": [{"name",
// "loaded", "covered", "detail"}], "unseen": […]}, "unseen": […]}, `process` only when `tgid` is
// not 0. Every string is printable ASCII. `root` as --root. `is_usable`: everything that is needed
// works. kNotFound when there is no such process.
Result<std::string> examine_host(const std::string& root, std::uint32_t tgid);

}  // namespace scopetrace
