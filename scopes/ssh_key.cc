// SPDX-License-Identifier: Apache-2.0
#include "scopes/ssh_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <optional>

#include "scopes/wire_string.h"
#include "userspace/base/crypto.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kEd25519Size = 32;
constexpr std::size_t kP256PointSize = 65;  // 0x04, X, Y
constexpr std::string_view kCurve = "nistp256";
constexpr std::size_t kMaxApplication = 256;
constexpr std::string_view kApplicationPrefix = "ssh:";  // else made for a web site

constexpr std::array kTypes = {KeyType::kEd25519, KeyType::kSkEd25519, KeyType::kEcdsaP256,
                               KeyType::kSkEcdsaP256};

std::optional<KeyType> find_type(std::string_view name) {
  for (const KeyType type : kTypes) {
    if (key_type_name(type) == name) return type;
  }
  return std::nullopt;
}

// The fields after the type name: curve when ECDSA, point, application when FIDO.
struct KeyParts {
  Bytes point;
  std::string_view application;
};
std::optional<KeyParts> read_parts(ByteReader& reader, KeyType type) {
  KeyParts parts;
  if (is_ecdsa(type)) {
    const auto curve = reader.take_string();
    if (!curve || as_text(*curve) != kCurve) return std::nullopt;
  }
  const auto point = reader.take_string();
  if (!point) return std::nullopt;
  parts.point = *point;
  if (is_fido(type)) {
    const auto application = reader.take_string();
    if (!application || application->size() > kMaxApplication) return std::nullopt;
    parts.application = as_text(*application);
  }
  if (!reader.empty()) return std::nullopt;
  return parts;
}

bool is_point(Bytes point, KeyType type) {
  if (!is_ecdsa(type)) return point.size() == kEd25519Size;
  return point.size() == kP256PointSize && point[0] == std::byte{4};
}

const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

EvpKey make_p256_key(Bytes point) {
  struct FreeContext {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  };
  const std::unique_ptr<EVP_PKEY_CTX, FreeContext> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  std::string group = "prime256v1";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::byte*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return EvpKey(key);
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::string_view key_type_name(KeyType type) {
  switch (type) {
    case KeyType::kEd25519:
      return "ssh-ed25519";
    case KeyType::kSkEd25519:
      return "sk-ssh-ed25519@openssh.com";
    case KeyType::kEcdsaP256:
      return "ecdsa-sha2-nistp256";
    case KeyType::kSkEcdsaP256:
      return "sk-ecdsa-sha2-nistp256@openssh.com";
  }
  return "";
}

Result<PublicKey> PublicKey::from_blob(Bytes blob) {
  ByteReader reader(blob);
  const auto name = reader.take_string();
  if (!name || name->size() > 64) return fail(ErrorCode::kCorrupt, "malformed public key");
  const auto type = find_type(as_text(*name));
  if (!type) {
    const std::string_view text = as_text(*name);
    const bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return c > 32 && c < 127; });
    return fail(ErrorCode::kUnsupported,
                "key type " + (plain ? std::string(text) : "unknown") + " is not accepted");
  }
  const auto parts = read_parts(reader, *type);
  if (!parts || !is_point(parts->point, *type)) {
    return fail(ErrorCode::kCorrupt, "malformed public key of type " + std::string(as_text(*name)));
  }
  if (is_fido(*type) && !parts->application.starts_with(kApplicationPrefix)) {
    return fail(ErrorCode::kCorrupt, "the security key was not made for ssh");
  }
  PublicKey key;
  key.type_ = *type;
  key.blob_.assign(blob.begin(), blob.end());
  key.point_.assign(parts->point.begin(), parts->point.end());
  key.application_ = parts->application;
  return key;
}

Result<KeyLine> split_key_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return fail(ErrorCode::kCorrupt, "not a public key line");
  std::string_view encoded = line.substr(blank + 1);
  encoded = encoded.substr(0, encoded.find(' '));
  auto blob = from_base64(encoded);
  if (!blob) return fail(ErrorCode::kCorrupt, "not a public key line: bad base64");
  KeyLine split{line.substr(0, blank), std::move(*blob)};
  const auto name = ByteReader(split.blob).take_string();
  if (!name || as_text(*name) != split.type) {
    return fail(ErrorCode::kCorrupt, "the type before the key is not the key's type");
  }
  return split;
}

Result<PublicKey> PublicKey::from_line(std::string_view line) {
  ST_ASSIGN_OR_RETURN(const KeyLine split, split_key_line(line));
  return from_blob(split.blob);
}

PublicKey PublicKey::from_ed25519(Bytes raw_key) {
  ST_CHECK(raw_key.size() == kEd25519Size);
  PublicKey key;
  put_string(key.blob_, key_type_name(KeyType::kEd25519));
  put_string(key.blob_, raw_key);
  key.point_.assign(raw_key.begin(), raw_key.end());
  return key;
}

std::string PublicKey::fingerprint() const {
  std::string text = to_base64(sha256(blob_));
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

std::string PublicKey::line() const {
  return std::string(key_type_name(type_)) + " " + to_base64(blob_);
}

Result<EvpKey> PublicKey::to_evp() const {
  EvpKey key;
  if (is_ecdsa(type_)) {
    key = make_p256_key(point_);
  } else {
    key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(point_), point_.size()));
  }
  if (!key) return fail(ErrorCode::kCorrupt, "the public key is not on its curve");
  return key;
}

}  // namespace scopetrace
