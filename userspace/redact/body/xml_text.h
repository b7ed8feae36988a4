// SPDX-License-Identifier: Apache-2.0
// The parts of XML: tags with their attributes, references in text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scopetrace {

struct XmlAttribute {
  std::string_view before;  // blanks, name, sign and quote, as they stand
  std::string_view name;    // with prefix
  std::string_view value;   // undecoded, without quotes
};

// A start or end tag, `<` to `>`.
struct XmlTag {
  std::string_view name;                 // with prefix
  bool is_end = false;                   // </name>
  bool is_empty = false;                 // <name/>
  std::vector<XmlAttribute> attributes;  // kept up to kMaxAttributes
  std::string_view tail;                 // from behind the last attribute's value on
};
inline constexpr std::size_t kMaxAttributes = 256;

// Where the markup that begins at `at` ends (behind its `>`), by its kind: comment, CDATA,
// instruction, declaration or tag. npos when it does not end.
std::size_t markup_end(std::string_view text, std::size_t at);
// The tag that `markup` is; nothing for what is none.
std::optional<XmlTag> parse_tag(std::string_view markup);
// The name without its prefix.
std::string_view local_name(std::string_view name);

// &lt; &#65; &#x41; and the like become characters; unknown references stay.
std::string decode_references(std::string_view text);
std::string escape_xml(std::string_view text);

}  // namespace scopetrace
