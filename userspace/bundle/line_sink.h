// SPDX-License-Identifier: Apache-2.0
// Where finished lines go: the leak guard and the frame builder are such sinks.
#pragma once

#include <string>

#include "userspace/base/sink.h"

namespace scopetrace {

// One item is one line of the bundle: a JSON object and its LF, at most kMaxLineBytes. A stage in
// between may replace a line but neither drop nor add one: `n` inside is its index.
using LineSink = Sink<std::string>;

}  // namespace scopetrace
