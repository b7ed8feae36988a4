// SPDX-License-Identifier: Apache-2.0
// What of a path may be told at level metadata.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

// `/v1/customers/{}/charges`: words and versions stay, every other segment becomes `{}`. `path` has
// neither query nor fragment.
std::string path_template(std::string_view path);

}  // namespace scopetrace
