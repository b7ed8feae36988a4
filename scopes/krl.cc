// SPDX-License-Identifier: Apache-2.0
#include "scopes/krl.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

#include "scopes/text_lines.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::string_view kMagic = std::string_view("SSHKRL\n\0", 8);
constexpr std::uint32_t kFormatVersion = 1;

// Section types of PROTOCOL.krl. Signatures (4) are not among them: the file's owner and mode
// protect it, and a signature that nobody checks would only look like protection.
constexpr std::uint8_t kCertificates = 1;
constexpr std::uint8_t kExplicitKeys = 2;
constexpr std::uint8_t kSha1Fingerprints = 3;
constexpr std::uint8_t kSignature = 4;
constexpr std::uint8_t kSha256Fingerprints = 5;
constexpr std::uint8_t kExtension = 255;
// Inside a section of certificates.
constexpr std::uint8_t kSerialList = 0x20;
constexpr std::uint8_t kSerialRange = 0x21;
constexpr std::uint8_t kSerialBitmap = 0x22;
constexpr std::uint8_t kKeyIds = 0x23;
constexpr std::uint8_t kCertificateExtension = 0x39;

using Sha1 = std::array<std::byte, 20>;

Sha1 sha1(Bytes bytes) {
  Sha1 digest;
  unsigned int size = 0;
  ST_CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                      &size, EVP_sha1(), nullptr) == 1 &&
           size == digest.size());
  return digest;
}

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::kCorrupt, "malformed KRL: " + what);
}

// A type byte and its string: sections, and the parts of a section of certificates.
struct Section {
  std::uint8_t type = 0;
  Bytes data;
};
std::optional<Section> take_section(ByteReader& reader) {
  const auto type = reader.read<std::uint8_t>();
  const auto data = type ? reader.take_string() : std::nullopt;
  if (!data) return std::nullopt;
  return Section{*type, *data};
}

// An extension may be skipped only when it says so. Its content is not looked into.
Status check_extension(Bytes data) {
  ByteReader reader(data);
  const auto name = reader.take_string();
  const auto critical = reader.read<std::uint8_t>();
  const auto content = reader.take_string();
  if (!name || !critical || !content || !reader.empty()) return malformed("extension");
  if (*critical == 0) return {};
  return fail(ErrorCode::kUnsupported, "the KRL has a critical extension");
}

Status unknown_section(std::uint8_t type) {
  return fail(ErrorCode::kUnsupported,
              "the KRL has a section of unknown type " + std::to_string(type));
}

template <class Hash>
Status read_hashes(Bytes data, std::set<Hash>* hashes) {
  for (ByteReader reader(data); !reader.empty();) {
    const auto hash = reader.take_string();
    Hash copy;
    if (!hash || hash->size() != copy.size()) return malformed("fingerprint");
    std::copy(hash->begin(), hash->end(), copy.begin());
    hashes->insert(copy);
  }
  return {};
}

// An mpint that is not negative, without its sign octet.
std::optional<Bytes> take_unsigned(ByteReader& reader) {
  auto number = reader.take_string();
  if (!number || number->empty()) return std::nullopt;
  if ((number->front() & std::byte{0x80}) != std::byte{0}) return std::nullopt;
  if (number->front() == std::byte{0}) number = number->subspan(1);
  return number;
}

}  // namespace

// Reads one KRL into a RevokedKeys. Bounded by the file's size: nothing is expanded.
class KrlParser {
 public:
  Status parse(Bytes bytes) {
    ByteReader reader(bytes);
    ST_RETURN_IF_ERROR(read_header(reader));
    while (!reader.empty()) {
      const auto section = take_section(reader);
      if (!section) return malformed("section");
      ST_RETURN_IF_ERROR(read_section(*section));
    }
    return {};
  }

  RevokedKeys take() { return std::move(revoked_); }

 private:
  static Status read_header(ByteReader& reader) {
    const auto magic = reader.take(kMagic.size());
    if (!magic || as_text(*magic) != kMagic) return malformed("magic");
    const auto format = reader.read_be32();
    const auto version = reader.read_be64();
    const auto generated_s = reader.read_be64();
    const auto flags = reader.read_be64();
    const auto reserved = reader.take_string();
    const auto comment = reader.take_string();
    if (!format || !version || !generated_s || !flags || !reserved || !comment) {
      return malformed("header");
    }
    if (*format == kFormatVersion && *flags == 0 && reserved->empty()) return {};
    return fail(ErrorCode::kUnsupported, "the KRL is of an unknown version");
  }

  Status read_section(const Section& section) {
    switch (section.type) {
      case kCertificates:
        return read_certificates(section.data);
      case kExplicitKeys:
        return read_keys(section.data);
      case kSha1Fingerprints:
        return read_hashes(section.data, &revoked_.sha1_);
      case kSha256Fingerprints:
        return read_hashes(section.data, &revoked_.sha256_);
      case kSignature:
        return fail(ErrorCode::kUnsupported, "the KRL is signed, which cannot be checked");
      case kExtension:
        return check_extension(section.data);
      default:
        return unknown_section(section.type);
    }
  }

  // Keys of any type may be revoked; a certificate here would match nothing and is refused.
  Status read_keys(Bytes data) {
    for (ByteReader reader(data); !reader.empty();) {
      const auto blob = reader.take_string();
      if (!blob || !ByteReader(*blob).take_string() || is_certificate_blob(*blob)) {
        return malformed("key");
      }
      revoked_.keys_.insert(ByteVector(blob->begin(), blob->end()));
    }
    return {};
  }

  Status read_certificates(Bytes data) {
    ByteReader reader(data);
    const auto authority = reader.take_string();
    const auto reserved = reader.take_string();
    if (!authority || !reserved || !reserved->empty()) return malformed("certificates");
    RevokedKeys::Certificates certificates;
    certificates.authority.assign(authority->begin(), authority->end());
    while (!reader.empty()) {
      const auto part = take_section(reader);
      if (!part) return malformed("section of certificates");
      ST_RETURN_IF_ERROR(read_part(*part, &certificates));
    }
    revoked_.certificates_.push_back(std::move(certificates));
    return {};
  }

  static Status read_part(const Section& part, RevokedKeys::Certificates* certificates) {
    switch (part.type) {
      case kSerialList:
        return read_serials(part.data, certificates);
      case kSerialRange:
        return read_range(part.data, certificates);
      case kSerialBitmap:
        return read_bitmap(part.data, certificates);
      case kKeyIds:
        return read_key_ids(part.data, certificates);
      case kCertificateExtension:
        return check_extension(part.data);
      default:
        return unknown_section(part.type);
    }
  }

  // Serial 0 means "not numbered" and cannot be revoked: OpenSSH refuses such a KRL too.
  static Status read_serials(Bytes data, RevokedKeys::Certificates* certificates) {
    for (ByteReader reader(data); !reader.empty();) {
      const auto serial = reader.read_be64();
      if (!serial || *serial == 0) return malformed("serial");
      certificates->ranges.push_back({*serial, *serial});
    }
    return {};
  }

  static Status read_range(Bytes data, RevokedKeys::Certificates* certificates) {
    ByteReader reader(data);
    const auto first = reader.read_be64();
    const auto last = reader.read_be64();
    if (!first || !last || !reader.empty() || *first == 0 || *first > *last) {
      return malformed("range of serials");
    }
    certificates->ranges.push_back({*first, *last});
    return {};
  }

  static Status read_bitmap(Bytes data, RevokedKeys::Certificates* certificates) {
    ByteReader reader(data);
    const auto offset = reader.read_be64();
    const auto bits = offset ? take_unsigned(reader) : std::nullopt;
    if (!bits || !reader.empty()) return malformed("bitmap of serials");
    if (*offset > std::numeric_limits<std::uint64_t>::max() - bits->size() * 8) {
      return malformed("bitmap of serials runs over");
    }
    certificates->bitmaps.push_back({*offset, ByteVector(bits->begin(), bits->end())});
    return {};
  }

  static Status read_key_ids(Bytes data, RevokedKeys::Certificates* certificates) {
    for (ByteReader reader(data); !reader.empty();) {
      const auto key_id = reader.take_string();
      if (!key_id || key_id->empty()) return malformed("key id");
      certificates->key_ids.emplace(as_text(*key_id));
    }
    return {};
  }

  RevokedKeys revoked_;
};

bool RevokedKeys::Certificates::has_serial(std::uint64_t serial) const {
  if (serial == 0) return false;
  const bool in_range = std::any_of(ranges.begin(), ranges.end(), [&](const SerialRange& range) {
    return range.first <= serial && serial <= range.last;
  });
  return in_range || std::any_of(bitmaps.begin(), bitmaps.end(), [&](const SerialBitmap& map) {
           if (serial < map.offset || serial - map.offset >= map.bits.size() * 8) return false;
           const std::uint64_t bit = serial - map.offset;
           const std::byte octet = map.bits[map.bits.size() - 1 - bit / 8];
           return ((octet >> (bit % 8)) & std::byte{1}) != std::byte{0};
         });
}

Result<RevokedKeys> RevokedKeys::parse(std::string_view text) {
  if (text.size() > kMaxRevocationFile) return fail(ErrorCode::kLimit, "more than 1 MiB");
  if (!text.starts_with("SSHKRL")) return parse_key_list(text);
  KrlParser parser;
  ST_RETURN_IF_ERROR(parser.parse(as_bytes(text)));
  return parser.take();
}

// A certificate on the list revokes the key in it, as with stock tools.
Result<RevokedKeys> RevokedKeys::parse_key_list(std::string_view text) {
  RevokedKeys revoked;
  ST_RETURN_IF_ERROR(for_each_key_line(text, [&](std::string_view line) -> Status {
    ST_ASSIGN_OR_RETURN(KeyLine split, split_key_line(line));
    if (!is_certificate_blob(split.blob)) {
      revoked.keys_.insert(std::move(split.blob));
      return {};
    }
    ST_ASSIGN_OR_RETURN(const SshIdentity identity, SshIdentity::from_blob(split.blob));
    revoked.keys_.insert(ByteVector(identity.key.blob().begin(), identity.key.blob().end()));
    return {};
  }));
  return revoked;
}

Result<RevokedKeys> RevokedKeys::read(const std::string& path) {
  auto text = read_file(path, kMaxRevocationFile);
  if (!text && text.error().code() == ErrorCode::kNotFound) return RevokedKeys();
  if (!text) return fail(std::move(text).error());
  return parse(*text).map_error([&](Error error) { return std::move(error).with_context(path); });
}

bool RevokedKeys::has_key(const PublicKey& key) const {
  const ByteVector blob(key.blob().begin(), key.blob().end());
  return keys_.count(blob) != 0 || sha256_.count(sha256(blob)) != 0 || sha1_.count(sha1(blob)) != 0;
}

std::optional<std::string> RevokedKeys::why_revoked(const Certificate& certificate) const {
  const auto say = [&](const std::string& why) {
    return "certificate of key " + certificate.key.fingerprint() + " is revoked: " + why;
  };
  if (has_key(certificate.authority)) return say("its authority is");
  for (const Certificates& list : certificates_) {
    if (!list.authority.empty() &&
        !std::equal(list.authority.begin(), list.authority.end(),
                    certificate.authority.blob().begin(), certificate.authority.blob().end())) {
      continue;
    }
    if (list.key_ids.count(certificate.key_id) != 0) return say("by its key id");
    if (list.has_serial(certificate.serial)) {
      return say("serial " + std::to_string(certificate.serial));
    }
  }
  return std::nullopt;
}

std::optional<std::string> RevokedKeys::why_revoked(const SshIdentity& identity) const {
  if (has_key(identity.key)) return "key " + identity.key.fingerprint() + " is revoked";
  return identity.certificate ? why_revoked(*identity.certificate) : std::nullopt;
}

}  // namespace scopetrace
