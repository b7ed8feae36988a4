// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/secret_text.h"

#include <algorithm>
#include <cstring>

namespace scopetrace {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kChunk = 64 * 1024;

SecretBuffer make_buffer(std::size_t size_bytes) {
  auto buffer = SecretBuffer::make(size_bytes);
  ST_CHECK(buffer.has_value());
  return *std::move(buffer);
}

}  // namespace

void SecretText::append(std::string_view text) {
  if (text.empty()) return;
  const std::size_t needed = size_ + text.size();
  if (needed > buffer_.size()) {
    SecretBuffer larger = make_buffer(std::max({needed, 2 * buffer_.size(), kPage}));
    if (size_ > 0) std::memcpy(larger.data(), buffer_.data(), size_);
    buffer_ = std::move(larger);
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
