// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/linked_stacks.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace scopetrace {
namespace {

using std::string_view_literals::operator""sv;

struct Mark {
  LinkedStacks stack;
  std::string_view text;
};

// Names of source files, which error and panic reports keep in a stripped program, and else a text
// that only this implementation has. None is a symbol: a program that merely imports has those too.
constexpr std::array<Mark, 8> kMarks{{
    {kLinkedOpenssl, "ssl/ssl_lib.c\0"sv},
    {kLinkedBoringssl, "ssl/ssl_lib.cc\0"sv},
    {kLinkedGnutls, "lib/handshake-tls13.c"sv},
    {kLinkedMbedtls, "library/ssl_msg.c"sv},
    {kLinkedWolfssl, "TLS13-AES128-CCM-8-SHA256"sv},
    {kLinkedRustls, "/rustls-0."sv},
    {kLinkedS2n, "s2n_connection.c"sv},
    {kLinkedGo, "\xff Go buildinf:"sv},
}};
// RFC 8446 section 4.4.3: everybody who speaks TLS 1.3 signs this text.
constexpr std::string_view kSignedText = "TLS 1.3, client CertificateVerify";

bool holds(std::span<const Bytes> parts, std::string_view text) {
  return std::any_of(parts.begin(), parts.end(), [&](Bytes part) {
    const std::size_t size = std::min(part.size(), kMaxScannedBytes);
    return ::memmem(part.data(), size, text.data(), text.size()) != nullptr;
  });
}

}  // namespace

LinkedStacks find_linked_stacks(std::span<const Bytes> parts) {
  LinkedStacks found = 0;
  for (const Mark& mark : kMarks) {
    if (holds(parts, mark.text)) found |= mark.stack;
  }
  if ((found & ~kLinkedGo) != 0) return found;
  // Go's mark says nothing of TLS.
  if (!holds(parts, kSignedText)) return 0;
  return found == 0 ? kLinkedOther : found;
}

}  // namespace scopetrace
