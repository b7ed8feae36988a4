// SPDX-License-Identifier: Apache-2.0
// Whether an executable was made by Go, and by which version.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "userspace/resolve/loaded_image.h"

namespace scopetrace {

// A release of Go 1.
struct GoVersion {
  std::uint8_t minor = 0;  // 19 of 1.19.8
  std::uint8_t patch = 0;
};

struct GoBuild {
  bool is_go = false;
  std::optional<GoVersion> version;  // nothing: the file does not say, or not in a known way
};

// From the build information (go version -m shows it) and the note with Go's build id; both
// survive stripping.
GoBuild read_go_build(const LoadedImage& image);

// "go1.19.8", also with a suffix behind a blank or hyphen. Nothing for anything else, among it
// development versions, and builds without the register ABI (GOEXPERIMENT=noregabi…).
std::optional<GoVersion> parse_go_version(std::string_view text);

// Whether layouts and calling convention of this version are known: those of Go 1.17, the first
// with arguments in registers, to 1.25, the last that was looked at.
bool is_covered(GoVersion version);

}  // namespace scopetrace
