// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/mongo.h"

#include <algorithm>
#include <array>
#include <string>

#include "userspace/redact/wire/bson.h"
#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::size_t kHeader = 16;                // length, request, answer to, operation
constexpr std::uint64_t kMaxMessage = 48'000'000;  // the server's own bound
constexpr std::uint64_t kReply = 1, kUpdate = 2001, kInsert = 2002, kQuery = 2004, kDelete = 2006,
                        kCompressed = 2012, kMessage = 2013;
constexpr std::uint64_t kHasChecksum = 1;

struct Header {
  std::uint64_t length;
  std::uint64_t operation;
};

Header read_header(std::string_view begin) {
  FieldReader fields(begin);
  const std::uint64_t length = fields.little(4);
  fields.take(8);
  return {length, fields.little(4)};
}

bool is_header(const Header& header) {
  static constexpr std::array kOperations = {kReply,  kUpdate,     kInsert, kQuery,
                                             kDelete, kCompressed, kMessage};
  return header.length > kHeader && header.length <= kMaxMessage &&
         std::find(kOperations.begin(), kOperations.end(), header.operation) != kOperations.end();
}

// Whether the payload of this command, or of the answer to one, belongs to SASL.
bool is_sasl(std::string_view document) {
  const std::string_view command = first_bson_name(document);
  return command == "saslStart" || command == "saslContinue" || command == "conversationId" ||
         command == "authenticate" || command == "getnonce" ||
         document.find("speculativeAuthenticate") != document.npos;
}

// The document at the front, as far as its length says.
std::string_view take_document(FieldReader& fields) {
  return fields.take(FieldReader(fields.rest()).little(4));
}

void tell_document(std::string_view document, WireText& out) {
  if (out.is_shape()) return;
  std::string told;
  const bool is_whole = redact_bson(document, is_sasl(document), out, told);
  out.value(told);
  wipe(told);
  if (!is_whole) out.word("[malformed]");
}

class Mongo final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (begin.size() < kHeader) return Extent::needs_more();
    const Header header = read_header(begin);
    return is_header(header) ? Extent::of(header.length) : Extent::broken();
  }
  void tell(std::string_view message, WireText& out) override;

 private:
  static void tell_message(FieldReader& fields, WireText& out);
  static void tell_documents(FieldReader& fields, WireText& out);
};

void Mongo::tell(std::string_view message, WireText& out) {
  const std::uint64_t operation = read_header(message).operation;
  FieldReader fields(message.substr(kHeader));
  if (operation == kMessage) {
    tell_message(fields, out);
  } else if (operation == kQuery) {
    out.begin("OP_QUERY");
    fields.take(4);
    out.value(fields.c_string());
    fields.take(8);
    tell_documents(fields, out);
  } else if (operation == kReply) {
    out.begin("OP_REPLY");
    fields.take(20);
    tell_documents(fields, out);
  } else {
    out.begin(operation == kCompressed ? "OP_COMPRESSED" : "OP");
    out.binary(fields.rest().size());
  }
  out.end();
}

void Mongo::tell_message(FieldReader& fields, WireText& out) {
  out.begin("OP_MSG");
  const std::uint64_t flags = fields.little(4);
  const std::size_t behind = (flags & kHasChecksum) != 0 ? 4 : 0;
  while (fields.ok() && fields.rest().size() > behind) {
    const std::uint8_t kind = fields.u8();
    if (kind == 0) {
      tell_document(take_document(fields), out);
    } else {
      const std::uint64_t size = fields.little(4);
      FieldReader section(fields.take(size < 4 ? 0 : size - 4));
      if (size < 4 || kind != 1) return;
      out.value(section.c_string());
      tell_documents(section, out);
    }
  }
}

void Mongo::tell_documents(FieldReader& fields, WireText& out) {
  while (fields.ok() && !fields.empty()) {
    const std::string_view document = take_document(fields);
    if (document.empty()) return;
    tell_document(document, out);
  }
}

}  // namespace

Match match_mongo(std::string_view begin) {
  if (begin.size() < kHeader)
    return begin.size() > 3 && begin[3] != '\0' && begin[3] > 2 ? Match::kNo : Match::kMaybe;
  return is_header(read_header(begin)) ? Match::kYes : Match::kNo;
}

std::unique_ptr<WireProtocol> make_mongo() { return std::make_unique<Mongo>(); }

}  // namespace scopetrace
