// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/protobuf_body.h"

#include "tests/support/deflate.h"
#include "tests/unit/redact/body_fixture.h"
#include "userspace/redact/body/grpc_body.h"

namespace scopetrace {
namespace {

const std::string kKey = std::string("\x01\x9c\xff\x80\x00\x13\xee\xa1", 8);

std::string proto(const std::string& bytes) {
  return without_tags(redact_as("application/x-protobuf", bytes));
}

TEST(ProtobufBodyTest, PrintsFieldsByTheirWireFormat) {
  const std::string fixed = proto_varint(5 << 3 | 5) + std::string("\x07\0\0\0", 4) +
                            proto_varint(6 << 3 | 1) + std::string("\x09\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(
      proto(proto_bytes(1, "hello world") + proto_number(2, 150) +
            proto_bytes(3, proto_bytes(1, "inner") + proto_number(2, 7)) + proto_bytes(4, kKey) +
            fixed),
      "1: \"hello world\"\n2: 150\n3 {\n  1: \"inner\"\n  2: 7\n}\n4: [binary 8 bytes]\n5: 7\n"
      "6: 9\n");
}

TEST(ProtobufBodyTest, TextThatIsANameNamesTheNextField) {
  const std::string entry = proto_bytes(1, "password") + proto_bytes(2, "hunter22");
  const std::string header = proto_bytes(1, "authorization") + proto_bytes(2, "Basic am86cGFzcw==");
  EXPECT_EQ(proto(proto_bytes(1, entry) + proto_bytes(1, header)),
            "1 {\n  1: \"password\"\n  2: \"[generic-password]\"\n}\n1 {\n  1: \"authorization\"\n"
            "  2: \"Basic [basic-auth]\"\n}\n");
}

TEST(ProtobufBodyTest, TextAsRandomAsAKeyCountsAsOne) {
  const std::string secret = make_secret(40);
  EXPECT_EQ(proto(proto_bytes(1, "id-1") + proto_bytes(2, secret) +
                  proto_bytes(3, "0af76519-16cd-43dd-8448-eb211c80319c") +
                  proto_bytes(4, "a/path/of/some/length/v1")),
            "1: \"id-1\"\n2: \"[opaque]\"\n3: \"0af76519-16cd-43dd-8448-eb211c80319c\"\n"
            "4: \"a/path/of/some/length/v1\"\n");
}

TEST(ProtobufBodyTest, CardNumbersAsNumbersAreFound) {
  EXPECT_EQ(proto(proto_number(1, 4111111111111111) + proto_bytes(2, "visa")),
            "1: \"[pan]\"\n2: \"visa\"\n");
}

TEST(ProtobufBodyTest, RefusesWhatIsNoMessage) {
  const std::string message = proto_bytes(1, "hello world") + proto_number(2, 150);
  for (std::size_t size = 1; size < message.size(); ++size) {
    if (size == proto_bytes(1, "hello world").size()) continue;  // a whole field
    const std::string out = redact_as("application/x-protobuf", message.substr(0, size) + "\xff");
    EXPECT_FALSE(contains(out, "\xff")) << out;
  }
}

TEST(ProtobufBodyTest, IsFoundWithoutItsType) {
  const std::string message = proto_bytes(1, "hello world") + proto_number(2, 150);
  EXPECT_EQ(redact_as("application/octet-stream", message), "1: \"hello world\"\n2: 150\n");
  EXPECT_EQ(redact_as("image/png", message), "<binary>");
}

TEST(ProtobufBodyTest, ShapeHasTypes) {
  EXPECT_EQ(shape_as("application/x-protobuf",
                     proto_bytes(1, "x y") + proto_number(2, 5) + proto_bytes(3, kKey)),
            "1: \"string\"\n2: number\n3: [binary 8 bytes]\n");
}

std::string grpc(const std::string& bytes, const std::string& encoding = "") {
  Scanner s;
  const auto out = redact_content(s.scanner, bytes, {"application/grpc+proto", encoding}, {});
  return without_tags(out.withheld.empty() ? out.text : "<" + out.withheld + ">");
}

TEST(GrpcBodyTest, ReadsFramesPlainAndCompressed) {
  const std::string message = proto_bytes(1, "jo") + proto_bytes(2, "pin") + proto_bytes(3, "1234");
  const std::string text = "message {\n1: \"jo\"\n2: \"pin\"\n3: \"[pin]\"\n}\n";
  EXPECT_EQ(grpc(grpc_frame(message) + grpc_frame(deflated(message, kGzipBits), 1)), text + text);
  EXPECT_EQ(grpc(grpc_frame(deflated(message, kZlibBits), 1), "deflate"), text);
}

TEST(GrpcBodyTest, WithholdsFramesItCannotDecode) {
  EXPECT_EQ(grpc(grpc_frame("\x01\x02\x03", 1), "snappy"),
            "message {\n[WITHHELD:3:unknown-content-coding]\n}\n");
  EXPECT_EQ(grpc(grpc_frame(kKey)), "message {\n[WITHHELD:8:binary]\n}\n");
}

TEST(GrpcBodyTest, ReadsTrailersOfTheWebForm) {
  EXPECT_EQ(grpc(grpc_frame("grpc-status: 0\r\nx-auth-token: abc12345\r\n", '\x80')),
            "trailers {\ngrpc-status: 0\r\nx-auth-token: [generic-token]\r\n}\n");
  const std::string text = to_base64(as_bytes(grpc_frame(proto_bytes(1, "jo jo"))));
  EXPECT_EQ(redact_as("application/grpc-web-text+proto", text), "message {\n1: \"jo jo\"\n}\n");
}

}  // namespace
}  // namespace scopetrace
