// SPDX-License-Identifier: Apache-2.0
#include "scopes/recipient.h"

#include <array>
#include <cstdint>

#include "scopes/ssh_key.h"

namespace scopetrace {
namespace {

constexpr std::string_view kPrefix = "age1";
constexpr std::size_t kX25519Characters = 62;  // prefix, 52 of the key, 6 of the checksum

// One character more of a Bech32 checksum. Source: BIP 173.
std::uint32_t polymod(std::uint32_t checksum, std::uint32_t value) {
  constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                       0x3d4233dd, 0x2a1462b3};
  const std::uint32_t top = checksum >> 25;
  checksum = (checksum & 0x1ffffff) << 5 ^ value;
  for (std::size_t i = 0; i < kGenerator.size(); ++i) {
    if ((top >> i & 1) != 0) checksum ^= kGenerator[i];
  }
  return checksum;
}

std::uint32_t checksum_of_prefix(std::string_view name) {
  std::uint32_t checksum = 1;
  for (const char c : name) checksum = polymod(checksum, static_cast<unsigned char>(c) >> 5);
  checksum = polymod(checksum, 0);
  for (const char c : name) checksum = polymod(checksum, static_cast<unsigned char>(c) & 31);
  return checksum;
}

bool is_x25519(std::string_view text) {
  constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  if (text.size() != kX25519Characters) return false;
  std::uint32_t checksum = checksum_of_prefix("age");
  for (const char c : text.substr(kPrefix.size())) {
    const std::size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return false;
    checksum = polymod(checksum, static_cast<std::uint32_t>(value));
  }
  return checksum == 1;
}

bool is_ssh_ed25519(std::string_view text) {
  const auto key = PublicKey::from_line(text);
  return key && key->type() == KeyType::kEd25519;
}

}  // namespace

bool is_recipient(std::string_view text) {
  return text.starts_with(kPrefix) ? is_x25519(text) : is_ssh_ed25519(text);
}

}  // namespace scopetrace
