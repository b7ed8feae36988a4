// SPDX-License-Identifier: Apache-2.0
// Signed text: the one grammar of everything that is signed. docs/formats.md section 1.
//
// A document is a body of `key: value` lines, an empty line, and 1 to 16 SSHSIG blocks. Every block
// signs the body only, byte for byte: there is no canonical form that two readers could disagree
// about. This file knows the grammar; scopes/sshsig.h checks the signatures.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"

namespace scopetrace {

inline constexpr std::size_t kMaxSignedBody = 16 << 10;  // bytes, last LF included
inline constexpr std::size_t kMaxSignedValue = 512;      // bytes of one value
inline constexpr std::size_t kMaxSignatures = 16;
inline constexpr std::size_t kMaxSignedText = 64 << 10;  // bytes of a whole document

// What a value must look like. kText is any printable ASCII without a trailing blank.
enum class ValueType : std::uint8_t {
  kText,
  kDecimal,       // no sign, no leading zeros, fits 64 bits
  kDigest,        // sha256: and 64 lower-case hexadecimal digits
  kDigestOrNone,  // the same, or the word none
  kSeconds,       // YYYY-MM-DDTHH:MM:SSZ
  kNanoseconds    // YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ
};

// One key of a kind. Lines come in the order of the table; a key that repeats does so on
// consecutive lines.
struct KeyRule {
  std::string_view key;
  ValueType type = ValueType::kText;
  std::uint8_t min = 1;  // least number of lines
  std::uint8_t max = 1;  // most
};

// A kind of signed text: line 1 is `scopetrace-<kind> v1`. Kept as a constant table beside the code
// that gives the fields their meaning.
struct SignedTextSchema {
  std::string_view kind;
  std::span<const KeyRule> keys;
};

struct SignedField {
  std::string key;
  std::string value;

  bool operator==(const SignedField&) const = default;
};

// A parsed document. Nothing about its signatures has been checked.
struct SignedText {
  std::string kind;
  std::string body;  // exactly the bytes that are signed, last LF included
  std::vector<SignedField> fields;
  std::vector<std::string> blocks;  // armoured SSHSIG, each from its BEGIN line to the LF of END

  // The first value of a key; empty when the schema allows the key to be absent and it is.
  std::string_view value(std::string_view key) const;
  std::vector<std::string_view> values(std::string_view key) const;
};

// Parses a document of one kind. kCorrupt names the line and the rule it broke; hostile input is
// fine. Blocks are split by their BEGIN and END lines and each is checked only for its armour.
Result<SignedText> parse_signed_text(std::string_view text, const SignedTextSchema& schema);

// Parses a body alone (no empty line, no blocks): `blocks` of the answer is empty.
Result<SignedText> parse_signed_body(std::string_view body, const SignedTextSchema& schema);

// Makes the body of these fields, which must be in the order of the schema. kUsage names the field
// that breaks a rule, so values from people may be passed in unchecked.
Result<std::string> build_signed_body(const SignedTextSchema& schema,
                                      std::span<const SignedField> fields);

// Body, empty line, blocks: the whole document.
std::string format_signed_text(std::string_view body, std::span<const std::string> blocks);

// The kind in line 1 of a document: to choose a schema. kCorrupt when there is none.
Result<std::string> read_signed_kind(std::string_view text);

}  // namespace scopetrace
