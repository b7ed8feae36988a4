// SPDX-License-Identifier: Apache-2.0
// Keys and certificates that count for nothing any more: an OpenSSH KRL or a list of public keys.
// Source: OpenSSH PROTOCOL.krl.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/certificate.h"
#include "userspace/base/crypto.h"

namespace scopetrace {

inline constexpr std::size_t kMaxRevocationFile = 1 << 20;  // bytes

// What one `revoked_keys` file revokes, whatever the trust file says. A key on the list takes its
// certificates with it, and a revoked authority all that it has certified.
class RevokedKeys {
 public:
  // A KRL, told by its magic, or one public key a line (blank lines and # comments are skipped).
  // The whole file is refused for one thing that is not understood: kCorrupt for what breaks the
  // format, kUnsupported for a signed KRL, an unknown section or a critical extension. kLimit above
  // kMaxRevocationFile.
  static Result<RevokedKeys> parse(std::string_view text);
  // A file that does not exist revokes nothing.
  static Result<RevokedKeys> read(const std::string& path);

  // Why the identity is revoked, such as "key SHA256:… is revoked"; nothing when it is not.
  std::optional<std::string> why_revoked(const SshIdentity& identity) const;
  bool contains(const SshIdentity& identity) const { return why_revoked(identity).has_value(); }

 private:
  friend class KrlParser;

  // Serials first … last, both revoked.
  struct SerialRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  // Bit n, counted from the least significant one of the last byte, revokes serial offset + n.
  struct SerialBitmap {
    std::uint64_t offset = 0;
    ByteVector bits;
  };
  // What is revoked of one authority's certificates, or of everyone's (`authority` empty).
  struct Certificates {
    ByteVector authority;
    std::vector<SerialRange> ranges;
    std::vector<SerialBitmap> bitmaps;
    std::set<std::string, std::less<>> key_ids;

    bool has_serial(std::uint64_t serial) const;
  };

  static Result<RevokedKeys> parse_key_list(std::string_view text);
  bool has_key(const PublicKey& key) const;
  std::optional<std::string> why_revoked(const Certificate& certificate) const;

  std::set<ByteVector> keys_;  // plain wire forms, of any type
  std::set<std::array<std::byte, 20>> sha1_;
  std::set<Digest> sha256_;
  std::vector<Certificates> certificates_;
};

}  // namespace scopetrace
