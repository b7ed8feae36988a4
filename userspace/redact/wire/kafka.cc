// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/kafka.h"

#include <algorithm>
#include <optional>
#include <string>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::size_t kHeader = 14;  // size, key, version, correlation, length of client id
constexpr std::uint64_t kMaxRequest = 1U << 30;
constexpr std::uint64_t kMaxKey = 100;
constexpr std::uint64_t kMaxVersion = 20;
constexpr std::uint64_t kMaxClientId = 256;
constexpr std::uint64_t kNull = 0xffff;
constexpr std::uint64_t kProduce = 0, kMetadata = 3, kSaslHandshake = 17, kApiVersions = 18,
                        kSaslAuthenticate = 36, kAlterScram = 51;

struct ApiName {
  std::uint64_t key;
  std::string_view name;
};
constexpr ApiName kNames[] = {{kProduce, "Produce"},
                              {1, "Fetch"},
                              {2, "ListOffsets"},
                              {kMetadata, "Metadata"},
                              {8, "OffsetCommit"},
                              {9, "OffsetFetch"},
                              {10, "FindCoordinator"},
                              {11, "JoinGroup"},
                              {12, "Heartbeat"},
                              {13, "LeaveGroup"},
                              {14, "SyncGroup"},
                              {15, "DescribeGroups"},
                              {16, "ListGroups"},
                              {kSaslHandshake, "SaslHandshake"},
                              {kApiVersions, "ApiVersions"},
                              {19, "CreateTopics"},
                              {20, "DeleteTopics"},
                              {22, "InitProducerId"},
                              {32, "DescribeConfigs"},
                              {33, "AlterConfigs"},
                              {kSaslAuthenticate, "SaslAuthenticate"},
                              {38, "CreateDelegationToken"},
                              {39, "RenewDelegationToken"},
                              {44, "IncrementalAlterConfigs"},
                              {kAlterScram, "AlterUserScramCredentials"}};

struct Header {
  std::uint64_t size;
  std::uint64_t key;
  std::uint64_t version;
  std::uint64_t client_id_bytes;
};

// Of a request whose first kHeader bytes are there.
Header read_header(std::string_view begin) {
  FieldReader fields(begin);
  Header header{};
  header.size = fields.big(4);
  header.key = fields.big(2);
  header.version = fields.big(2);
  fields.take(4);
  header.client_id_bytes = fields.big(2);
  return header;
}

bool is_request(const Header& header) {
  const bool has_id = header.client_id_bytes == kNull || header.client_id_bytes <= kMaxClientId;
  const std::uint64_t id_bytes = header.client_id_bytes == kNull ? 0 : header.client_id_bytes;
  return header.key <= kMaxKey && header.version <= kMaxVersion && has_id &&
         header.size + 4 >= kHeader + id_bytes && header.size <= kMaxRequest;
}

// An unsigned integer of seven bits a byte.
std::uint64_t read_varint(FieldReader& fields) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint8_t byte = fields.u8();
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  fields.fail();
  return 0;
}

class Kafka final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (begin.size() < 4) return Extent::needs_more();
    const std::uint64_t size = FieldReader(begin).big(4);
    return size > kMaxRequest ? Extent::broken() : Extent::of(4 + size);
  }
  void tell(std::string_view message, WireText& out) override;

 private:
  void tell_request(const Header& header, FieldReader& fields, WireText& out);
  static void tell_authenticate(std::uint64_t version, FieldReader& fields, WireText& out);
};

// A frame without a request's header is a token of SASL: its first bytes are a NUL and letters, or
// letters, which as key and version would be too large.
void Kafka::tell(std::string_view message, WireText& out) {
  const bool has_header = message.size() >= kHeader && is_request(read_header(message));
  if (has_header) {
    const Header header = read_header(message);
    FieldReader fields(message.substr(kHeader));
    tell_request(header, fields, out);
  } else {
    out.begin("SaslToken");
    out.secret("token", message.substr(4));
  }
  out.end();
}

void Kafka::tell_request(const Header& header, FieldReader& fields, WireText& out) {
  const auto* known = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const ApiName& api) { return api.key == header.key; });
  out.begin(known == std::end(kNames) ? "Request" : known->name);
  out.word("v" + std::to_string(header.version));
  if (header.client_id_bytes != kNull) out.field("client", fields.take(header.client_id_bytes));
  if (header.key == kSaslHandshake) return out.field("mechanism", fields.counted(2));
  if (header.key == kSaslAuthenticate) return tell_authenticate(header.version, fields, out);
  if (header.key == kAlterScram) return out.binary(fields.rest().size());
  out.runs(fields.rest());
}

// Version 2 has tagged fields behind the header and a length of its own kind.
void Kafka::tell_authenticate(std::uint64_t version, FieldReader& fields, WireText& out) {
  if (version < 2) return out.secret("token", fields.counted(4));
  if (read_varint(fields) != 0) return out.secret("token", fields.take_all());
  const std::uint64_t length = read_varint(fields);
  out.secret("token", length == 0 ? std::string_view() : fields.take(length - 1));
}

}  // namespace

// The first request of a connection is one of a few, and its client id is text.
Match match_kafka(std::string_view begin) {
  if (begin.size() < 2) return begin.empty() || begin[0] == '\0' ? Match::kMaybe : Match::kNo;
  if (begin[0] != '\0' || begin[1] != '\0') return Match::kNo;
  if (begin.size() < kHeader) return Match::kMaybe;
  const Header header = read_header(begin);
  const bool opens = header.key == kApiVersions || header.key == kSaslHandshake ||
                     header.key == kMetadata || header.key == kSaslAuthenticate ||
                     header.key == kProduce;
  if (!opens || !is_request(header) || header.client_id_bytes == 0) return Match::kNo;
  const std::string_view id =
      begin.substr(kHeader, header.client_id_bytes == kNull ? 0 : header.client_id_bytes);
  const bool is_text =
      std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!is_text) return Match::kNo;
  const bool is_whole = header.client_id_bytes == kNull || id.size() == header.client_id_bytes;
  return is_whole ? Match::kYes : Match::kMaybe;
}

std::unique_ptr<WireProtocol> make_kafka() { return std::make_unique<Kafka>(); }

}  // namespace scopetrace
