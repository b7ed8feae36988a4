// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/site_picker.h"

#include <algorithm>
#include <array>

#include "userspace/resolve/entry_block.h"

namespace scopetrace {
namespace {

// A function that is looked for.
struct Wanted {
  std::string_view name;
  SiteKind kind;
  std::uint8_t size_argument;  // of the export itself
};

constexpr std::array<Wanted, 6> kWanted{{
    {"SSL_read", SiteKind::kTlsRead, 0},
    {"SSL_write", SiteKind::kTlsWrite, 0},
    {"SSL_read_ex", SiteKind::kTlsRead, 4},
    {"SSL_write_ex", SiteKind::kTlsWrite, 4},
    {"SSL_free", SiteKind::kTlsFree, 0},
    {"_dl_debug_state", SiteKind::kLoaderChange, 0},
}};

const Wanted& wanted_of(std::string_view name) {
  return *std::find_if(kWanted.begin(), kWanted.end(),
                       [&](const Wanted& wanted) { return wanted.name == name; });
}

// The site at a function's start, or behind its endbr64 when the instruction there is cheap.
std::optional<Site> site_at(const ElfFile& file, std::uint64_t address, const Wanted& wanted) {
  const auto offset = file.to_file_offset(address);
  if (!offset) return std::nullopt;
  const Bytes code = file.code_at(address, kEntryBlockBytes);
  const std::size_t skip = endbr_bytes(code);
  Site site;
  site.kind = wanted.kind;
  site.size_argument = wanted.size_argument;
  site.is_function_entry = 1;
  site.is_cheap = starts_cheap(code.subspan(skip)) ? 1 : 0;
  site.file_offset = *offset + (site.is_cheap != 0 ? skip : 0);
  return site;
}

// The export's own first byte, whatever it costs.
std::optional<Site> plain_site(const ElfFile& file, std::uint64_t address, const Wanted& wanted) {
  const auto offset = file.to_file_offset(address);
  if (!offset) return std::nullopt;
  const bool is_cheap = starts_cheap(file.code_at(address, kEntryBlockBytes));
  return Site{
      *offset, wanted.kind, wanted.size_argument, 1, is_cheap ? std::uint8_t{1} : std::uint8_t{0},
      0};
}

// Which argument of the callee is the size_t* of the count: 4, 5, or 0 when it cannot be told.
// The plain exports pass the address of a local, the _ex exports their own fourth argument on.
std::uint8_t size_argument_of(const FirstCall& call, const Wanted& wanted) {
  const ArgumentValue expected =
      wanted.size_argument == 0 ? ArgumentValue::kStack : ArgumentValue::kArgument4;
  const bool is_fourth = call.fourth == expected;
  const bool is_fifth = call.fifth == expected;
  if (is_fourth == is_fifth) return 0;
  return is_fourth ? 4 : 5;
}

// The cheap internal function that this export hands its arguments to.
std::optional<Site> callee_site(const ElfFile& file, std::uint64_t address, const Wanted& wanted) {
  const auto call = find_first_call(file.code_at(address, kEntryBlockBytes), address);
  if (!call || !call->keeps_arguments) return std::nullopt;
  Wanted callee = wanted;
  callee.size_argument = size_argument_of(*call, wanted);
  if (callee.size_argument == 0) return std::nullopt;
  const auto site = site_at(file, call->target, callee);
  if (!site || site->is_cheap == 0) return std::nullopt;
  return site;
}

bool moves_bytes(SiteKind kind) {
  return kind == SiteKind::kTlsRead || kind == SiteKind::kTlsWrite;
}

std::optional<Site> pick_site(const ElfFile& file, std::uint64_t address, const Wanted& wanted,
                              const PickOptions& options) {
  if (options.safe_sites) return plain_site(file, address, wanted);
  const auto own = site_at(file, address, wanted);
  if (own && own->is_cheap != 0) return own;
  if (moves_bytes(wanted.kind)) {
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

Result<std::vector<Site>> pick_sites(const ElfFile& file, const PickOptions& options) {
  std::array<std::string_view, kWanted.size()> names;
  std::transform(kWanted.begin(), kWanted.end(), names.begin(),
                 [](const Wanted& wanted) { return wanted.name; });
  ST_ASSIGN_OR_RETURN(const std::vector<ElfFunction> functions, file.find_functions(names));
  std::vector<Site> sites;
  for (const ElfFunction& function : functions) {
    const auto site = pick_site(file, function.address, wanted_of(function.name), options);
    if (site && !is_known(sites, *site)) sites.push_back(*site);
  }
  return sites;
}

Result<std::vector<Site>> pick_sites(Bytes image, const PickOptions& options) {
  ST_ASSIGN_OR_RETURN(const ElfFile file, ElfFile::parse(image));
  return pick_sites(file, options);
}

}  // namespace scopetrace
