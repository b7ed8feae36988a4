// SPDX-License-Identifier: Apache-2.0
// Reads members of lines. Lines are hostile: a missing or mistyped member reads as empty.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "userspace/bundle/json_line.h"

namespace scopetrace {

// The member at the end of `keys`, or null. The reference lives as long as `object`.
const Json& member_at(const Json& object, std::initializer_list<const char*> keys);
// Empty unless it is a string.
std::string text_at(const Json& object, std::initializer_list<const char*> keys);
// 0 unless it is an unsigned number.
std::uint64_t number_at(const Json& object, std::initializer_list<const char*> keys);

// `api.stripe.com` of `api.stripe.com:443`. An address of IPv6 stays as it is.
std::string_view host_without_port(std::string_view host);

}  // namespace scopetrace
