// SPDX-License-Identifier: Apache-2.0
// Reading /proc/PID/maps and naming what is mapped. Source: proc(5).
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <optional>

#include "userspace/resolve/libraries.h"

namespace scopetrace {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

// The kernel writes a newline in a path as \012 and nothing else that way.
std::string unescape(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_newline = path.substr(i, 4) == "\\012";
    plain.push_back(is_newline ? '\n' : path[i]);
    if (is_newline) i += 3;
  }
  return plain;
}

std::optional<ExecutableMapping> parse_line(const std::string& line) {
  ExecutableMapping mapping;
  std::array<char, 5> rights{};
  unsigned major_number = 0;
  unsigned minor_number = 0;
  unsigned long inode = 0;
  int path_at = 0;
  const int fields =
      std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %lu %n",
                  &mapping.start, &mapping.end, rights.data(), &mapping.file_offset, &major_number,
                  &minor_number, &inode, &path_at);
  const bool is_code = fields == 7 && rights[2] == 'x' && inode != 0;
  if (!is_code || mapping.end <= mapping.start) return std::nullopt;
  std::string_view path = std::string_view(line).substr(static_cast<std::size_t>(path_at));
  mapping.is_deleted = path.ends_with(kDeleted);
  if (mapping.is_deleted) path.remove_suffix(kDeleted.size());
  mapping.device = makedev(major_number, minor_number);
  mapping.inode = inode;
  mapping.path = unescape(path);
  return mapping;
}

// The beginning of a file name and the library it means.
struct LibraryName {
  std::string_view prefix;
  std::string_view library;
};

// No name: not looked at. NSS's own libssl3 is seen through NSPR, GnuTLS's other libraries through
// libgnutls.
constexpr std::array<LibraryName, 19> kLibraryNames{{
    {"libssl3.", ""},
    {"libssl.", "libssl"},
    {"libssl-", "libssl"},  // bundled with Python wheels
    {"ld-linux", "loader"},
    {"ld-musl", "loader"},
    {"ld-2.", "loader"},
    {"libgnutls.", "gnutls"},
    {"libgnutls-openssl", ""},
    {"libgnutls-dane", ""},
    {"libgnutls-", "gnutls"},
    {"libnspr4.", "nss"},
    {"libmbedtls.", "mbedtls"},
    {"libwolfssl.", "wolfssl"},
    {"libs2n.", "s2n"},
    {"libboringssl.", "boringssl"},
    {"libconscrypt", "conscrypt"},
    {"librustls", "rustls"},
    {"libtls.", "libretls"},
    {"libjvm.", "java"},  // its TLS is written in Java
}};

constexpr std::array<std::string_view, 6> kKnownLibraries{"libssl",  "gnutls",  "nss",
                                                          "wolfssl", "mbedtls", "boringssl"};

}  // namespace

std::vector<ExecutableMapping> parse_maps(std::string_view text) {
  std::vector<ExecutableMapping> mappings;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto mapping = parse_line(std::string(text.substr(0, end)));
    if (mapping) mappings.push_back(std::move(*mapping));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return mappings;
}

std::string_view classify_library(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
  for (const LibraryName& known : kLibraryNames) {
    if (name.starts_with(known.prefix)) return known.library;
  }
  return {};
}

TlsFileKind kind_of_library(std::string_view library) {
  if (library == "loader") return TlsFileKind::kLoader;
  const auto* end = kKnownLibraries.end();
  const bool is_known = std::find(kKnownLibraries.begin(), end, library) != end;
  return is_known ? TlsFileKind::kLibrary : TlsFileKind::kUncovered;
}

}  // namespace scopetrace
