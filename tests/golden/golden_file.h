// SPDX-License-Identifier: Apache-2.0
// Committed outputs. Tests only.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

namespace scopetrace {

inline std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The committed file of this name; with SCOPETRACE_UPDATE_GOLDEN set it becomes `now` first.
inline std::string golden(const std::string& name, std::string_view now) {
  const std::string path = std::string(SCOPETRACE_GOLDEN_DIR) + "/" + name;
  if (std::getenv("SCOPETRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << now;
  }
  return read_whole(path);
}

}  // namespace scopetrace
