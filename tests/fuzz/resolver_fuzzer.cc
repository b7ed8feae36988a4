// SPDX-License-Identifier: Apache-2.0
// Input: an ELF file. Property: the picker never reads outside it, and each site it names lies
// inside the file and is a function's entry; the same with the file as its own debug file.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/fuzz_target.h"
#include "userspace/base/file.h"
#include "userspace/resolve/elf.h"
#include "userspace/resolve/linked_stacks.h"
#include "userspace/resolve/site_picker.h"

namespace {

using namespace scopetrace;

void check_sites_of(Bytes image, const PickOptions& options) {
  const auto sites = pick_sites(image, options);
  if (!sites) return;
  if (!sites->empty()) count_accepted();
  for (const Site& site : *sites) {
    if (site.file_offset >= image.size() || site.is_function_entry != 1) std::abort();
  }
}

// The same file as the debug file of itself, and its build id.
void check_as_debug_file(Bytes image) {
  const auto file = ElfFile::parse(image);
  const auto symbols = ElfFile::parse_debug_file(image);
  if (!file || !symbols) return;
  if (file->build_id().size() > kMaxBuildIdBytes) std::abort();
  find_linked_stacks(file->constant_parts());
  const auto picked = pick_sites(*file, *symbols, {});
  for (const Site& site : picked ? picked->sites : std::vector<Site>()) {
    if (site.file_offset >= image.size() || site.is_function_entry != 1) std::abort();
  }
}

constexpr char kSource[] =
    ".text\n.globl SSL_write\n.type SSL_write,@function\nSSL_write:\nsub $0x18,%rsp\n"
    "mov %rsp,%rcx\nmovslq %edx,%rdx\ncall internal\nadd $0x18,%rsp\nret\n"
    ".globl SSL_free\n.type SSL_free,@function\nSSL_free:\nendbr64\npush %rbx\nret\n"
    ".type internal,@function\ninternal:\npush %rbx\npop %rbx\nret\n";

std::string build_seed() {
  const auto folder = std::filesystem::temp_directory_path();
  std::string pattern = (folder / "st-XXXXXX").string();
  const std::filesystem::path path = ::mkdtemp(pattern.data());
  const std::string source = path / "seed.s";
  const std::string output = path / "seed.so";
  std::ofstream(source) << kSource;
  const std::string command =
      "gcc -shared -nostdlib -Wl,-z,max-page-size=4096,--build-id -o " + output + " " + source;
  std::string image;
  if (std::system(command.c_str()) == 0) image = read_file(output, 1 << 20).value_or("");
  std::filesystem::remove_all(path);
  return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes image(reinterpret_cast<const std::byte*>(data), size);
  check_sites_of(image, {});
  check_sites_of(image, {.safe_sites = true});
  check_as_debug_file(image);
  return 0;
}

std::vector<std::string> make_seeds() { return {build_seed()}; }

// The seed with every eight bytes of its header and tables turned to ones.
std::vector<std::string> make_hostile_inputs() {
  const std::string seed = build_seed();
  std::vector<std::string> inputs;
  for (std::size_t at = 16; at + 8 < seed.size(); at += seed.size() > 4096 ? 40 : 8) {
    std::string mutated = seed;
    std::memset(mutated.data() + at, 0xff, 8);
    inputs.push_back(std::move(mutated));
  }
  return inputs;
}
