// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/vault.h"

#include <algorithm>
#include <cstring>

#include "userspace/base/bytes.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

std::uint64_t head_of(std::string_view text) {
  std::uint64_t head;
  std::memcpy(&head, text.data(), sizeof(head));
  return head;
}

std::uint16_t slot_of(std::uint64_t head) {
  return static_cast<std::uint16_t>(head * 0x9e3779b97f4a7c15u >> 48);
}

// Words, small numbers and repeated characters turn up everywhere.
bool is_common(std::string_view value) {
  std::bitset<256> seen;
  for (const char c : value) seen.set(static_cast<unsigned char>(c));
  if (seen.count() < 5) return true;
  const bool is_word = std::all_of(value.begin(), value.end(), is_letter);
  return (is_word && value.size() < 16) || value.find("[REDACTED") != value.npos;
}

// The base64 characters that `value` determines when it starts at `shift` of three bytes.
std::string base64_core(std::string_view value, std::size_t shift) {
  std::string padded(shift, '\0');
  padded += value;
  const std::size_t whole = padded.size() / 3 * 3;
  std::string text = to_base64(as_bytes(std::string_view(padded).substr(0, whole)));
  wipe(padded);
  std::string core = text.substr(shift == 0 ? 0 : shift + 1);
  wipe(text);
  return core;
}

}  // namespace

void Vault::add_form(std::string_view form) {
  if (form.size() < kMinBytes) return;
  const std::uint16_t slot = slot_of(head_of(form));
  auto& entries = by_head_[slot];
  for (const std::uint32_t i : entries) {
    if (forms_[i] == form) return;
  }
  heads_.set(slot);
  entries.push_back(static_cast<std::uint32_t>(forms_.size()));
  forms_.push_back(texts_.add(form));
}

// Of a form that was made here: no copy of it stays.
void Vault::add_own_form(std::string form) {
  add_form(form);
  wipe(form);
}

bool Vault::learn(std::string_view value) {
  if (value.size() < kMinBytes || value.size() > kMaxBytes || is_common(value)) return false;
  if (values_ >= kMaxValues) {
    ++refused_;
    return false;
  }
  const std::size_t before = forms_.size();
  add_form(value);
  if (forms_.size() == before) return false;
  add_own_form(encode_percent(value));
  add_own_form(escape_json(value));
  for (std::size_t shift = 0; shift < 3; ++shift) {
    std::string core = base64_core(value, shift);
    std::string url = core;
    std::replace(url.begin(), url.end(), '+', '-');
    std::replace(url.begin(), url.end(), '/', '_');
    add_own_form(std::move(core));
    add_own_form(std::move(url));
  }
  add_own_form(to_hex(as_bytes(value)));
  ++values_;
  return true;
}

void Vault::find(std::string_view text, std::vector<Finding>& findings) const {
  if (forms_.empty()) return;
  for (std::size_t at = 0; at + kMinBytes <= text.size(); ++at) {
    const std::uint64_t head = head_of(text.substr(at, sizeof(std::uint64_t)));
    const std::uint16_t slot = slot_of(head);
    if (!heads_.test(slot)) continue;
    const auto entries = by_head_.find(slot);
    if (entries == by_head_.end()) continue;
    std::size_t longest = 0;
    for (const std::uint32_t i : entries->second) {
      if (text.substr(at).starts_with(forms_[i])) longest = std::max(longest, forms_[i].size());
    }
    if (longest == 0) continue;
    findings.push_back({{at, at + longest}, "learned", true});
    at += longest - 1;
  }
}

}  // namespace scopetrace
