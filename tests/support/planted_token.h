// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets of redaction share: one token that gives itself away, and the question
// whether it survived in a form that a reader could decode.
#pragma once

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/planted_search.h"
#include "userspace/redact/body/content.h"
#include "userspace/redact/detect/detectors.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Built from parts: nothing token-like is written down.
inline std::string make_planted_token() {
  std::mt19937_64 random(5);
  return Shape::parse(
             "gh"
             "p_[alnum]{36}")
      ->generate(random);
}

// Whether a text holds the token as it is, in base64, hexadecimal or percent encoding.
inline bool holds_token(std::string_view text, const std::string& token) {
  static const std::vector<testing::Needle> needles = testing::make_needles({{"token", token}});
  return !testing::search_bytes(needles, as_bytes(text)).empty();
}

// The token in the text of a fuzz input: the first "@@", or its middle. An input that has found the
// token by itself is left out: glued to other letters it is no token.
inline std::string with_token(std::string_view input, const std::string& token) {
  if (holds_token(input, token)) input = {};
  const auto mark = input.find("@@");
  const std::size_t at = mark == input.npos ? input.size() / 2 : mark;
  const std::size_t behind = mark == input.npos ? at : mark + 2;
  return std::string(input.substr(0, at)) + " " + token + " " + std::string(input.substr(behind));
}

// Aborts when the token is in `out` as it is, in base64, hexadecimal or percent encoding, or when
// `out` is out of all proportion.
inline void check_redacted(const std::string& out, const std::string& token, std::size_t in_bytes) {
  if (holds_token(out, token)) std::abort();
  if (out.size() > 128 * in_bytes + 4096) std::abort();
}

// Redacts one body of a stated type, with and without values, and checks both.
class BodyTarget {
 public:
  explicit BodyTarget(std::string type) : type_(std::move(type)) {}

  const std::string& token() const { return token_; }
  void check(const std::string& body) {
    for (const bool as_shape : {false, true}) {
      for (const bool is_cut : {false, true}) {
        const RedactedContent out =
            redact_content(scanner_, body, {type_, {}}, {.is_cut = is_cut, .as_shape = as_shape});
        check_redacted(out.text, token_, body.size());
      }
    }
  }

 private:
  std::string type_;
  std::string token_ = make_planted_token();
  std::unique_ptr<Detectors> detectors_ = *Detectors::make(*RuleSet::parse(standard_profile()));
  TextScanner scanner_{*detectors_, ByteVector(32)};
};

}  // namespace scopetrace
