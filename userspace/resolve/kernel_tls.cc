// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/kernel_tls.h"

#include <algorithm>
#include <optional>

#include "userspace/base/bytes.h"

namespace scopetrace {

std::uint64_t count_kernel_tls(std::string_view tls_stat) {
  std::uint64_t count = 0;
  while (!tls_stat.empty()) {
    const std::size_t end = std::min(tls_stat.find('\n'), tls_stat.size());
    const std::string_view line = tls_stat.substr(0, end);
    const std::size_t digits = line.find_last_not_of("0123456789") + 1;  // 0: there is no name
    if (line.starts_with("TlsCurr")) count += parse_decimal(line.substr(digits)).value_or(0);
    tls_stat.remove_prefix(std::min(end + 1, tls_stat.size()));
  }
  return count;
}

}  // namespace scopetrace
