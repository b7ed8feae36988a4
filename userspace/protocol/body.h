// SPDX-License-Identifier: Apache-2.0
// Collects the body of one message: undoes its codings, keeps its beginning, counts the rest.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "userspace/protocol/content_coding.h"
#include "userspace/protocol/message.h"

namespace scopetrace {

// How much of one body is taken. A capture's bounds unless stated.
struct BodyLimits {
  std::size_t kept_bytes = kMaxBodyBytes;          // of decoded content
  std::uint64_t decoded_bytes = kMaxDecodedBytes;  // where decoding stops
};

// One body. The encoded bytes are never kept: only what the codings gave, as far as the limits go.
class BodyCollector final : private ByteOutput {
 public:
  explicit BodyCollector(BodyLimits limits = {}) : limits_(limits) {}
  BodyCollector(const BodyCollector&) = delete;
  BodyCollector& operator=(const BodyCollector&) = delete;

  // Starts a body with these codings, in the order they were applied.
  void begin(const std::vector<std::string>& codings);
  // Takes bytes as they stood on the wire, chunk framing removed.
  void add(Bytes wire);
  // Gives the content up for a fixed reason; wire bytes are still counted.
  void fail(const char* reason);
  // Counts `missing_bytes` of the wire that were not seen, and gives the content up.
  void skip(std::uint64_t missing_bytes);

  // Ends the body and returns it. `is_whole` is false when the message broke off.
  HttpBody take(bool is_whole);

  std::size_t memory_bytes() const;

 private:
  bool put(Bytes decoded) override;
  void release_decodings() { decodings_.clear(); }
  bool is_bomb() const;
  void settle(bool is_whole);

  BodyLimits limits_;
  HttpBody body_;
  std::vector<std::unique_ptr<Decoding>> decodings_;
  bool is_coded_ = false;
  bool is_over_ = false;  // decoding stopped at its limit
};

}  // namespace scopetrace
