// SPDX-License-Identifier: Apache-2.0
// Private keys: the OPENSSH PRIVATE KEY form and signing. Source: OpenSSH PROTOCOL.key.
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "scopes/ssh_key.h"
#include "scopes/wire_string.h"
#include "userspace/base/crypto.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
constexpr std::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----\n";
constexpr std::string_view kMagic = std::string_view("openssh-key-v1\0", 15);
constexpr std::size_t kMaxKeyFile = 16 << 10;
constexpr std::size_t kArmourColumns = 70;
constexpr std::size_t kSeedSize = 32;
constexpr std::size_t kPadTo = 8;  // block size of cipher none

constexpr const char* kSignWithStock =
    "sign with `ssh-keygen -Y sign`, or give --key so that scopetrace starts it";

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeContext>;

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

// A ByteVector that is wiped when it goes.
struct SecretBytes {
  ByteVector bytes;
  SecretBytes() = default;
  explicit SecretBytes(ByteVector content) : bytes(std::move(content)) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(bytes); }
};

// The public half and the private section of the outer structure.
struct OuterKey {
  bool is_encrypted = false;
  Bytes public_blob;
  Bytes private_section;
};
std::optional<OuterKey> read_outer(Bytes bytes) {
  ByteReader reader(bytes);
  const auto magic = reader.take(kMagic.size());
  if (!magic || as_text(*magic) != kMagic) return std::nullopt;
  const auto cipher = reader.take_string();
  const auto kdf = reader.take_string();
  const auto kdf_options = reader.take_string();
  const auto count = reader.read_be32();
  if (!cipher || !kdf || !kdf_options || count != 1U) return std::nullopt;
  const auto public_blob = reader.take_string();
  const auto section = reader.take_string();
  if (!public_blob || !section) return std::nullopt;
  return OuterKey{as_text(*cipher) != "none", *public_blob, *section};
}

// The bytes between the armour lines.
std::optional<ByteVector> decode_armour(std::string_view text) {
  if (!text.starts_with(kBegin)) return std::nullopt;
  const auto end = text.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  std::string encoded(text.substr(kBegin.size(), end - kBegin.size()));
  encoded.erase(std::remove(encoded.begin(), encoded.end(), '\n'), encoded.end());
  auto bytes = from_base64(encoded);
  wipe(encoded);
  return bytes;
}

EvpKey make_ed25519(Bytes seed) {
  return EvpKey(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed.data()), seed.size()));
}

EvpKey make_p256(Bytes point, Bytes scalar) {
  const Owned<BIGNUM> number(
      BN_bin2bn(raw(scalar.data()), static_cast<int>(scalar.size()), nullptr));
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!number || !builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) != 1) {
    return nullptr;
  }
  const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return nullptr;
  }
  return EvpKey(key);
}

// The raw public key of an Ed25519 key pair.
PublicKey public_half(evp_pkey_st* key) {
  std::array<std::byte, kSeedSize> point;
  std::size_t size = point.size();
  ST_CHECK(EVP_PKEY_get_raw_public_key(key, raw(point.data()), &size) == 1);
  return PublicKey::from_ed25519(point);
}

// ECDSA signatures as SSH writes them: string of two mpints. RFC 5656 section 3.1.2.
ByteVector ssh_ecdsa(Bytes der) {
  const unsigned char* at = raw(der.data());
  const Owned<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  ST_CHECK(signature != nullptr);
  ByteVector both;
  for (const BIGNUM* number :
       {ECDSA_SIG_get0_r(signature.get()), ECDSA_SIG_get0_s(signature.get())}) {
    ByteVector bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, raw(bytes.data()));
    put_mpint(both, bytes);
  }
  return both;
}

// Splits the private section after its two check integers into a key.
Result<EvpKey> read_key_fields(ByteReader& reader, std::string_view type, PublicKey* public_key) {
  if (type == key_type_name(KeyType::kEd25519)) {
    const auto point = reader.take_string();
    const auto secret = reader.take_string();
    if (!point || !secret || secret->size() != 2 * kSeedSize || point->size() != kSeedSize) {
      return fail(ErrorCode::kCorrupt, "malformed private key");
    }
    EvpKey key = make_ed25519(secret->first(kSeedSize));
    *public_key = PublicKey::from_ed25519(*point);
    if (!key || !(public_half(key.get()) == *public_key)) {
      return fail(ErrorCode::kCorrupt, "the halves of the private key do not belong together");
    }
    return key;
  }
  if (type != key_type_name(KeyType::kEcdsaP256)) {
    return fail(Error(ErrorCode::kUnsupported, "this private key cannot be used directly")
                    .with_hint(kSignWithStock));
  }
  const auto curve = reader.take_string();
  const auto point = reader.take_string();
  const auto scalar = reader.take_string();
  if (!curve || !point || !scalar) return fail(ErrorCode::kCorrupt, "malformed private key");
  ByteVector blob;
  put_string(blob, type);
  put_string(blob, *curve);
  put_string(blob, *point);
  ST_ASSIGN_OR_RETURN(*public_key, PublicKey::from_blob(blob));
  EvpKey key = make_p256(*point, *scalar);
  if (!key) return fail(ErrorCode::kCorrupt, "malformed private key");
  return key;
}

ByteVector private_section(Bytes seed, const PublicKey& public_key, std::string_view comment) {
  ByteVector section;
  std::array<std::byte, 4> check;
  fill_random(check);
  append(section, check);
  append(section, check);
  put_string(section, key_type_name(KeyType::kEd25519));
  put_string(section, public_key.point());
  ByteVector both(seed.begin(), seed.end());
  append(both, public_key.point());
  put_string(section, Bytes(both));
  wipe(both);
  put_string(section, comment);
  for (int pad = 1; section.size() % kPadTo != 0; ++pad) section.push_back(std::byte(pad));
  return section;
}

Status check_private_mode(int fd, const std::string& path) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return fail_errno(path);
  if (!S_ISREG(facts.st_mode)) return fail(ErrorCode::kRefused, path + ": is not a regular file");
  if ((facts.st_mode & 077) == 0) return {};
  return fail(Error(ErrorCode::kRefused, path + ": others may read this private key")
                  .with_hint("chmod 600 " + path));
}

Result<ByteVector> decode_private_file(std::string_view text) {
  auto bytes = decode_armour(text);
  if (bytes) return std::move(*bytes);
  return fail(Error(ErrorCode::kUnsupported, "is not an OPENSSH PRIVATE KEY")
                  .with_hint("convert a copy with `ssh-keygen -p -f FILE`"));
}

}  // namespace

SigningKey SigningKey::generate() {
  std::array<std::byte, kSeedSize> seed;
  fill_random(seed);
  EvpKey key = make_ed25519(seed);
  scopetrace::wipe(seed.data(), seed.size());
  ST_CHECK(key != nullptr);
  PublicKey public_key = public_half(key.get());
  return {std::move(key), std::move(public_key)};
}

Result<SigningKey> SigningKey::from_private_section(Bytes section) {
  ByteReader reader(section);
  const auto check = reader.read_be32();
  const auto again = reader.read_be32();
  const auto type = reader.take_string();
  if (!check || check != again || !type || section.size() % kPadTo != 0) {
    return fail(ErrorCode::kCorrupt, "malformed private key");
  }
  PublicKey public_key = PublicKey::from_ed25519(std::array<std::byte, kSeedSize>());
  ST_ASSIGN_OR_RETURN(EvpKey key, read_key_fields(reader, as_text(*type), &public_key));
  return SigningKey(std::move(key), std::move(public_key));
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  ST_ASSIGN_OR_RETURN(ByteVector decoded, decode_private_file(text));
  const SecretBytes secret(std::move(decoded));
  const auto outer = read_outer(secret.bytes);
  if (!outer) return fail(ErrorCode::kCorrupt, "malformed private key");
  if (outer->is_encrypted) {
    return fail(
        Error(ErrorCode::kUnsupported, "the private key is encrypted").with_hint(kSignWithStock));
  }
  ST_ASSIGN_OR_RETURN(SigningKey key, from_private_section(outer->private_section));
  ST_ASSIGN_OR_RETURN(const PublicKey outside, PublicKey::from_blob(outer->public_blob));
  if (!(outside == key.public_key())) {
    return fail(ErrorCode::kCorrupt, "the halves of the private key do not belong together");
  }
  return key;
}

Result<SigningKey> SigningKey::read(const std::string& path) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDONLY | O_NOCTTY | O_NONBLOCK));
  ST_RETURN_IF_ERROR(check_private_mode(fd.get(), path));
  ST_ASSIGN_OR_RETURN(std::string text, read_all(fd.get(), kMaxKeyFile));
  auto key = parse(text);
  scopetrace::wipe(text);
  if (!key) return fail(std::move(key).error().with_context(path));
  return key;
}

ByteVector SigningKey::sign(Bytes message) const {
  ST_CHECK(key_ != nullptr);
  const bool ed25519 = public_key_.type() == KeyType::kEd25519;
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  ByteVector signature(128);
  std::size_t size = signature.size();
  ST_CHECK(context &&
           EVP_DigestSignInit(context.get(), nullptr, ed25519 ? nullptr : EVP_sha256(), nullptr,
                              key_.get()) == 1 &&
           EVP_DigestSign(context.get(), raw(signature.data()), &size, raw(message.data()),
                          message.size()) == 1);
  signature.resize(size);
  ByteVector blob;
  put_string(blob, key_type_name(public_key_.type()));
  put_string(blob, Bytes(ed25519 ? signature : ssh_ecdsa(signature)));
  return blob;
}

std::string SigningKey::to_openssh(std::string_view comment) const {
  ST_CHECK(key_ != nullptr && public_key_.type() == KeyType::kEd25519);
  SecretBytes seed{ByteVector(kSeedSize)};
  std::size_t size = kSeedSize;
  ST_CHECK(EVP_PKEY_get_raw_private_key(key_.get(), raw(seed.bytes.data()), &size) == 1);
  const SecretBytes section(private_section(seed.bytes, public_key_, comment));
  SecretBytes outer;
  outer.bytes.reserve(1024);  // no reallocation leaves a copy behind
  append(outer.bytes, as_bytes(kMagic));
  put_string(outer.bytes, "none");
  put_string(outer.bytes, "none");
  put_string(outer.bytes, "");
  put_be32(outer.bytes, 1);
  put_string(outer.bytes, public_key_.blob());
  put_string(outer.bytes, Bytes(section.bytes));
  std::string encoded = to_base64(outer.bytes);
  std::string text(kBegin);
  for (std::size_t at = 0; at < encoded.size(); at += kArmourColumns) {
    text.append(encoded, at, kArmourColumns).append("\n");
  }
  scopetrace::wipe(encoded);
  return text.append(kEnd);
}

Status write_key_pair(const SigningKey& key, const std::string& path, std::string_view comment) {
  {
    ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
    std::string text = key.to_openssh(comment);
    Status written = write_all(fd.get(), as_bytes(text));
    wipe(text);
    ST_RETURN_IF_ERROR(written);
    if (::fsync(fd.get()) != 0) return fail_errno("fsync " + path);
  }
  const std::string line = key.public_key().line() + " " + std::string(comment) + "\n";
  return write_file_atomically(path + ".pub", line, 0644);
}

Result<PublicKey> read_public_key(const std::string& path) {
  ST_ASSIGN_OR_RETURN(std::string text, read_file(path, kMaxKeyFile));
  const auto parse = [&]() -> Result<PublicKey> {
    if (!text.starts_with(kBegin)) return PublicKey::from_line(text);
    ST_ASSIGN_OR_RETURN(ByteVector decoded, decode_private_file(text));
    const SecretBytes secret(std::move(decoded));
    const auto outer = read_outer(secret.bytes);
    if (!outer) return fail(ErrorCode::kCorrupt, "malformed private key");
    return PublicKey::from_blob(outer->public_blob);
  };
  auto key = parse();
  wipe(text);
  if (!key) return fail(std::move(key).error().with_context(path));
  return key;
}

}  // namespace scopetrace
