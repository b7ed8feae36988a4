// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fuzz_target.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

__attribute__((weak)) std::vector<std::string> make_hostile_inputs() { return {}; }

namespace scopetrace {
namespace {

std::uint64_t accepted_inputs = 0;

void print_accepted() {
  std::fprintf(stderr, "stat::accepted_inputs: %llu\n",
               static_cast<unsigned long long>(accepted_inputs));
}

void write(const std::filesystem::path& path, const std::string& input) {
  std::ofstream(path, std::ios::binary) << input;
}

int write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const std::string& seed : make_seeds()) {
    write(folder / ("seed-" + std::to_string(++number)), seed);
    if (is_accepted(seed)) continue;
    std::fprintf(stderr, "seed %zu is refused\n", number);
    return 1;
  }
  for (const std::string& input : make_hostile_inputs()) {
    write(folder / ("hostile-" + std::to_string(++number)), input);
  }
  return number == 0 ? 1 : 0;
}

}  // namespace

void count_accepted() { ++accepted_inputs; }

bool is_accepted(const std::string& input) {
  const std::uint64_t before = accepted_inputs;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  return accepted_inputs > before;
}

}  // namespace scopetrace

// libFuzzer calls it first; so does fuzz_replay_main.cc.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc == 3 && std::string((*argv)[1]) == "--write-seeds") {
    std::exit(scopetrace::write_seeds((*argv)[2]));
  }
  std::atexit(scopetrace::print_accepted);
  return 0;
}
