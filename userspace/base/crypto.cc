// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "userspace/base/result.h"
#include "userspace/base/sha256_pairs.h"

namespace scopetrace {
namespace {

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

}  // namespace

// By the low-level functions: EVP looks its algorithm up and allocates for each message, which
// costs more than hashing a line does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Digest sha256(Bytes bytes) { return sha256_of_parts({bytes}); }

Digest sha256_of_parts(std::initializer_list<Bytes> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (const Bytes part : parts) SHA256_Update(&context, part.data(), part.size());
  Digest digest;
  SHA256_Final(raw(digest.data()), &context);
  return digest;
}
#pragma GCC diagnostic pop

std::array<std::byte, 64> sha512(Bytes bytes) {
  std::array<std::byte, 64> digest;
  SHA512(raw(bytes.data()), bytes.size(), raw(digest.data()));
  return digest;
}

Digest hmac_sha256(Bytes key, Bytes message) {
  Digest mac;
  unsigned size = mac.size();
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                          raw(message.data()), message.size(), raw(mac.data()), &size);
  ST_CHECK(done != nullptr);
  return mac;
}

// libcrypto's low-level SHA-256: its context can be copied for the price of a memcpy, where an
// EVP context costs an allocation a message (measured: 0.25 against 1.1 µs).
struct HmacSha256::State {
  SHA256_CTX inner;
  SHA256_CTX outer;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
using Block = std::array<std::byte, 64>;

static void start_block(SHA256_CTX& context, const Block& key, unsigned pad) {
  Block block;
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = key[i] ^ std::byte(pad);
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
}

HmacSha256::HmacSha256(Bytes key) : state_(std::make_unique<State>()) {
  std::array<std::byte, 64> padded{};
  const Digest hashed = sha256(key);
  const Bytes used = key.size() > padded.size() ? Bytes(hashed) : key;
  std::copy(used.begin(), used.end(), padded.begin());
  start_block(state_->inner, padded, 0x36);
  start_block(state_->outer, padded, 0x5c);
  OPENSSL_cleanse(padded.data(), padded.size());
}

HmacSha256::~HmacSha256() { OPENSSL_cleanse(state_.get(), sizeof(State)); }

// A block's worth of message behind the key's block, as SHA-256 pads it: nothing when it is longer.
static std::optional<Block> padded_block(std::initializer_list<Bytes> parts) {
  constexpr std::size_t kMaxMessage = 64 - 1 - 8;  // the end mark and the length take the rest
  Block block{};
  std::size_t size = 0;
  for (const Bytes part : parts) {
    if (size + part.size() > kMaxMessage) return std::nullopt;
    std::copy(part.begin(), part.end(), block.begin() + static_cast<std::ptrdiff_t>(size));
    size += part.size();
  }
  block[size] = std::byte{0x80};
  const std::uint64_t bits = 8 * (block.size() + size);
  for (unsigned i = 0; i < 8; ++i) block[block.size() - 1 - i] = std::byte(bits >> 8 * i & 255);
  return block;
}

static Digest digest_of(const SHA256_CTX& context) {
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = std::byte(context.h[i / 4] >> (24 - 8 * (i % 4)) & 255);
  }
  return digest;
}

// Continues from the state behind the key's block; most messages take one more block, which needs
// none of the library's buffering.
static Digest finish_from(SHA256_CTX context, std::initializer_list<Bytes> parts) {
  auto block = padded_block(parts);
  Digest digest;
  if (block) {
    SHA256_Transform(&context, raw(block->data()));
    digest = digest_of(context);
    explicit_bzero(block->data(), block->size());
  } else {
    for (const Bytes part : parts) SHA256_Update(&context, part.data(), part.size());
    SHA256_Final(raw(digest.data()), &context);
  }
  explicit_bzero(&context, sizeof(context));
  return digest;
}

Digest HmacSha256::of(std::initializer_list<Bytes> parts) const {
  const Digest inner = finish_from(state_->inner, parts);
  return finish_from(state_->outer, {inner});
}

static Sha256Start behind_key(const SHA256_CTX& context) {
  Sha256Start start;
  std::copy_n(context.h, start.state.size(), start.state.begin());
  start.bytes = sizeof(Block);
  return start;
}

void HmacSha256::of_each(std::span<const Number> numbers, std::span<Digest> macs) const {
  ST_CHECK(numbers.size() == macs.size());
  std::array<Sha256Start, 2> starts = {behind_key(state_->inner), behind_key(state_->outer)};
  Sha256Pairs pairs;
  for (std::size_t i = 0; i < macs.size(); ++i) pairs.add({numbers[i]}, macs[i], starts[0]);
  pairs.finish();
  for (Digest& mac : macs) pairs.add({mac}, mac, starts[1]);
  pairs.finish();
  OPENSSL_cleanse(starts.data(), sizeof(starts));
}
#pragma GCC diagnostic pop

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  ST_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(Bytes bytes) {
  ST_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::digest() const {
  const std::unique_ptr<evp_md_ctx_st, Free> copy(EVP_MD_CTX_new());
  Digest digest;
  ST_CHECK(copy && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1 &&
           EVP_DigestFinal_ex(copy.get(), raw(digest.data()), nullptr) == 1);
  return digest;
}

std::string format_digest(const Digest& digest) { return "sha256:" + to_hex(digest); }

std::optional<Digest> parse_digest(std::string_view text) {
  if (!text.starts_with("sha256:")) return std::nullopt;
  const auto bytes = from_hex(text.substr(7));
  if (!bytes || bytes->size() != Digest().size()) return std::nullopt;
  Digest digest;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

void fill_random(std::span<std::byte> out) {
  ST_CHECK(RAND_bytes(raw(out.data()), static_cast<int>(out.size())) == 1);
}

std::string make_uuid7(std::uint64_t realtime_ns) {
  std::array<std::byte, 16> id;
  fill_random(id);
  const std::uint64_t milliseconds = realtime_ns / 1'000'000;
  for (int i = 0; i < 6; ++i) id[i] = static_cast<std::byte>(milliseconds >> (40 - 8 * i));
  id[6] = (id[6] & std::byte{0x0f}) | std::byte{0x70};  // version 7
  id[8] = (id[8] & std::byte{0x3f}) | std::byte{0x80};  // variant of RFC 9562
  std::string text = to_hex(id);
  for (const int at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

}  // namespace scopetrace
