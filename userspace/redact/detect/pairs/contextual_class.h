// SPDX-License-Identifier: Apache-2.0
// Names that say little by themselves.
#pragma once

#include <optional>
#include <string_view>

namespace scopetrace {

// The class of a value whose name is secret only when the value looks it: `code` and `state` of
// OAuth, `auth` of a registry's configuration, `response` of digest authentication.
std::optional<std::string_view> contextual_class(std::string_view name, std::string_view value);

}  // namespace scopetrace
