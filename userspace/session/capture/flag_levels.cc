// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/flag_levels.h"

#include <algorithm>

#include "userspace/session/capture/host_side.h"

namespace scopetrace {
namespace {

ChannelLevel channel_level(std::optional<Level> level) {
  if (!level) return ChannelLevel::kOff;
  return static_cast<ChannelLevel>(static_cast<unsigned>(*level) +
                                   static_cast<unsigned>(ChannelLevel::kMetadata));
}

bool has_flag(const CaptureFlags& flags, const std::string& third_party) {
  return std::any_of(flags.flags.begin(), flags.flags.end(),
                     [&](const CaptureFlag& flag) { return flag.third_party == third_party; });
}

}  // namespace

std::vector<LevelMessage> level_messages(const CaptureFlags& before, const CaptureFlags& now) {
  std::vector<LevelMessage> messages;
  if (now.is_all_off) return {{ChannelLevel::kOff, ""}};
  for (const CaptureFlag& flag : before.flags) {
    if (!has_flag(now, flag.third_party)) {
      messages.push_back({ChannelLevel::kRedacted, flag.third_party});
    }
  }
  for (const CaptureFlag& flag : now.flags) {
    messages.push_back({channel_level(flag.level), flag.third_party});
  }
  // Last, so that nothing is let through before every single flag is known.
  if (before.is_all_off) messages.push_back({ChannelLevel::kRedacted, ""});
  return messages;
}

FlagState flag_state(const CaptureFlags& flags, std::uint64_t realtime_ns) {
  FlagState state;
  state.time_realtime_ns = realtime_ns;
  state.digest = flags.digest == Digest() ? "none" : format_digest(flags.digest);
  state.problem = flags.problem;
  if (flags.is_all_off) state.levels["any"] = "off";
  for (const CaptureFlag& flag : flags.flags) {
    state.levels[flag.third_party] = flag_level_name(flag.level);
  }
  return state;
}

LedgerEntry make_flags_entry(const std::string& session, const FlagState& flags) {
  std::string levels;
  for (const auto& [third_party, level] : flags.levels) {
    levels += (levels.empty() ? "" : ",") + third_party + "=" + level;
  }
  return {"flags",
          {{"session", session},
           {"digest", flags.digest},
           {"levels", printable_ascii(levels.empty() ? "none" : levels)}}};
}

}  // namespace scopetrace
