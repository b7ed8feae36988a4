// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file of the folders named on the command line, then over its
// generated seeds, each also cut at every length up to 256 bytes: the corpus as an ordinary test.
// With --write-seeds FOLDER it writes the generated seeds instead, for a run of libFuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Defined by targets that build their seeds instead of committing them.
__attribute__((weak)) std::vector<std::string> make_seeds() { return {}; }

namespace {

std::size_t replay(const std::string& input) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(input.data());
  LLVMFuzzerTestOneInput(data, input.size());
  const std::size_t cuts = input.size() < 256 ? input.size() : 256;
  for (std::size_t size = 0; size < cuts; ++size) LLVMFuzzerTestOneInput(data, size);
  return cuts + 1;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const std::string& seed : make_seeds()) {
    std::ofstream(folder / ("seed-" + std::to_string(++number)), std::ios::binary) << seed;
  }
  std::printf("wrote %zu seeds\n", number);
  return number == 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write-seeds") return write_seeds(argv[2]);
  std::size_t inputs = replay("");
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      inputs += replay(read(entry.path()));
    }
  }
  for (const std::string& seed : make_seeds()) inputs += replay(seed);
  std::printf("replayed %zu inputs\n", inputs);
  return inputs > 1 ? 0 : 1;  // a target without any corpus tests nothing
}
