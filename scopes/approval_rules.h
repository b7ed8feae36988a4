// SPDX-License-Identifier: Apache-2.0
// Forms and bounds of single fields of an approval.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"

namespace scopetrace {

// Parts between separators; an empty part stays, and is refused later.
std::vector<std::string> split_list(std::string_view text, char separator);
std::optional<bool> parse_yes_no(std::string_view text);
// 36 lower-case characters in groups of 8, 4, 4, 4 and 12.
bool is_uuid(std::string_view text);

// `any`, `failed` or `<header name>=<value>`.
std::string format_request(const RequestMatch& match);
std::optional<RequestMatch> parse_request(std::string_view text);

// A systemd service or scope, such as `payments.service`.
bool is_unit_name(std::string_view text);
// A cgroup's path below the mount: from the root, no empty part, no `.` or `..`, no blank.
bool is_group_path(std::string_view text);
inline constexpr std::size_t kMaxExecutables = 8;  // that a unit, container or cgroup may name

// In the order that an approval has them, `standard` added, each once.
std::vector<std::string> order_presets(std::vector<std::string> presets);
// Whether a preset is none of those built in: a profile of the host's own.
bool is_own_profile(std::string_view preset);

// `any`, a lower-case host name, or `*.` and one.
bool is_third_party(std::string_view text);

// The first field that breaks a rule or bound, with the rule; nothing when all hold.
std::optional<std::string> fault_of_approval(const Approval& approval);

}  // namespace scopetrace
