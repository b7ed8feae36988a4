// SPDX-License-Identifier: Apache-2.0
// Redacts raw HTTP messages into text: what `scopetrace scrub --http` calls.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

// Takes the bytes of one HTTP/1 message, or of several after one another, or of a header list as
// HTTP/2 has it (":method: GET" lines). Gives text:
//
// - start line and header lines byte for byte, but for redacted values. Order, case, unknown
//   fields and the lines that told how the body was coded stay: they are evidence;
// - the body without chunk framing and content codings, redacted by its content type or, where
//   that is wrong, by its form. Trailers follow it.
//
// What cannot be decoded (an unknown or broken coding, one cut short or over the size limit), and
// what cannot be read, becomes [WITHHELD:<bytes>:<reason>]: its raw bytes never come out. Input
// that is no message is scanned as text. Lenient as servers are: bare LF, folded lines, no reason
// phrase, wrong or missing lengths; a body with a wrong length is redacted as far as it goes.
//
// Values redacted in one input are searched for in all of it; nothing is kept for the next one,
// but equal values get equal tags. One thread.
class HttpTextRedactor {
 public:
  static constexpr std::size_t kMaxInput = 32 << 20;  // bytes of one input; more is withheld
  static constexpr std::size_t kMaxDecoded = 16
                                             << 20;  // of one coded body; a larger one is withheld

  // Errors: kCorrupt when the rules cannot be compiled.
  static Result<std::unique_ptr<HttpTextRedactor>> make(const RuleSet& rules,
                                                        ByteVector pseudonym_key);
  ~HttpTextRedactor();

  std::string redact(std::string_view bytes);
  // Values replaced in all inputs so far.
  const std::map<std::string, std::uint64_t>& by_class() const;

 private:
  struct State;
  explicit HttpTextRedactor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace scopetrace
