// SPDX-License-Identifier: Apache-2.0
// Needles against what clients write, compared as bpf/request_head.h compares.
#include "userspace/probe/request_needles.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace scopetrace {
namespace {

bool is_at(const RequestNeedle& needle, const char* text) {
  for (std::size_t i = 0; i < RequestNeedle::kWords; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, text + 8 * i, sizeof word);
    if ((((word | needle.fold[i]) ^ needle.value[i]) & needle.mask[i]) != 0) return false;
  }
  return true;
}

bool has_one_of(const std::vector<RequestNeedle>& needles, std::string text) {
  const std::size_t size = text.size();
  text.resize(size + 64);
  return std::any_of(needles.begin(), needles.end(), [&](const RequestNeedle& needle) {
    for (std::size_t at = 0; at < size; ++at)
      if (is_at(needle, text.data() + at)) return true;
    return false;
  });
}

RequestNeedles needles_of(const std::string& name, const std::string& value) {
  return *make_request_needles({{name, value}});
}

struct HeadCase {
  const char* name;
  const char* field;
  bool is_found;
};
void PrintTo(const HeadCase& row, std::ostream* out) { *out << row.name; }

class Http1NeedleTest : public ::testing::TestWithParam<HeadCase> {};

TEST_P(Http1NeedleTest, FindsTheFieldOnly) {
  const std::string head =
      "GET /a HTTP/1.1\r\nHost: x\r\n" + std::string(GetParam().field) + "\r\nAccept: */*\r\n\r\n";
  EXPECT_EQ(has_one_of(needles_of("X-Request-Id", "req_8fK2").http1, head), GetParam().is_found);
}

INSTANTIATE_TEST_SUITE_P(
    Heads, Http1NeedleTest,
    ::testing::Values(HeadCase{"AsWritten", "X-Request-Id: req_8fK2", true},
                      HeadCase{"SmallName", "x-request-id: req_8fK2", true},
                      HeadCase{"NoBlank", "X-REQUEST-ID:req_8fK2", true},
                      HeadCase{"OtherCaseOfValue", "X-Request-Id: REQ_8fK2", false},
                      HeadCase{"LongerValue", "X-Request-Id: req_8fK27", false},
                      HeadCase{"LongerName", "Y-X-Request-Id: req_8fK2", false},
                      HeadCase{"OtherName", "X-Request_Id: req_8fK2", false}),
    [](const auto& test) { return test.param.name; });

// A field as nghttp2 codes it, among others; `flags` of nghttp2_nv.
std::string hpack(const std::string& name, const std::string& value) {
  nghttp2_hd_deflater* deflater = nullptr;
  EXPECT_EQ(nghttp2_hd_deflate_new(&deflater, 4096), 0);
  std::string path = "/v1/charges", method = "GET", n = name, v = value;
  const auto field = [](std::string& key, std::string& text) {
    return nghttp2_nv{reinterpret_cast<std::uint8_t*>(key.data()),
                      reinterpret_cast<std::uint8_t*>(text.data()), key.size(), text.size(), 0};
  };
  std::string path_name = ":path", method_name = ":method";
  const nghttp2_nv fields[] = {field(method_name, method), field(path_name, path), field(n, v)};
  std::string out(512, '\0');
  const ssize_t size = nghttp2_hd_deflate_hd(deflater, reinterpret_cast<std::uint8_t*>(out.data()),
                                             out.size(), fields, 3);
  nghttp2_hd_deflate_del(deflater);
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

TEST(Http2NeedleTest, FindsHuffmanCode) {
  const RequestNeedles needles = needles_of("x-request-id", "req_8fK2-0a1b2c3d4e5f");
  EXPECT_TRUE(has_one_of(needles.http2, hpack("x-request-id", "req_8fK2-0a1b2c3d4e5f")));
  EXPECT_FALSE(has_one_of(needles.http2, hpack("x-request-id", "req_8fK2-0a1b2c3d4e5e")));
}

TEST(Http2NeedleTest, FindsPlainText) {
  const std::string value = "~~{}<>|^\\~~";  // longer in Huffman code
  EXPECT_TRUE(has_one_of(needles_of("x-request-id", value).http2, hpack("x-request-id", value)));
}

constexpr const char* kTraceIdOfTest = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(TraceParentNeedleTest, KnowsTheTraceWhateverTheSpan) {
  const RequestNeedles needles = needles_of("traceparent", kTraceIdOfTest);
  for (const char* rest :
       {"-00f067aa0ba902b7-01", "-1111111111111111-00", "-fedcba9876543210-01"}) {
    const std::string value = std::string("00-") + kTraceIdOfTest + rest;
    EXPECT_TRUE(has_one_of(needles.http1, "GET / HTTP/1.1\r\nTraceparent: " + value + "\r\n\r\n"));
    EXPECT_TRUE(has_one_of(needles.http2, hpack("traceparent", value))) << value;
  }
  const std::string other = "00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-01";
  EXPECT_FALSE(has_one_of(needles.http2, hpack("traceparent", other)));
}

TEST(TraceParentNeedleTest, TakesAWholeFieldForItsTrace) {
  const std::string whole = std::string("00-") + kTraceIdOfTest + "-00f067aa0ba902b7-01";
  EXPECT_EQ(needles_of("traceparent", whole).http1[0].value,
            needles_of("traceparent", kTraceIdOfTest).http1[0].value);
}

TEST(RequestNeedlesTest, HasRoomForEightHeadersOnly) {
  std::vector<RequestHeader> headers(kMaxRequestHeaders, {"x-request-id", "value-of-one"});
  const auto made = make_request_needles(headers);
  ASSERT_TRUE(made.has_value());
  EXPECT_LE(made->http1.size() + made->http2.size(), kMaxRequestNeedles);
  headers.push_back(headers[0]);
  EXPECT_FALSE(make_request_needles(headers).has_value());
  EXPECT_FALSE(make_request_needles({{"", "x"}}).has_value());
}

}  // namespace
}  // namespace scopetrace
