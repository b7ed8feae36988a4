// SPDX-License-Identifier: Apache-2.0
// Decompresses sealed data frames and hashes their lines: the larger part of verifying a bundle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"
#include "userspace/bundle/merkle.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/seal.h"

namespace scopetrace {

// A seal whose place, frame digest and signature are right, so that its frame may be opened.
struct CheckedSeal {
  Seal seal;
  Digest digest{};           // of the content of the seal's frame
  std::uint64_t offset = 0;  // of the seal's frame
  std::uint64_t end = 0;     // behind it
  ByteVector data;           // the data frame as stored; empty in an idle seal
};

struct OpenedSeal {
  CheckedSeal checked;         // without `data`
  std::string raw;             // the lines, each with its LF
  std::vector<Digest> leaves;  // one a line, in order
  Status result;               // kCorrupt when the frame or its number of lines is wrong
};

// Opens one. Touches nothing else: may run on any thread.
OpenedSeal open_seal(CheckedSeal checked, const LeafHasher& hasher, FrameDecompressor& zstd);

// A queue: seals go in as they were checked and come out opened, in the same order. Who implements
// it may open several at once. For one thread.
class SealOpener {
 public:
  virtual ~SealOpener() = default;

  // REQUIRES: !is_full(), and that `data` is what the seal says.
  virtual void push(CheckedSeal checked) = 0;
  // The oldest, once it is open. REQUIRES: !is_empty().
  virtual OpenedSeal pop() = 0;
  virtual bool is_empty() const = 0;
  virtual bool is_full() const = 0;
};

// Holds one seal, and opens it when it is asked for.
class OneSealOpener final : public SealOpener {
 public:
  explicit OneSealOpener(const LeafSalt& salt) : hasher_(salt) {}

  void push(CheckedSeal checked) override { held_ = std::move(checked); }
  OpenedSeal pop() override;
  bool is_empty() const override { return !held_; }
  bool is_full() const override { return held_.has_value(); }

 private:
  const LeafHasher hasher_;
  FrameDecompressor zstd_;
  std::optional<CheckedSeal> held_;
};

}  // namespace scopetrace
