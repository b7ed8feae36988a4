// SPDX-License-Identifier: Apache-2.0
// Names for people of what linked_stacks.cc finds: needed outside the sandbox.
#include <array>

#include "userspace/resolve/linked_stacks.h"

namespace scopetrace {
namespace {

struct StackName {
  LinkedStacks stack;
  const char* name;
};

constexpr std::array<StackName, 9> kNames{{
    {kLinkedOpenssl, "OpenSSL"},
    {kLinkedBoringssl, "BoringSSL"},
    {kLinkedGnutls, "GnuTLS"},
    {kLinkedMbedtls, "Mbed TLS"},
    {kLinkedWolfssl, "wolfSSL"},
    {kLinkedRustls, "rustls"},
    {kLinkedS2n, "s2n"},
    {kLinkedGo, "Go"},
    {kLinkedOther, "an unknown TLS library"},
}};

}  // namespace

std::string name_linked_stacks(LinkedStacks stacks) {
  std::string names;
  for (const StackName& known : kNames) {
    if ((stacks & known.stack) == 0) continue;
    names += (names.empty() ? "" : " and ") + std::string(known.name);
  }
  return names;
}

}  // namespace scopetrace
