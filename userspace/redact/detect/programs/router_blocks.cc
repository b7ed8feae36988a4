// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/router_blocks.h"

#include <algorithm>

#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {

void take_server_key(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  constexpr int kMaxLines = 12;
  constexpr std::size_t kMaxBlock = 1024;
  constexpr std::string_view kKey = "key ";
  const std::string_view ahead =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxBlock));
  std::size_t end = line_end(ahead, at.end);
  for (int i = 0; i < kMaxLines && end + 1 < ahead.size(); ++i) {
    const std::size_t begin = end + 1;
    end = line_end(ahead, begin);
    if (!is_blank(ahead[begin])) return;
    const std::string_view line = trim(ahead.substr(begin, end - begin));
    if (!line.starts_with(kKey)) continue;
    const std::string_view key = line.substr(line.find_last_of(' ') + 1);
    const auto first = static_cast<std::size_t>(key.data() - scan.text.data());
    if (is_plausible_value("generic-secret", key))
      findings.push_back({{first, first + key.size()}, "generic-secret"});
  }
  if (end + 1 >= ahead.size() && ahead.size() == scan.text.size()) wants_line(scan, at.begin);
}

}  // namespace scopetrace
