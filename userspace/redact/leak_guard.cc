// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/leak_guard.h"

#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

bool LeakGuard::is_clean(std::string_view line) {
  if (!scanner_.has_finding(line)) return true;
  ++hits_;
  return false;
}

}  // namespace scopetrace
