// SPDX-License-Identifier: Apache-2.0
// Keys that are the same in every run, for golden bundles. They protect nothing.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <utility>

#include "scopes/sshsig.h"
#include "userspace/bundle/text_signer.h"

namespace scopetrace {

// The Ed25519 key whose seed is 32 times `seed`.
inline SigningKey fixed_key(unsigned char seed) {
  const std::string secret(32, static_cast<char>(seed));
  const EvpKey key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(secret.data()), 32));
  std::string point(32, '\0');
  std::size_t size = point.size();
  ST_CHECK(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(point.data()),
                                       &size) == 1);
  const auto be32 = [](std::size_t n) {
    return std::string(2, '\0') + static_cast<char>(n >> 8) + static_cast<char>(n & 0xFF);
  };
  const auto text = [&](const std::string& value) { return be32(value.size()) + value; };
  const std::string public_blob = text("ssh-ed25519") + text(point);
  std::string section = std::string(8, '\7') + public_blob + text(secret + point) + text("");
  for (char pad = 1; section.size() % 8 != 0; ++pad) section += pad;
  const std::string blob = std::string("openssh-key-v1\0", 15) + text("none") + text("none") +
                           text("") + be32(1) + text(public_blob) + text(section);
  const std::string encoded = to_base64(as_bytes(blob));
  const std::string name = "OPENSSH PRIVATE KEY-----\n";
  std::string pem = "-----BEGIN " + name;
  for (std::size_t at = 0; at < encoded.size(); at += 70) pem += encoded.substr(at, 70) + "\n";
  auto parsed = SigningKey::parse(pem + "-----END " + name);
  ST_CHECK(parsed.has_value());
  return *std::move(parsed);
}

// Seal keys in a fixed order.
class FixedSealKeys final : public SealKeySource {
 public:
  Result<std::unique_ptr<TextSigner>> make_key() override {
    return std::make_unique<OwnedKey>(fixed_key(next_++));
  }

 private:
  class OwnedKey final : public TextSigner {
   public:
    explicit OwnedKey(SigningKey key) : key_(std::move(key)) {}
    std::string public_key() const override { return key_.public_key().line(); }
    Result<std::string> sign(std::string_view name_space, std::string_view body) override {
      return make_sshsig(key_, name_space, as_bytes(body));
    }

   private:
    SigningKey key_;
  };
  unsigned char next_ = 16;
};

}  // namespace scopetrace
