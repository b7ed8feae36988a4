// SPDX-License-Identifier: Apache-2.0
// Finds many literals in one pass (vectorscan). The only user of that library.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"

namespace scopetrace {

struct Literal {
  std::string text;  // at least two characters
  bool ignores_case = false;
};

// One occurrence.
struct LiteralHit {
  std::uint32_t literal;  // index of the literal
  std::uint32_t begin;    // where it stands in the text
};

// One thread (one scratch space).
class LiteralScan {
 public:
  // Errors: kCorrupt when the literals cannot be compiled, kIo without memory.
  static Result<LiteralScan> make(std::vector<Literal> literals);
  ~LiteralScan();
  LiteralScan(LiteralScan&&) noexcept;
  LiteralScan& operator=(LiteralScan&&) noexcept;

  // Replaces `hits` by all occurrences in `text` (at most 4 GiB), ordered by their ends.
  void find(std::string_view text, std::vector<LiteralHit>& hits);
  const std::vector<Literal>& literals() const { return literals_; }

 private:
  struct Engine;
  LiteralScan(std::vector<Literal> literals, std::unique_ptr<Engine> engine);

  std::vector<Literal> literals_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace scopetrace
