// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/body.h"

#include <algorithm>
#include <utility>

namespace scopetrace {
namespace {

constexpr std::uint64_t kRatioFreeBytes = 64 * 1024;  // small bodies may compress as they like

}  // namespace

void BodyCollector::begin(const std::vector<std::string>& codings) {
  body_ = {};
  body_.state = BodyState::kComplete;
  is_over_ = false;
  is_coded_ = !codings.empty();
  decodings_ = make_decodings(codings, *this);
  if (is_coded_ && decodings_.empty()) fail("unknown content coding");
}

void BodyCollector::add(Bytes wire) {
  body_.wire_bytes += wire.size();
  if (body_.state == BodyState::kUndecodable || is_over_ || wire.empty()) return;
  if (!is_coded_) {
    put(wire);
    return;
  }
  if (!decodings_.back()->put(wire)) {
    if (!is_over_) return fail("broken content coding");
    release_decodings();
  }
  if (memory_bytes() > body_.content.capacity() + kMaxDecoderMemory)
    fail("content coding too large");
}

void BodyCollector::fail(const char* reason) {
  body_.state = BodyState::kUndecodable;
  body_.reason = reason;
  body_.decoded_bytes = 0;
  wipe(body_.content);
  body_.content = std::string();
  release_decodings();
}

void BodyCollector::skip(std::uint64_t missing_bytes) {
  body_.wire_bytes += missing_bytes;
  if (body_.state != BodyState::kUndecodable) fail("gap");
}

HttpBody BodyCollector::take(bool is_whole) {
  settle(is_whole);
  release_decodings();
  HttpBody body = std::exchange(body_, {});
  if (body.content.capacity() > body.content.size() * 2) body.content.shrink_to_fit();
  return body;
}

std::size_t BodyCollector::memory_bytes() const {
  std::size_t total = body_.content.capacity();
  for (const auto& decoding : decodings_) total += decoding->memory_bytes();
  return total;
}

// Decoded bytes arrive here, whatever the codings were.
bool BodyCollector::put(Bytes decoded) {
  const std::size_t room = limits_.kept_bytes - std::min(limits_.kept_bytes, body_.content.size());
  body_.content.append(as_text(decoded.first(std::min(room, decoded.size()))));
  body_.decoded_bytes += decoded.size();
  if (!is_coded_ || body_.decoded_bytes <= limits_.decoded_bytes) return true;
  body_.decoded_bytes = limits_.decoded_bytes;
  is_over_ = true;
  return false;
}

bool BodyCollector::is_bomb() const {
  return is_coded_ && body_.decoded_bytes > kRatioFreeBytes &&
         body_.decoded_bytes / kMaxDecodedRatio > body_.wire_bytes;
}

// Decides what the body is, now that it is over.
void BodyCollector::settle(bool is_whole) {
  if (body_.state != BodyState::kComplete) return;
  if (is_bomb()) return fail("over the decoding ratio");
  const bool is_undone = std::all_of(decodings_.begin(), decodings_.end(),
                                     [](const auto& decoding) { return decoding->is_whole(); });
  // An empty body needs no trailer of its coding: answers to conditional requests look like that.
  if (is_whole && !is_undone && body_.wire_bytes > 0) return fail("content coding cut short");
  if (is_whole && body_.decoded_bytes == body_.content.size() && !is_over_) return;
  body_.state = BodyState::kCut;
  body_.reason = is_whole ? "over the size limit" : "message broke off";
}

}  // namespace scopetrace
