// SPDX-License-Identifier: Apache-2.0
// Input: an executable of Go. Property: nothing outside it is read, and there are all sites of a
// program, each inside the file, or none.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/fuzz_target.h"
#include "tests/support/go_image.h"
#include "userspace/resolve/go_sites.h"

namespace {

using namespace scopetrace;
using scopetrace::testing::build_go_image;
using scopetrace::testing::go_program;
using scopetrace::testing::GoImageSpec;

bool is_good(const Site& site, std::size_t file_bytes) {
  return site.file_offset < file_bytes && is_go_site(site.kind) && site.is_function_entry == 0 &&
         (is_go_return(site.kind) || site.tcp_close == 0);
}

bool has_kind(const GoSites& picked, SiteKind kind) {
  return std::any_of(picked.sites.begin(), picked.sites.end(),
                     [&](const Site& site) { return site.kind == kind; });
}

std::string image_of(std::uint32_t magic, bool is_relocated, bool has_pointers) {
  GoImageSpec spec = go_program();
  spec.magic = magic;
  spec.is_relocated = is_relocated;
  spec.has_pointers = has_pointers;
  return build_go_image(spec);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const GoSites picked = pick_go_sites({reinterpret_cast<const std::byte*>(data), size});
  if (picked.sites.empty()) return 0;
  count_accepted();
  const bool is_whole = has_kind(picked, SiteKind::kGoWrite) &&
                        has_kind(picked, SiteKind::kGoWriteReturn) &&
                        has_kind(picked, SiteKind::kGoRead) && has_kind(picked, SiteKind::kGoClose);
  if (!is_whole || picked.sites.size() > kMaxGoSites || picked.facts.problem != GoProblem::kNone) {
    std::abort();
  }
  for (const Site& site : picked.sites) {
    if (!is_good(site, size)) std::abort();
  }
  return 0;
}

std::vector<std::string> make_seeds() {
  return {image_of(scopetrace::testing::kGoTable116, false, true),
          image_of(scopetrace::testing::kGoTable118, false, false),
          image_of(scopetrace::testing::kGoTable120, true, false)};
}

// A seed with each eight bytes of its headers, table and information turned to ones.
std::vector<std::string> make_hostile_inputs() {
  const std::string seed = image_of(scopetrace::testing::kGoTable120, true, false);
  std::vector<std::string> inputs;
  for (std::size_t at = 16; at + 8 < seed.size(); at += 8) {
    if (seed.find_first_not_of('\0', at) >= at + 8) continue;
    std::string mutated = seed;
    std::memset(mutated.data() + at, 0xff, 8);
    inputs.push_back(std::move(mutated));
  }
  return inputs;
}
