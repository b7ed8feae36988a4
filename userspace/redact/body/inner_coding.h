// SPDX-License-Identifier: Apache-2.0
// Codings inside a decoded body: compressed parts and frames, text in other character sets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/protocol/message.h"
#include "userspace/redact/body/body_options.h"

namespace scopetrace {

// The coding whose magic `content` begins with: "gzip", "zstd", "deflate" (of zlib); else empty.
std::string_view coding_of_magic(std::string_view content);

// `content` without these codings. What is nested may grow by a factor only, so that many small
// parts cannot become a bomb together.
HttpBody decode_inner(std::string_view content, std::string_view codings, BodyOptions options);

// `content` as UTF-8 when it begins with the mark of UTF-16, or `charset` says UTF-16 or a set of
// one byte a character, and it is not UTF-8 as it is. Nothing when it stays as it is.
std::optional<std::string> as_utf8(std::string_view content, std::string_view charset);

}  // namespace scopetrace
