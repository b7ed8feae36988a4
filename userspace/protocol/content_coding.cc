// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/content_coding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

namespace scopetrace {
namespace {

constexpr std::size_t kScratchBytes = 16 * 1024;
using Scratch = std::array<std::byte, kScratchBytes>;

// gzip (RFC 1952), zlib (RFC 1950), or the raw deflate (RFC 1951) that some send as "deflate".
class InflateDecoding final : public Decoding {
 public:
  InflateDecoding(bool is_gzip, ByteOutput& output) : is_gzip_(is_gzip), output_(output) {}
  ~InflateDecoding() override {
    if (is_open_) inflateEnd(&stream_);
  }
  InflateDecoding(const InflateDecoding&) = delete;
  InflateDecoding& operator=(const InflateDecoding&) = delete;

  bool put(Bytes bytes) override {
    if (is_open_ || is_gzip_) return feed(bytes);
    // The form of "deflate" shows in its first two bytes.
    while (prefix_.size() < 2 && !bytes.empty()) {
      prefix_.push_back(bytes.front());
      bytes = bytes.subspan(1);
    }
    return prefix_.size() < 2 || (feed(prefix_) && feed(bytes));
  }
  bool is_whole() const override { return is_whole_; }
  std::size_t memory_bytes() const override { return is_open_ ? 44 * 1024 : 0; }  // zconf.h

 private:
  static constexpr int kGzipBits = 15 + 16;
  static constexpr int kZlibBits = 15;
  static constexpr int kRawBits = -15;

  int window_bits() const {
    if (is_gzip_) return kGzipBits;
    const auto cmf = std::to_integer<unsigned>(prefix_[0]);
    const auto flags = std::to_integer<unsigned>(prefix_[1]);
    return (cmf & 0x0f) == 8 && (cmf * 256 + flags) % 31 == 0 ? kZlibBits : kRawBits;
  }

  bool feed(Bytes bytes) {
    if (!is_open_ && !bytes.empty()) is_open_ = inflateInit2(&stream_, window_bits()) == Z_OK;
    if (!is_open_) return bytes.empty();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    bool is_more = stream_.avail_in > 0;
    while (is_more) {
      if (is_whole_ && !begin_next_member()) return false;
      if (!step(is_more)) return false;
    }
    return true;
  }

  // gzip members may follow each other (RFC 1952 section 2.2); nothing may follow deflate.
  bool begin_next_member() {
    is_whole_ = false;
    return is_gzip_ && inflateReset(&stream_) == Z_OK;
  }

  // One inflate call. `is_more` tells whether another has something to do.
  bool step(bool& is_more) {
    Scratch scratch;
    stream_.next_out = reinterpret_cast<Bytef*>(scratch.data());
    stream_.avail_out = scratch.size();
    const int code = inflate(&stream_, Z_SYNC_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return false;
    is_whole_ = code == Z_STREAM_END;
    is_more = stream_.avail_in > 0 || (stream_.avail_out == 0 && !is_whole_);
    if (code == Z_BUF_ERROR) is_more = false;
    const std::size_t made = scratch.size() - stream_.avail_out;
    return made == 0 || output_.put(Bytes(scratch.data(), made));
  }

  const bool is_gzip_;
  ByteOutput& output_;
  bool is_open_ = false;
  bool is_whole_ = false;
  ByteVector prefix_;
  z_stream stream_ = {};
};

// Brotli (RFC 7932). Its window may reach 16 MiB, so its memory is counted and refused.
class BrotliDecoding final : public Decoding {
 public:
  explicit BrotliDecoding(ByteOutput& output)
      : output_(output), state_(BrotliDecoderCreateInstance(&allocate, &release, this)) {}
  ~BrotliDecoding() override {
    if (state_ != nullptr) BrotliDecoderDestroyInstance(state_);
  }
  BrotliDecoding(const BrotliDecoding&) = delete;
  BrotliDecoding& operator=(const BrotliDecoding&) = delete;

  bool put(Bytes bytes) override {
    if (state_ == nullptr || (is_whole() && !bytes.empty())) return false;
    std::size_t left = bytes.size();
    const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (;;) {
      Scratch scratch;
      std::size_t room = scratch.size();
      auto* to = reinterpret_cast<std::uint8_t*>(scratch.data());
      const auto code = BrotliDecoderDecompressStream(state_, &left, &from, &room, &to, nullptr);
      if (code == BROTLI_DECODER_RESULT_ERROR) return false;
      const std::size_t made = scratch.size() - room;
      if (made > 0 && !output_.put(Bytes(scratch.data(), made))) return false;
      if (code != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return left == 0;
    }
  }
  bool is_whole() const override { return BrotliDecoderIsFinished(state_) == BROTLI_TRUE; }
  std::size_t memory_bytes() const override { return memory_bytes_; }

 private:
  static constexpr std::size_t kPrefix = alignof(std::max_align_t);  // holds the block's size

  static void* allocate(void* self, std::size_t size) {
    auto& owner = *static_cast<BrotliDecoding*>(self);
    if (size > kMaxDecoderMemory - owner.memory_bytes_) return nullptr;
    auto* block = static_cast<std::byte*>(std::malloc(size + kPrefix));
    if (block == nullptr) return nullptr;
    std::memcpy(block, &size, sizeof size);
    owner.memory_bytes_ += size;
    return block + kPrefix;
  }
  static void release(void* self, void* address) {
    if (address == nullptr) return;
    auto* block = static_cast<std::byte*>(address) - kPrefix;
    std::size_t size = 0;
    std::memcpy(&size, block, sizeof size);
    static_cast<BrotliDecoding*>(self)->memory_bytes_ -= size;
    std::free(block);
  }

  ByteOutput& output_;
  std::size_t memory_bytes_ = 0;  // before state_: its allocations count here
  BrotliDecoderState* state_;
};

// Zstandard (RFC 8878); frames may follow each other.
class ZstdDecoding final : public Decoding {
 public:
  explicit ZstdDecoding(ByteOutput& output) : output_(output), stream_(ZSTD_createDStream()) {
    if (stream_) ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  }

  bool put(Bytes bytes) override {
    if (!stream_) return false;
    ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
    bool is_full = false;  // the scratch was filled: more may wait inside the decoder
    while (in.pos < in.size || is_full) {
      Scratch scratch;
      ZSTD_outBuffer out = {scratch.data(), scratch.size(), 0};
      const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(left) != 0) return false;
      is_whole_ = left == 0;
      is_full = out.pos == out.size && !is_whole_;
      if (out.pos > 0 && !output_.put(Bytes(scratch.data(), out.pos))) return false;
    }
    return true;
  }
  bool is_whole() const override { return is_whole_; }
  std::size_t memory_bytes() const override {
    return stream_ ? ZSTD_sizeof_DStream(stream_.get()) : 0;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };

  ByteOutput& output_;
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  bool is_whole_ = false;
};

std::unique_ptr<Decoding> make_decoding(std::string_view coding, ByteOutput& output) {
  if (coding == "gzip" || coding == "x-gzip")
    return std::make_unique<InflateDecoding>(true, output);
  if (coding == "deflate") return std::make_unique<InflateDecoding>(false, output);
  if (coding == "br") return std::make_unique<BrotliDecoding>(output);
  if (coding == "zstd") return std::make_unique<ZstdDecoding>(output);
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

void add_codings(std::string_view field_value, std::vector<std::string>& codings) {
  while (!field_value.empty() && codings.size() <= kMaxCodings) {
    const std::size_t comma = std::min(field_value.find(','), field_value.size());
    std::string coding(trimmed(field_value.substr(0, comma)));
    for (char& c : coding) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    const bool is_noop = coding.empty() || coding == "identity" || coding == "chunked";
    if (!is_noop) codings.push_back(std::move(coding));
    field_value.remove_prefix(std::min(comma + 1, field_value.size()));
  }
}

std::vector<std::unique_ptr<Decoding>> make_decodings(const std::vector<std::string>& codings,
                                                      ByteOutput& output) {
  std::vector<std::unique_ptr<Decoding>> chain;
  if (codings.size() > kMaxCodings) return chain;
  ByteOutput* next = &output;
  for (const std::string& coding : codings) {  // the first applied is undone last
    auto decoding = make_decoding(coding, *next);
    if (!decoding) return {};
    next = decoding.get();
    chain.push_back(std::move(decoding));
  }
  return chain;
}

}  // namespace scopetrace
