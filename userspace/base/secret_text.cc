// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/secret_text.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace scopetrace {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kChunk = 64 * 1024;

SecretBuffer make_buffer(std::size_t size_bytes) {
  auto buffer = SecretBuffer::make(size_bytes);
  ST_CHECK(buffer.has_value());
  return *std::move(buffer);
}

// A text that comes and goes at every read would cost four system calls each time.
constexpr std::size_t kMaxSpare = 32 * 1024;
thread_local SecretBuffer spare;

// At least so large.
SecretBuffer take_buffer(std::size_t size_bytes) {
  if (spare.size() >= size_bytes) return std::exchange(spare, {});
  return make_buffer(std::max(size_bytes, kPage));
}

void give_back(SecretBuffer buffer, std::size_t used) {
  if (buffer.size() > kMaxSpare || buffer.size() <= spare.size()) return;
  buffer.wipe_range(0, used);
  spare = std::move(buffer);
}

}  // namespace

void SecretText::clear() { give_back(std::move(buffer_), std::exchange(size_, 0)); }

void SecretText::append(std::string_view text) {
  if (text.empty()) return;
  const std::size_t needed = size_ + text.size();
  if (needed > buffer_.size()) {
    SecretBuffer larger = take_buffer(std::max(needed, 2 * buffer_.size()));
    if (size_ > 0) std::memcpy(larger.data(), buffer_.data(), size_);
    give_back(std::exchange(buffer_, std::move(larger)), size_);
  }
  std::memcpy(buffer_.data() + size_, text.data(), text.size());
  size_ = needed;
}

void SecretText::drop_begin(std::size_t size_bytes) {
  const std::size_t rest = size_ - std::min(size_bytes, size_);
  if (rest > 0) std::memmove(buffer_.data(), buffer_.data() + size_ - rest, rest);
  buffer_.wipe_range(rest, size_);
  size_ = rest;
}

std::string_view SecretTexts::add(std::string_view text) {
  if (text.empty()) return {};
  if (chunks_.empty() || chunks_.back().size() - used_ < text.size()) {
    chunks_.push_back(make_buffer(std::max(text.size(), kChunk)));
    used_ = 0;
  }
  char* place = chunks_.back().data() + used_;
  std::memcpy(place, text.data(), text.size());
  used_ += text.size();
  return {place, text.size()};
}

}  // namespace scopetrace
