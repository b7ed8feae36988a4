// SPDX-License-Identifier: Apache-2.0
// The options that name a unit, a container or a cgroup as target.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "userspace/base/result.h"

namespace scopetrace {

struct GroupOptions {
  std::string unit;
  std::string container;
  std::string cgroup;

  int count() const { return !unit.empty() + !container.empty() + !cgroup.empty(); }
};

void add_group_options(CLI::App& command, GroupOptions& options);
// `unit=NAME`, `container=ID` or `cgroup=PATH`; empty when none is named.
std::string group_of(const GroupOptions& options);
// kUsage says what is wrong with the name, and what one looks like.
Status check_group(const GroupOptions& options);

}  // namespace scopetrace
