// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/learned_sources.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

std::size_t learn_environment(TextScanner& scanner, Bytes environ_block) {
  std::size_t taken = 0;
  std::string_view rest = as_text(environ_block);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    const std::string_view entry = rest.substr(0, end);
    const auto equals = entry.find('=');
    if (equals != entry.npos && scanner.names().class_of(entry.substr(0, equals))) {
      taken += scanner.learn(entry.substr(equals + 1)) ? 1 : 0;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return taken;
}

std::size_t learn_file(TextScanner& scanner, Bytes content) {
  constexpr std::size_t kMaxWhole = 4096;
  std::string_view rest = trim(as_text(content));
  std::size_t taken = rest.size() <= kMaxWhole && scanner.learn(rest) ? 1 : 0;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trim(rest.substr(0, end));
    const auto sign = line.find_first_of("=:");
    taken += scanner.learn(line) ? 1 : 0;
    if (sign != line.npos) taken += scanner.learn(trim(line.substr(sign + 1))) ? 1 : 0;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return taken;
}

}  // namespace scopetrace
