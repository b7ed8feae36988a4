// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/harmless_names.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

// checksum/name: an annotation that says when what it names has changed
bool is_checksum(std::string_view text, TextRange name) {
  return stands_before(text, name.begin, "checksum/");
}

// <script nonce=…>: for the page, not for who asks.
bool is_nonce_of_page(std::string_view text, TextRange name) {
  constexpr std::size_t kMaxTag = 256;
  if (!equals_ignoring_case(text.substr(name.begin, name.end - name.begin), "nonce")) return false;
  const std::size_t from = name.begin > kMaxTag ? name.begin - kMaxTag : 0;
  const std::string_view before = text.substr(from, name.begin - from);
  const auto open = before.find_last_of("<>");
  if (open == before.npos || before[open] != '<') return false;
  const std::string_view tag = before.substr(open + 1);
  if (tag.find('\n') != tag.npos) return false;
  return tag.starts_with("script") || tag.starts_with("style") || tag.starts_with("link");
}

// What a mail carries for everyone to verify.
bool is_signature_of_mail(std::string_view written) {
  return equals_ignoring_case(written, "dkim-signature") ||
         equals_ignoring_case(written, "arc-message-signature");
}

}  // namespace

bool is_identified_in_prose(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 8> kBefore = {"is",   "are",   "be",       "was",
                                                       "were", "being", "uniquely", "as"};
  constexpr std::size_t kMaxVerb = 8;
  if (is_upper(text[at + 1]) || at == 0 || text[at - 1] != ' ') return false;
  const std::size_t end = at - 1;
  std::size_t begin = end;
  while (begin > 0 && end - begin <= kMaxVerb && is_letter(text[begin - 1])) --begin;
  const std::string_view word = text.substr(begin, end - begin);
  return begin > 0 && is_blank(text[begin - 1]) &&
         std::find(kBefore.begin(), kBefore.end(), word) != kBefore.end();
}

bool is_harmless_name(std::string_view text, TextRange name) {
  return is_checksum(text, name) || is_nonce_of_page(text, name) ||
         is_signature_of_mail(text.substr(name.begin, name.end - name.begin));
}

}  // namespace scopetrace
