// SPDX-License-Identifier: Apache-2.0
// Reads members of bundle lines and words them for people. Lines are hostile: a missing or mistyped
// member reads as empty, and every string comes out escaped for the terminal.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace scopetrace {

using LineJson = nlohmann::json;

// The member, or null. The reference lives as long as `object`.
const LineJson& member(const LineJson& object, const char* key);
// Escaped; empty unless it is a string.
std::string text_of(const LineJson& object, const char* key);
// 0 unless it is an unsigned number.
std::uint64_t number_of(const LineJson& object, const char* key);
// The elements of an array of strings, escaped, at most `limit` of them, as `a, b, and 3 more`.
std::string list_of(const LineJson& object, const char* key, std::size_t limit);

// 14:05:03.123 of a line's RFC 3339 time.
std::string clock_of(const LineJson& line);
std::string size_text(std::uint64_t bytes);   // 1.2 KiB
std::string duration_text(std::uint64_t ns);  // 182 ms
// What the placeholders in a text stand for, not escaped, with how often. At most 64 classes.
std::map<std::string_view, std::uint64_t> placeholder_classes(std::string_view raw);
// `card x2, bearer`: the same for people, escaped.
std::string redactions_in(std::string_view raw);
// Whether an `http` line is of a call that failed: status or gRPC status says so, or it did not
// complete.
bool is_failed_exchange(const LineJson& line);

}  // namespace scopetrace
