// SPDX-License-Identifier: Apache-2.0
// Which protocol a stream speaks, by its first bytes.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "userspace/redact/wire/wire_protocol.h"

namespace scopetrace {

enum class Match { kNo, kMaybe, kYes };

// `matches` says the same of any longer begin, once it is not kMaybe.
struct WireEntry {
  std::string_view name;
  Match (*matches)(std::string_view begin);
  std::unique_ptr<WireProtocol> (*make)();
};

inline constexpr std::size_t kMaxProbe = 512;  // bytes by which a protocol is known or never

// In order of preference.
std::span<const WireEntry> wire_table();

// Whether `begin` begins with one of these, letters in any case.
Match match_any(std::string_view begin, std::initializer_list<std::string_view> words);

}  // namespace scopetrace
