// SPDX-License-Identifier: Apache-2.0
// How much may be kept of each third party: the approval's level, capped by flags that change while
// the capture runs. A cap never raises anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/level.h"

namespace scopetrace {

class LevelCaps {
 public:
  explicit LevelCaps(Level approved) : approved_(approved) {}

  // Caps what is kept of `pattern`: an exact host, "*.host", or empty for everybody. Replaces what
  // was said of the same pattern; the approval's level or more takes the cap away. nullopt: off.
  void set(std::string_view pattern, std::optional<Level> cap);

  // The lowest that applies to this host. nullopt: nothing may be kept.
  std::optional<Level> of_host(std::string_view host) const;
  // Of something whose third party is not known: the lowest of all, since it could be any.
  std::optional<Level> of_unknown() const;
  // Of what has no third party, such as what the target answers.
  std::optional<Level> of_everybody() const { return everybody_; }

 private:
  struct Cap {
    std::string pattern;
    std::optional<Level> level;
  };

  Level approved_;
  std::optional<Level> everybody_ = approved_;
  std::vector<Cap> caps_;
};

}  // namespace scopetrace
