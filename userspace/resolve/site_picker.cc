// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/site_picker.h"

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/resolve/entry_block.h"
#include "userspace/resolve/known_functions.h"

namespace scopetrace {
namespace {

const KnownFunction& known_of(std::string_view name) {
  return *std::find_if(kKnownFunctions.begin(), kKnownFunctions.end(),
                       [&](const KnownFunction& known) { return known.name == name; });
}

// A site of this function, stepped unless said otherwise.
Site make_site(const KnownFunction& wanted, std::uint64_t file_offset) {
  Site site;
  site.file_offset = file_offset;
  site.kind = wanted.kind;
  site.size_argument = wanted.size_argument;
  site.is_function_entry = 1;
  site.flags = wanted.flags;
  return site;
}

// How many arguments a probe reads.
std::size_t arguments_of(const KnownFunction& wanted) {
  if (wanted.size_argument != 0) return wanted.size_argument;
  return (wanted.flags & kSitePeekFlag) != 0 ? 4 : 3;
}

// The first instruction that the kernel emulates, where nothing has happened before it.
std::optional<Site> cheap_site(const ElfFile& file, std::uint64_t address,
                               const KnownFunction& wanted) {
  const auto offset = file.to_file_offset(address);
  if (!offset) return std::nullopt;
  const auto skip = find_cheap_entry(file.code_at(address, kEntryBlockBytes), arguments_of(wanted));
  if (!skip || !file.to_file_offset(address + *skip)) return std::nullopt;
  Site site = make_site(wanted, *offset + *skip);
  site.is_cheap = 1;
  return site;
}

// The export's own first byte, whatever it costs.
std::optional<Site> plain_site(const ElfFile& file, std::uint64_t address,
                               const KnownFunction& wanted) {
  const auto offset = file.to_file_offset(address);
  if (!offset) return std::nullopt;
  Site site = make_site(wanted, *offset);
  site.is_cheap = starts_cheap(file.code_at(address, kEntryBlockBytes)) ? 1 : 0;
  return site;
}

// Which argument of the callee is the size_t* of the count: 4, 5, or 0 when it cannot be told.
// The plain exports pass the address of a local, the _ex exports their own fourth argument on.
std::uint8_t size_argument_of(const FirstCall& call, const KnownFunction& wanted) {
  const ArgumentValue expected =
      wanted.size_argument == 0 ? ArgumentValue::kStack : ArgumentValue::kArgument4;
  const bool is_fourth = call.fourth == expected;
  const bool is_fifth = call.fifth == expected;
  if (is_fourth == is_fifth) return 0;
  return is_fourth ? 4 : 5;
}

// The cheap internal function that this export hands its arguments to.
std::optional<Site> callee_site(const ElfFile& file, std::uint64_t address,
                                const KnownFunction& wanted) {
  const auto call = find_first_call(file.code_at(address, kEntryBlockBytes), address);
  if (!call || !call->keeps_arguments) return std::nullopt;
  KnownFunction callee = wanted;
  callee.size_argument = size_argument_of(*call, wanted);
  if (callee.size_argument == 0) return std::nullopt;
  return cheap_site(file, call->target, callee);
}

std::optional<Site> pick_site(const ElfFile& file, std::uint64_t address,
                              const KnownFunction& wanted, const PickOptions& options) {
  if (options.safe_sites) return plain_site(file, address, wanted);
  const auto own = cheap_site(file, address, wanted);
  if (own) return own;
  if (wanted.is_wrapper) {
    const auto callee = callee_site(file, address, wanted);
    if (callee) return callee;
  }
  return plain_site(file, address, wanted);
}

bool is_known(const std::vector<Site>& sites, const Site& site) {
  return std::any_of(sites.begin(), sites.end(), [&](const Site& other) {
    return other.file_offset == site.file_offset && other.kind == site.kind;
  });
}

}  // namespace

Result<PickedSites> pick_sites(const ElfFile& file, const ElfFile& symbols,
                               const PickOptions& options) {
  std::array<std::string_view, kKnownFunctions.size()> names;
  std::transform(kKnownFunctions.begin(), kKnownFunctions.end(), names.begin(),
                 [](const KnownFunction& known) { return known.name; });
  ST_ASSIGN_OR_RETURN(const std::vector<ElfFunction> functions, symbols.find_functions(names));
  PickedSites picked;
  for (const ElfFunction& function : functions) {
    const auto site = pick_site(file, function.address, known_of(function.name), options);
    if (!site) continue;
    if (moves_bytes(*site)) picked.covered |= stacks_of(function.name);
    if (!is_known(picked.sites, *site)) picked.sites.push_back(*site);
  }
  return picked;
}

Result<std::vector<Site>> pick_sites(Bytes image, const PickOptions& options) {
  ST_ASSIGN_OR_RETURN(const ElfFile file, ElfFile::parse(image));
  ST_ASSIGN_OR_RETURN(PickedSites picked, pick_sites(file, file, options));
  return std::move(picked.sites);
}

}  // namespace scopetrace
