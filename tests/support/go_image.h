// SPDX-License-Identifier: Apache-2.0
// Builds small executables as Go's linker lays them out: build information, table of functions,
// code. One page for each of three segments at 0x401000: code, constants, data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace scopetrace::testing {

inline constexpr std::uint32_t kGoTable116 = 0xfffffffa;
inline constexpr std::uint32_t kGoTable118 = 0xfffffff0;
inline constexpr std::uint32_t kGoTable120 = 0xfffffff1;
inline constexpr std::uint64_t kGoPage = 0x1000;
inline constexpr std::uint64_t kGoBase = 0x400000;  // address of the file's first byte
inline constexpr std::uint64_t kGoCodeAddress = kGoBase + kGoPage;
inline constexpr std::uint64_t kGoTableOffset = 2 * kGoPage + 64;

struct GoImageSpec {
  std::uint32_t magic = kGoTable120;
  std::string version = "go1.20.7";
  bool has_information = true;  // build information
  bool has_pointers = false;    // in its form before Go 1.18
  bool has_note = true;         // with the build id
  bool is_relocated = false;    // where the code begins is in a relocation only
  std::vector<std::pair<std::string, std::string>> functions;  // name and code, in order
};

// A function of two returns that keeps its first two arguments in their homes.
std::string go_function_code();
// The four functions that are looked for, with that code, between others.
GoImageSpec go_program();
std::string build_go_image(const GoImageSpec& spec);

}  // namespace scopetrace::testing
