// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file of the folders named on the command line, then over its seeds,
// each also cut at every length up to 256 bytes: the corpus as an ordinary test.
// exits: 0 done, 1 the target has no seed or refuses one: it would test nothing
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/fuzz_target.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

using scopetrace::is_accepted;

std::size_t inputs = 0;

void replay(const std::string& input) {
  const std::size_t cuts = input.size() < 256 ? input.size() : 256;
  for (std::size_t size = 0; size < cuts; ++size) is_accepted(input.substr(0, size));
  inputs += cuts + 1;
  is_accepted(input);
}

void replay_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    replay({std::istreambuf_iterator<char>(file), {}});
  }
}

// Which seed is refused, counted from 1; 0: none.
std::size_t refused_seed(const std::vector<std::string>& seeds) {
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    if (!is_accepted(seeds[i])) return i + 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  LLVMFuzzerInitialize(&argc, &argv);
  const std::vector<std::string> seeds = make_seeds();
  const std::size_t refused = refused_seed(seeds);
  if (seeds.empty() || refused != 0) {
    std::fprintf(stderr, "seed %zu of %zu is refused\n", refused, seeds.size());
    return 1;
  }
  replay("");
  for (int i = 1; i < argc; ++i) replay_folder(argv[i]);
  for (const std::string& seed : seeds) replay(seed);
  for (const std::string& input : make_hostile_inputs()) replay(input);
  std::printf("replayed %zu inputs\n", inputs);
  return 0;
}
