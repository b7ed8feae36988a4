// SPDX-License-Identifier: Apache-2.0
#include "cli/group_options.h"

#include "scopes/control_group.h"

namespace scopetrace {

void add_group_options(CLI::App& command, GroupOptions& options) {
  command.add_option("--unit", options.unit, "Every process of a systemd unit, restarts included");
  command.add_option("--container", options.container,
                     "The same of a container (docker, podman, containerd), by its id or the first "
                     "12 digits of it");
  command.add_option("--cgroup", options.cgroup, "The same of a cgroup v2, by its path");
}

std::string group_of(const GroupOptions& options) {
  if (!options.unit.empty()) return "unit=" + options.unit;
  if (!options.container.empty()) return "container=" + options.container;
  return options.cgroup.empty() ? "" : "cgroup=" + options.cgroup;
}

Status check_group(const GroupOptions& options) {
  ST_RETURN_IF_ERROR(parse_group_name(group_of(options)));
  return {};
}

}  // namespace scopetrace
