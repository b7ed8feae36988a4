// SPDX-License-Identifier: Apache-2.0
// Which lines of a log may belong to a private key whose begin stands elsewhere.
#pragma once

#include <cstddef>
#include <string_view>

namespace scopetrace {

// A key fills lines with base64. Lines that may be of one are doubted where its begin may not have
// been seen (a log that is new, bytes that were lost), and where a datagram began one that others
// go on with. The first line that cannot be of a key ends the doubt; an open key ends at its END,
// or after kMaxLines, since lines of others may stand between. One object a log.
class KeyDoubt {
 public:
  static constexpr std::size_t kMaxLines = 256;  // a key of 16384 bits has 200

  // Bytes before the next line are missing: it may be any token's, not only a key's.
  void lose() { state_ = State::kLost; }
  // What stood before the next line is not known.
  void renew() {
    if (state_ == State::kNone) state_ = State::kNew;
  }
  // Whether this line, without its end, may be part of a key. `is_datagram`: something else (time,
  // program) may stand before the part, which is then the last word.
  bool takes(std::string_view line, bool is_datagram);
  // Notes that a private key begins, or one ends, in a datagram as it came.
  void look(std::string_view datagram);

 private:
  enum class State { kNone, kNew, kLost, kOpen };

  bool may_be_part(std::string_view line, bool is_datagram) const;

  State state_ = State::kNew;
  std::size_t lines_ = 0;  // since the key began
  bool was_part_ = false;  // the line before
};

}  // namespace scopetrace
