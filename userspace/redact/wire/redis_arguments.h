// SPDX-License-Identifier: Apache-2.0
// Which arguments of a Redis command are secret.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scopetrace {

class WireText;

// Takes the elements of one command or reply in order.
class RedisArguments {
 public:
  // `count` elements follow, the command included; 0 when that is not known.
  void begin(std::uint64_t count);
  void take(std::string_view element, WireText& out);
  // An element too long to be kept.
  void skip(std::size_t size_bytes, WireText& out);

 private:
  enum class Rule : std::uint8_t;
  struct Command {
    std::string_view word;
    Rule rule;
  };
  static const Command kCommands[];

  void take_command(std::string_view element, WireText& out);
  void take_argument(std::string_view element, WireText& out);
  bool is_secret(std::string_view element) const;
  void note_announced(std::string_view element);
  void take_named(std::string_view element, WireText& out);

  std::uint64_t count_ = 0;
  std::uint64_t index_ = 0;      // of the next element
  std::uint64_t secret_at_ = 0;  // index of an announced secret; 0 for none
  std::string before_;           // the element before, when it can be a name
  std::string key_;              // the first argument
  Rule rule_{};
};

}  // namespace scopetrace
