// SPDX-License-Identifier: Apache-2.0
// An approval in plain words, for somebody who has a minute to decide.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"

namespace scopetrace {

std::string join_words(const std::vector<std::string>& words, std::string_view separator);

// What a level shows of each message, and what could be in it although nobody wanted it.
std::string_view explain_level(Level level);
std::string_view explain_leaks(Level level);

// One sentence: who asks to see what, of which target on which host, and for how long.
std::string summarize(const Approval& approval);
// The processes: `pid 4211 (uid 1001, unit payments.service)`, `every process of unit …`.
std::string explain_target(const ApprovalTarget& target);
std::string explain_programs(const ApprovalTarget& target);
std::string explain_requests(const Approval& approval);
std::string explain_capture(std::uint32_t families);
// The budget: `15m and 256MiB over 2 uses together`.
std::string explain_budget(const Approval& approval);
// What lies between two times: `4h`, or `2h 30m 5s`.
std::string explain_span(std::uint64_t seconds);

// How a block was signed, as far as it shows: touched security key, certificate, plain key. Says
// nothing about whether the signature is good. Text of a certificate is escaped.
std::string explain_means(std::string_view block);

// Breaks text at blanks, else anywhere, into lines of at most `width` characters.
std::vector<std::string> wrap_text(std::string_view text, std::size_t width);

}  // namespace scopetrace
