// SPDX-License-Identifier: Apache-2.0
// Makes the bytes of one direction of an HTTP/2 connection. Header blocks are coded by nghttp2, so
// that another hand's encoder is what our decoder is tried with.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/protocol/http2_frame.h"

namespace scopetrace {

inline std::string big_endian(std::uint64_t value, unsigned bytes) {
  std::string out;
  while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
  return out;
}

inline std::string http2_frame(Http2FrameType type, unsigned flags, std::uint32_t stream,
                               std::string_view payload = {}) {
  return big_endian(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) +
         big_endian(stream, 4) + std::string(payload);
}

// What both sides begin with.
inline std::string http2_settings(std::string_view payload = {}) {
  return http2_frame(Http2FrameType::kSettings, 0, 0, payload);
}

// One side of a connection: its encoder keeps a table.
class Http2Builder {
 public:
  struct Field {
    std::string name;
    std::string value;
    bool is_never_indexed = false;
  };
  using Fields = std::vector<Field>;

  Http2Builder() { ST_CHECK(nghttp2_hd_deflate_new(&deflater_, 4096) == 0); }
  ~Http2Builder() { nghttp2_hd_deflate_del(deflater_); }
  Http2Builder(const Http2Builder&) = delete;
  Http2Builder& operator=(const Http2Builder&) = delete;

  // The other side allows a table of this size: the next block says what it becomes.
  void resize(std::size_t table_bytes) {
    ST_CHECK(nghttp2_hd_deflate_change_table_size(deflater_, table_bytes) == 0);
  }

  std::string block(const Fields& fields) {
    std::vector<nghttp2_nv> list;
    for (const Field& field : fields) {
      const auto flags = field.is_never_indexed ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
      list.push_back({bytes_of(field.name), bytes_of(field.value), field.name.size(),
                      field.value.size(), static_cast<std::uint8_t>(flags)});
    }
    std::string out(nghttp2_hd_deflate_bound(deflater_, list.data(), list.size()), '\0');
    const auto size = nghttp2_hd_deflate_hd(deflater_, reinterpret_cast<std::uint8_t*>(out.data()),
                                            out.size(), list.data(), list.size());
    ST_CHECK(size >= 0);
    out.resize(static_cast<std::size_t>(size));
    return out;
  }

  std::string headers(std::uint32_t stream, const Fields& fields, unsigned flags = 0) {
    return http2_frame(Http2FrameType::kHeaders, kEndHeaders | flags, stream, block(fields));
  }
  static std::string data(std::uint32_t stream, std::string_view content, unsigned flags = 0) {
    return http2_frame(Http2FrameType::kData, flags, stream, content);
  }

  // GET without a body, and its usual answer.
  std::string get(std::uint32_t stream, const std::string& path, Fields more = {}) {
    Fields fields = {
        {":method", "GET"}, {":scheme", "https"}, {":authority", "api.example"}, {":path", path}};
    fields.insert(fields.end(), more.begin(), more.end());
    return headers(stream, fields, kEndStream);
  }
  std::string post(std::uint32_t stream, const std::string& path, std::string_view body) {
    const Fields fields = {
        {":method", "POST"}, {":scheme", "https"}, {":authority", "api.example"}, {":path", path}};
    return headers(stream, fields) + data(stream, body, kEndStream);
  }
  std::string ok(std::uint32_t stream, std::string_view body, Fields more = {}) {
    Fields fields = {{":status", "200"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return headers(stream, fields) + data(stream, body, kEndStream);
  }

 private:
  static std::uint8_t* bytes_of(const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }

  nghttp2_hd_deflater* deflater_ = nullptr;
};

}  // namespace scopetrace
