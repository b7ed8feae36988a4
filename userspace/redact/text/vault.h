// SPDX-License-Identifier: Apache-2.0
// Secret values seen before, searched for wherever they turn up again.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/base/secret_text.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Exact matcher over learned values in plain, percent, base64 (three alignments) and hexadecimal
// form, which are in memory for secrets. Bounded; what no longer fits is counted.
class Vault {
 public:
  static constexpr std::size_t kMinBytes = 8;
  static constexpr std::size_t kMaxValues = 4096;
  static constexpr std::size_t kMaxBytes = 8192;  // of one value

  Vault() = default;
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  // False when the value is too short, too long, too common to be secret, known, or does not fit.
  bool learn(std::string_view value);
  void find(std::string_view text, std::vector<Finding>& findings) const;
  std::uint64_t refused() const { return refused_; }  // values that no longer fitted

 private:
  void add_form(std::string_view form);
  void add_own_form(std::string form);

  SecretTexts texts_;
  std::vector<std::string_view> forms_;  // in texts_
  // By a hash of 16 bits of the first 8 bytes, which says nothing about them.
  std::unordered_map<std::uint16_t, std::vector<std::uint32_t>> by_head_;
  std::bitset<65536> heads_;  // prefilter of by_head_
  std::size_t values_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace scopetrace
