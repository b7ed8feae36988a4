// SPDX-License-Identifier: Apache-2.0
// What the kernel says of a piece of this process's memory.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>

namespace scopetrace {

// The flags of the mapping that holds `address`, as /proc/self/smaps has them.
inline std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<unsigned long>(address);
  bool is_inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      is_inside = begin <= wanted && wanted < end;
    }
    if (is_inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return "";
}

// Whether it is left out of core dumps and emptied in a forked child. That it is locked depends on
// a limit.
inline bool is_secret_memory(const void* address) {
  const std::string flags = flags_of(address);
  return flags.find(" dd ") != std::string::npos && flags.find(" wf ") != std::string::npos;
}

}  // namespace scopetrace
