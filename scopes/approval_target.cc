// SPDX-License-Identifier: Apache-2.0
// The `target:` line of an approval.
#include <algorithm>
#include <limits>

#include "scopes/approval.h"
#include "scopes/approval_rules.h"

namespace scopetrace {
namespace {

// Takes `<key>=<value>` and the blank after it off the front of `rest`.
std::optional<std::string_view> take(std::string_view* rest, std::string_view key) {
  if (!rest->starts_with(key) || rest->substr(key.size(), 1) != "=") return std::nullopt;
  rest->remove_prefix(key.size() + 1);
  const auto end = rest->find(' ');
  const std::string_view value = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  if (value.empty()) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> take_u32(std::string_view* rest, std::string_view key) {
  const auto text = take(rest, key);
  const auto value = text ? parse_decimal(*text) : std::nullopt;
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::vector<Digest>> parse_executables(std::string_view text) {
  std::vector<Digest> digests;
  if (text == "any") return digests;
  for (const std::string& part : split_list(text, ',')) {
    const auto digest = parse_digest(part);
    if (!digest || digests.size() == kMaxExecutables) return std::nullopt;
    digests.push_back(*digest);
  }
  return digests;
}

bool parse_process(std::string_view rest, ApprovalTarget* target) {
  const auto tgid = take_u32(&rest, "pid");
  const auto start_text = take(&rest, "start");
  const auto start = start_text ? parse_decimal(*start_text) : std::nullopt;
  const auto exe_text = take(&rest, "exe");
  const auto exe = exe_text ? parse_digest(*exe_text) : std::nullopt;
  const auto uid = take_u32(&rest, "uid");
  const auto unit = take(&rest, "unit");
  const auto image = take(&rest, "image");
  if (!tgid || *tgid == 0 || !start || !exe || !uid || !unit || !image || !rest.empty())
    return false;
  *target = {TargetKind::kProcess, *tgid, *start, *uid, std::string(*unit),
             std::string(*image),  "",    {*exe}};
  return true;
}

bool parse_command(std::string_view rest, ApprovalTarget* target) {
  rest.remove_prefix(std::string_view("command ").size());
  const auto exe_text = take(&rest, "exe");
  const auto exe = exe_text ? parse_digest(*exe_text) : std::nullopt;
  if (!exe || !rest.empty()) return false;
  target->kind = TargetKind::kCommand;
  target->executables = {*exe};
  return true;
}

bool parse_group(std::string_view rest, ApprovalTarget* target) {
  const std::string_view key = rest.substr(0, rest.find('='));
  const auto name = take(&rest, key);
  const auto exe_text = take(&rest, "exe");
  const auto exe = exe_text ? parse_executables(*exe_text) : std::nullopt;
  if (!name || !exe || !rest.empty()) return false;
  target->executables = *exe;
  if (key == "unit") {
    target->kind = TargetKind::kUnit;
    target->unit = *name;
    return is_unit_name(*name);
  }
  target->kind = key == "container" ? TargetKind::kContainer : TargetKind::kCgroup;
  target->group = *name;
  if (key == "cgroup") return is_group_path(*name);
  return key == "container" && name->size() == 64 && from_hex(*name).has_value();
}

std::string format_executables(const std::vector<Digest>& digests) {
  if (digests.empty()) return "any";
  std::string text;
  for (const Digest& digest : digests) text += (text.empty() ? "" : ",") + format_digest(digest);
  return text;
}

}  // namespace

std::string format_target(const ApprovalTarget& target) {
  const std::string exe = " exe=" + format_executables(target.executables);
  switch (target.kind) {
    case TargetKind::kProcess:
      return "pid=" + std::to_string(target.tgid) + " start=" + std::to_string(target.start_ticks) +
             exe + " uid=" + std::to_string(target.uid) + " unit=" + target.unit +
             " image=" + target.image;
    case TargetKind::kCommand:
      return "command" + exe;
    case TargetKind::kUnit:
      return "unit=" + target.unit + exe;
    case TargetKind::kContainer:
      return "container=" + target.group + exe;
    case TargetKind::kCgroup:
      return "cgroup=" + target.group + exe;
  }
  return "";
}

Result<ApprovalTarget> parse_target(std::string_view text) {
  ApprovalTarget target;
  const bool parsed = text.starts_with("pid=")       ? parse_process(text, &target)
                      : text.starts_with("command ") ? parse_command(text, &target)
                                                     : parse_group(text, &target);
  if (parsed) return target;
  return fail(ErrorCode::kCorrupt, "target: has the wrong form");
}

}  // namespace scopetrace
