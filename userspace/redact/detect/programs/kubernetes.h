// SPDX-License-Identifier: Apache-2.0
// The data of Kubernetes secrets, in YAML and in JSON, whatever its entries are called.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Words that every such manifest holds; the members of the manifest are read from there on.
std::vector<std::string_view> manifest_words();

// Looks at the manifest that the word `at` is in: the values below `data` and `stringData` when its
// kind is Secret, which may be said behind them.
void take_manifest(ScanText& scan, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
