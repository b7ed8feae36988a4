// SPDX-License-Identifier: Apache-2.0
// Which arguments of which programs are secrets.
#pragma once

#include <span>
#include <string_view>

namespace scopetrace {

// How an argument holds the secret.
enum class ArgForm {
  kAttached,  // -pX
  kSeparate,  // -p X
  kEither,
  kUser,     // -u name:X, attached or not
  kPercent,  // -U name%X
  kComma,    // -u name,X
  kPass,     // -passin pass:X
  kEntry,    // name=X, --from-literal=name=X, where X looks secret
};

struct ProgramOption {
  std::string_view program;  // a word may go on behind it: mysqldump, mosquitto_pub
  std::string_view option;
  ArgForm form;
  // Only with this argument, one of the first two; behind a blank, with this text anywhere.
  std::string_view command = {};
};
// A command whose argument at a position, options not counted, is the secret.
struct Position {
  std::string_view command;
  int index;                // -1: the last one
  bool needs_look = false;  // a word of letters is none
  ArgForm form = ArgForm::kSeparate;
  std::string_view word = {};  // only in a line that holds this word
};

std::span<const ProgramOption> program_options();
std::span<const Position> secret_positions();
// Commands that read the secret from what is echoed into them.
std::span<const std::string_view> secret_readers();
// Oracle's programs: user/password@service.
std::span<const std::string_view> slash_users();

}  // namespace scopetrace
