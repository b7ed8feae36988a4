// SPDX-License-Identifier: Apache-2.0
// Where crypto/tls of a Go program is probed: a hostile file, read inside the sandbox.
#pragma once

#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/resolve/site.h"

namespace scopetrace {

struct GoSites {
  GoFacts facts;
  std::vector<Site> sites;  // at most kMaxGoSites; empty when facts name a problem
};

// All zero for a file that Go did not make, and for a Go program without crypto/tls. Write, Read
// and Close with every return of the first two, or none of them.
GoSites pick_go_sites(Bytes image);

}  // namespace scopetrace
