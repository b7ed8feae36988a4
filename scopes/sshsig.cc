// SPDX-License-Identifier: Apache-2.0
#include "scopes/sshsig.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "scopes/wire_string.h"
#include "userspace/base/crypto.h"

namespace scopetrace {
namespace {

constexpr std::string_view kMagic = "SSHSIG";
constexpr std::string_view kHash = "sha512";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kArmourColumns = 70;     // as ssh-keygen writes
constexpr std::size_t kMinArmourColumns = 64;  // other writers: 64 to 76, the same on every line
constexpr std::size_t kMaxArmourColumns = 76;
constexpr std::uint8_t kUserPresent = 1;  // PROTOCOL.u2f, flags bit 0
constexpr std::size_t kEd25519Signature = 64;
constexpr std::size_t kP256Number = 32;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

// Cuts off one line of the base64 text: as wide as the first one; only the last may be shorter.
std::optional<std::string_view> take_armour_line(std::string_view& lines, std::size_t columns) {
  const auto at = lines.find('\n');
  if (at == std::string_view::npos || at == 0 || at > kMaxArmourColumns) return std::nullopt;
  const bool is_last = at + 1 == lines.size();
  if (is_last ? at > columns : at != columns || at < kMinArmourColumns) return std::nullopt;
  const std::string_view line = lines.substr(0, at);
  lines.remove_prefix(at + 1);
  return line;
}

// The base64 text of the armour without its line ends; nothing when the form is not strict.
std::optional<std::string> join_armour(std::string_view armour) {
  const std::string begin = std::string(kSshsigBegin) + "\n";
  const std::string end = std::string(kSshsigEnd) + "\n";
  if (!armour.starts_with(begin) || !armour.ends_with(end)) return std::nullopt;
  if (armour.size() < begin.size() + end.size()) return std::nullopt;
  std::string_view lines = armour.substr(begin.size(), armour.size() - begin.size() - end.size());
  std::string joined;
  const std::size_t columns = lines.find('\n');
  while (!lines.empty()) {
    const auto line = take_armour_line(lines, columns);
    if (!line) return std::nullopt;
    joined.append(*line);
  }
  if (joined.empty() || joined.size() > kMaxSshsigBlob / 3 * 4) return std::nullopt;
  return joined;
}

// What the key really signs. PROTOCOL.sshsig section 3.
ByteVector signed_data(std::string_view name_space, Bytes message) {
  ByteVector data;
  append(data, as_bytes(kMagic));
  put_string(data, name_space);
  put_string(data, "");
  put_string(data, kHash);
  put_string(data, Bytes(sha512(message)));
  return data;
}

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
  const bool ecdsa = key.type() == KeyType::kEcdsaP256 || key.type() == KeyType::kSkEcdsaP256;
  ByteVector form(signature.begin(), signature.end());
  if (ecdsa) {
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
         EVP_DigestVerifyInit(context.get(), nullptr, ecdsa ? EVP_sha256() : nullptr, nullptr,
                              evp->get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(form.data()),
                          form.size(), reinterpret_cast<const unsigned char*>(data.data()),
                          data.size()) == 1;
}

// The signature blob taken apart. Flags and counter are there for FIDO keys only.
struct SignatureParts {
  Bytes bytes;
  std::uint8_t flags = 0;
  Bytes flags_and_counter;
};
std::optional<SignatureParts> split_signature(const SshSignature& signature) {
  ByteReader reader(signature.signature);
  const auto type = reader.take_string();
  const auto bytes = reader.take_string();
  if (!type || !bytes || as_text(*type) != key_type_name(signature.key.type())) return std::nullopt;
  SignatureParts parts{*bytes, 0, {}};
  if (is_fido(signature.key.type())) {
    const auto tail = reader.take(5);  // flags, 32-bit counter
    if (!tail) return std::nullopt;
    parts.flags_and_counter = *tail;
    parts.flags = std::to_integer<std::uint8_t>((*tail)[0]);
  }
  if (!reader.empty()) return std::nullopt;
  return parts;
}

// What a FIDO token signs in place of the data. PROTOCOL.u2f.
ByteVector fido_data(const PublicKey& key, Bytes flags_and_counter, Bytes data) {
  ByteVector wrapped;
  append(wrapped, sha256(as_bytes(key.application())));
  append(wrapped, flags_and_counter);
  append(wrapped, sha256(data));
  return wrapped;
}

tl::unexpected<Error> malformed(const std::string& rule) {
  return fail(ErrorCode::kCorrupt, "malformed SSH signature: " + rule);
}

bool is_plain(Bytes text) {
  return std::all_of(text.begin(), text.end(),
                     [](std::byte b) { return b > std::byte{0x20} && b < std::byte{0x7f}; });
}

}  // namespace

Result<SshSignature> parse_sshsig(std::string_view armour) {
  const auto joined = join_armour(armour);
  if (!joined) return malformed("armour");
  const auto blob = from_base64(*joined);
  if (!blob) return malformed("base64");
  ByteReader reader(*blob);
  const auto magic = reader.take(kMagic.size());
  if (!magic || as_text(*magic) != kMagic) return malformed("magic");
  if (reader.read_be32() != kVersion) return malformed("version is not 1");
  const auto key = reader.take_string();
  const auto name_space = reader.take_string();
  const auto reserved = reader.take_string();
  const auto hash = reader.take_string();
  const auto signature = reader.take_string();
  if (!key || !name_space || !reserved || !hash || !signature) return malformed("too short");
  if (!reader.empty()) return malformed("bytes after the signature");
  if (!reserved->empty()) return malformed("reserved field is not empty");
  if (as_text(*hash) != kHash) return malformed("hash is not sha512");
  if (name_space->empty() || name_space->size() > 64 || !is_plain(*name_space)) {
    return malformed("namespace");
  }
  ST_ASSIGN_OR_RETURN(PublicKey public_key, PublicKey::from_blob(*key));
  SshSignature parsed{std::move(public_key), std::string(as_text(*name_space)),
                      ByteVector(signature->begin(), signature->end())};
  if (!split_signature(parsed)) return malformed("signature is not of the key's type");
  return parsed;
}

std::string make_sshsig(const SigningKey& key, std::string_view name_space, Bytes message) {
  ByteVector blob;
  append(blob, as_bytes(kMagic));
  put_be32(blob, kVersion);
  put_string(blob, key.public_key().blob());
  put_string(blob, name_space);
  put_string(blob, "");
  put_string(blob, kHash);
  put_string(blob, Bytes(key.sign(signed_data(name_space, message))));
  const std::string encoded = to_base64(blob);
  std::string armour = std::string(kSshsigBegin) + "\n";
  for (std::size_t at = 0; at < encoded.size(); at += kArmourColumns) {
    armour.append(encoded, at, kArmourColumns).append("\n");
  }
  return armour.append(kSshsigEnd).append("\n");
}

Status verify_sshsig(const SshSignature& signature, std::string_view name_space, Bytes message) {
  if (signature.name_space != name_space) {
    return fail(ErrorCode::kTampered, "the signature is for " + signature.name_space +
                                          ", not for " + std::string(name_space));
  }
  const auto parts = split_signature(signature);
  if (!parts) return malformed("signature is not of the key's type");
  ByteVector data = signed_data(name_space, message);
  if (is_fido(signature.key.type())) {
    if ((parts->flags & kUserPresent) == 0) {
      return fail(ErrorCode::kTampered, "the security key was not touched for this signature");
    }
    data = fido_data(signature.key, parts->flags_and_counter, data);
  }
  if (verify_raw(signature.key, parts->bytes, data)) return {};
  return fail(ErrorCode::kTampered,
              "the signature by key " + signature.key.fingerprint() + " does not fit the text");
}

Result<PublicKey> verify_sshsig(std::string_view armour, std::string_view name_space,
                                Bytes message) {
  ST_ASSIGN_OR_RETURN(SshSignature signature, parse_sshsig(armour));
  ST_RETURN_IF_ERROR(verify_sshsig(signature, name_space, message));
  return std::move(signature.key);
}

}  // namespace scopetrace
