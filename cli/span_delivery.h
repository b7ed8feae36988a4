// SPDX-License-Identifier: Apache-2.0
// Sends the spans of a finished export to a collector.
#pragma once

#include <string>

#include "cli/command.h"

namespace scopetrace {

struct DeliveryOptions {
  std::string url;              // empty: nothing is sent
  std::string patience = "5m";  // how long the collector may be down
};
void add_delivery_options(CLI::App& command, DeliveryOptions& options);

// kRefused unless this host's policy names the URL among its otlp_targets.
Status check_delivery(const DeliveryOptions& options, const std::string& root);

// Sends `spans.jsonl` of the folder. `<folder>.otlp-sent` says how far it came, so that a later
// call sends only the rest. What the collector drops of what it accepts is counted: kLosses.
// Errors: kIo when it refuses or stays away.
Result<ExitCode> deliver_spans(const std::string& folder, const DeliveryOptions& options);

}  // namespace scopetrace
