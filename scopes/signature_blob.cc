// SPDX-License-Identifier: Apache-2.0
#include "scopes/signature_blob.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <algorithm>

#include "scopes/wire_string.h"
#include "userspace/base/crypto.h"

namespace scopetrace {
namespace {

constexpr std::size_t kEd25519Signature = 64;
constexpr std::size_t kP256Number = 32;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

// A number of an ECDSA signature, canonical and at most 256 bits, left-padded.
std::optional<ByteVector> read_number(ByteReader& reader) {
  const auto number = reader.take_string();
  if (!number || number->empty() || number->size() > kP256Number + 1) return std::nullopt;
  ByteVector canonical;
  put_mpint(canonical, *number);
  const Bytes expected = Bytes(canonical).subspan(4);
  if (!std::equal(expected.begin(), expected.end(), number->begin(), number->end())) {
    return std::nullopt;
  }
  return ByteVector(number->begin(), number->end());
}

// The DER form that libcrypto wants of SSH's two mpints.
std::optional<ByteVector> to_der(Bytes signature) {
  ByteReader reader(signature);
  const auto r = read_number(reader);
  const auto s = read_number(reader);
  if (!r || !s || !reader.empty()) return std::nullopt;
  const auto to_number = [](const ByteVector& bytes) {
    return BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                     static_cast<int>(bytes.size()), nullptr);
  };
  const std::unique_ptr<ECDSA_SIG, FreeContext> both(ECDSA_SIG_new());
  ST_CHECK(both && ECDSA_SIG_set0(both.get(), to_number(*r), to_number(*s)) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(both.get(), &der);
  ST_CHECK(size > 0);
  ByteVector out(static_cast<std::size_t>(size));
  std::memcpy(out.data(), der, out.size());
  OPENSSL_free(der);
  return out;
}

bool verify_raw(const PublicKey& key, Bytes signature, Bytes data) {
  ByteVector form(signature.begin(), signature.end());
  if (is_ecdsa(key.type())) {
    auto der = to_der(signature);
    if (!der) return false;
    form = std::move(*der);
  } else if (signature.size() != kEd25519Signature) {
    return false;
  }
  const auto evp = key.to_evp();
  if (!evp) return false;
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, is_ecdsa(key.type()) ? EVP_sha256() : nullptr,
                              nullptr, evp->get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(form.data()),
                          form.size(), reinterpret_cast<const unsigned char*>(data.data()),
                          data.size()) == 1;
}

// What a FIDO token signs in place of the data. PROTOCOL.u2f.
ByteVector fido_data(const PublicKey& key, const FidoFacts& fido, Bytes data) {
  ByteVector wrapped;
  append(wrapped, sha256(as_bytes(key.application())));
  wrapped.push_back(std::byte{fido.flags});
  put_be32(wrapped, fido.counter);
  append(wrapped, sha256(data));
  return wrapped;
}

std::optional<FidoFacts> read_fido(ByteReader& reader) {
  const auto flags = reader.read<std::uint8_t>();
  const auto counter = reader.read_be32();
  if (!flags || !counter) return std::nullopt;
  return FidoFacts{*flags, *counter};
}

}  // namespace

ByteVector SignatureBlob::wire(KeyType type) const {
  ByteVector blob;
  put_string(blob, key_type_name(type));
  put_string(blob, Bytes(bytes));
  if (!fido) return blob;
  blob.push_back(std::byte{fido->flags});
  put_be32(blob, fido->counter);
  return blob;
}

std::optional<SignatureBlob> parse_signature_blob(const PublicKey& key, Bytes blob) {
  ByteReader reader(blob);
  const auto type = reader.take_string();
  const auto bytes = reader.take_string();
  if (!type || !bytes || as_text(*type) != key_type_name(key.type())) return std::nullopt;
  SignatureBlob signature{ByteVector(bytes->begin(), bytes->end()), std::nullopt};
  if (is_fido(key.type())) {
    signature.fido = read_fido(reader);
    if (!signature.fido) return std::nullopt;
  }
  if (!reader.empty()) return std::nullopt;
  return signature;
}

bool is_signature_of(const PublicKey& key, const SignatureBlob& signature, Bytes data) {
  if (!signature.fido) return verify_raw(key, signature.bytes, data);
  return verify_raw(key, signature.bytes, fido_data(key, *signature.fido, data));
}

}  // namespace scopetrace
