// SPDX-License-Identifier: Apache-2.0
#include "scopes/sshsig.h"

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
  ST_ASSIGN_OR_RETURN(SshIdentity signer, SshIdentity::from_blob(*key));
  auto parts = parse_signature_blob(signer.key, *signature);
  if (!parts) return malformed("signature is not of the key's type");
  return SshSignature{std::move(signer), std::string(as_text(*name_space)), std::move(*parts)};
}

std::string format_sshsig(const SshSignature& signature) {
  ByteVector blob;
  append(blob, as_bytes(kMagic));
  put_be32(blob, kVersion);
  put_string(blob, signature.signer.blob());
  put_string(blob, signature.name_space);
  put_string(blob, "");
  put_string(blob, kHash);
  put_string(blob, Bytes(signature.signature.wire(signature.signer.key.type())));
  const std::string encoded = to_base64(blob);
  std::string armour = std::string(kSshsigBegin) + "\n";
  for (std::size_t at = 0; at < encoded.size(); at += kArmourColumns) {
    armour.append(encoded, at, kArmourColumns).append("\n");
  }
  return armour.append(kSshsigEnd).append("\n");
}

std::string make_sshsig(const SigningKey& key, std::string_view name_space, Bytes message) {
  auto signature =
      parse_signature_blob(key.public_key(), key.sign(signed_data(name_space, message)));
  ST_CHECK(signature);
  return format_sshsig({key.public_key(), std::string(name_space), std::move(*signature)});
}

Status verify_sshsig(const SshSignature& signature, std::string_view name_space, Bytes message,
                     const SshsigRules& rules) {
  if (signature.name_space != name_space) {
    return fail(ErrorCode::kTampered, "the signature is for " + signature.name_space +
                                          ", not for " + std::string(name_space));
  }
  const auto& fido = signature.signature.fido;
  if (fido && !fido->is_touched()) {
    return fail(ErrorCode::kTampered, "the security key was not touched for this signature");
  }
  if (fido && rules.require_user_verification && !fido->is_user_verified()) {
    return fail(Error(ErrorCode::kTampered, "the security key did not ask for PIN or biometrics")
                    .with_hint("make one with `ssh-keygen -t ed25519-sk -O verify-required`"));
  }
  const PublicKey& key = signature.signer.key;
  if (is_signature_of(key, signature.signature, signed_data(name_space, message))) return {};
  return fail(ErrorCode::kTampered,
              "the signature by key " + key.fingerprint() + " does not fit the text");
}

Result<PublicKey> verify_sshsig(std::string_view armour, std::string_view name_space,
                                Bytes message) {
  ST_ASSIGN_OR_RETURN(SshSignature signature, parse_sshsig(armour));
  if (signature.signer.certificate) {
    return fail(ErrorCode::kUnsupported, "a certificate does not count here, only a plain key");
  }
  ST_RETURN_IF_ERROR(verify_sshsig(signature, name_space, message));
  return std::move(signature.signer.key);
}

}  // namespace scopetrace
