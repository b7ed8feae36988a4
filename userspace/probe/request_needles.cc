// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/request_needles.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <memory>
#include <string>

namespace scopetrace {
namespace {

constexpr std::size_t kNeedleBytes = RequestNeedle::kWords * 8;
constexpr std::uint8_t kHuffman = 0x80;         // RFC 7541 section 5.2: the H bit
constexpr std::uint8_t kMaxPlainLength = 0x7f;  // lengths from here on take several bytes
constexpr std::uint8_t kControl = 0xe0;         // mask under which CR, LF and TAB are 0

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Writes a needle byte by byte; what does not fit is left out.
class NeedleWriter {
 public:
  void add(std::uint8_t byte, std::uint8_t mask = 0xff, std::uint8_t fold = 0) {
    if (size_ >= kNeedleBytes) return;
    const std::size_t word = size_ / 8, shift = size_ % 8 * 8;
    needle_.value[word] |= std::uint64_t{byte} << shift;
    needle_.mask[word] |= std::uint64_t{mask} << shift;
    needle_.fold[word] |= std::uint64_t{fold} << shift;
    ++size_;
  }
  void add_text(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint8_t>(c));
  }
  void add_name(std::string_view name) {
    for (const char c : name)
      add(static_cast<std::uint8_t>(to_lower(c)), 0xff, is_letter(c) ? 0x20 : 0);
  }
  const RequestNeedle& needle() const { return needle_; }

 private:
  RequestNeedle needle_;
  std::size_t size_ = 0;
};

struct FreeDeflater {
  void operator()(nghttp2_hd_deflater* deflater) const { nghttp2_hd_deflate_del(deflater); }
};

// The value's part of a block of one literal field with a name of one byte (RFC 7541 section 6.2),
// behind changes of the table's size; empty where it is not in Huffman code.
std::string_view coded_value(std::string_view block) {
  constexpr std::size_t kBeforeValue = 3;  // kind of field, length of the name, name
  while (!block.empty() && (block[0] & 0xe0) == 0x20) block.remove_prefix(1);
  if (block.size() <= kBeforeValue + 1) return {};
  block.remove_prefix(kBeforeValue);
  const auto length = static_cast<std::uint8_t>(block[0]);
  const bool is_whole = length == (kHuffman | (block.size() - 1));
  return is_whole ? block.substr(1) : std::string_view();
}

// `text` in Huffman code, the last byte filled with ones; empty where that is not shorter.
std::string huffman(std::string_view text) {
  nghttp2_hd_deflater* made = nullptr;
  if (nghttp2_hd_deflate_new(&made, 0) != 0) return {};
  const std::unique_ptr<nghttp2_hd_deflater, FreeDeflater> deflater(made);
  std::string name = "~", value(text), block(text.size() + 64, '\0');
  nghttp2_nv field{reinterpret_cast<std::uint8_t*>(name.data()),
                   reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                   NGHTTP2_NV_FLAG_NO_INDEX};
  const ssize_t size = nghttp2_hd_deflate_hd(
      deflater.get(), reinterpret_cast<std::uint8_t*>(block.data()), block.size(), &field, 1);
  if (size <= 0) return {};
  block.resize(static_cast<std::size_t>(size));
  return std::string(coded_value(block));
}

// How many bits the Huffman code of `c` has: eight of them take as many bytes.
std::size_t huffman_bits(char c) { return huffman(std::string(8, c)).size(); }

RequestNeedle http1_needle(const RequestHeader& header, std::string_view between, bool is_prefix) {
  NeedleWriter writer;
  writer.add('\n');
  writer.add_name(header.name);
  writer.add_text(between);
  writer.add_text(header.value);
  if (!is_prefix) writer.add(0, kControl);
  return writer.needle();
}

RequestNeedle string_needle(std::uint8_t length, std::string_view bytes) {
  NeedleWriter writer;
  writer.add(length);
  writer.add_text(bytes);
  return writer.needle();
}

// A string that begins with the coded prefix: its last byte may belong to two characters.
RequestNeedle prefix_needle(std::string_view prefix) {
  const std::string coded = huffman(prefix);
  std::size_t bits = 0;
  for (const char c : prefix) bits += huffman_bits(c);
  NeedleWriter writer;
  writer.add_text(std::string_view(coded).substr(0, bits / 8));
  const auto mask = static_cast<std::uint8_t>(0xff00U >> bits % 8);
  if (bits % 8 != 0) writer.add(static_cast<std::uint8_t>(coded.back()) & mask, mask);
  return writer.needle();
}

void add_whole(RequestNeedles& needles, const RequestHeader& header) {
  for (const std::string_view between : {": ", ":"})
    needles.http1.push_back(http1_needle(header, between, false));
  if (header.value.size() >= kMaxPlainLength) return;
  needles.http2.push_back(
      string_needle(static_cast<std::uint8_t>(header.value.size()), header.value));
  const std::string coded = huffman(header.value);
  if (coded.empty()) return;
  needles.http2.push_back(string_needle(static_cast<std::uint8_t>(kHuffman | coded.size()), coded));
}

// 00-<trace id>-<parent>-<flags>: 55 characters, of which the first 36 are known.
void add_trace(RequestNeedles& needles, std::string_view trace_id) {
  constexpr std::uint8_t kTraceParentLength = 55;
  const std::string prefix = "00-" + std::string(trace_id) + "-";
  const RequestHeader header{"traceparent", prefix};
  for (const std::string_view between : {": ", ":"})
    needles.http1.push_back(http1_needle(header, between, true));
  needles.http2.push_back(string_needle(kTraceParentLength, prefix));
  needles.http2.push_back(prefix_needle(prefix));
}

}  // namespace

Result<RequestNeedles> make_request_needles(const std::vector<RequestHeader>& headers) {
  if (headers.size() > kMaxRequestHeaders)
    return fail(ErrorCode::kUsage, "more than 8 request headers");
  RequestNeedles needles;
  for (const RequestHeader& header : headers) {
    if (header.name.empty() || header.value.empty())
      return fail(ErrorCode::kUsage, "a request header without a name or a value");
    const std::string_view value = request_value(header.name, header.value);
    if (is_trace_parent(header.name) && value.size() == kTraceIdDigits) {
      add_trace(needles, value);
    } else {
      add_whole(needles, header);
    }
  }
  return needles;
}

}  // namespace scopetrace
