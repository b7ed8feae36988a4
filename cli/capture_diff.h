// SPDX-License-Identifier: Apache-2.0
// What changed from one capture to another.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/capture_facts.h"
#include "userspace/bundle/verify.h"

namespace scopetrace {

// One of the two bundles. Nothing is shown of one before all of it was verified.
struct ComparedBundle {
  std::string path;
  VerifyReport report;
  CaptureFacts facts;
};

enum class Change {
  kAlike,
  kNew,      // only in the second
  kGone,     // only in the first
  kChanged,  // in both; notably so for calls, see is_notable
};

// Calls of one key in both captures; the pointers live as long as the facts.
struct CallChange {
  FactKey key;
  Change change = Change::kAlike;
  const CallFacts* before = nullptr;
  const CallFacts* after = nullptr;
};

// Whether a person would want to know: the error rate differs by a percentage point or more, or a
// percentile by a fifth and a millisecond or more.
bool is_notable(const CallFacts& before, const CallFacts& after);
// Every key of either table, in its order.
std::vector<CallChange> compare_calls(const CallTable& before, const CallTable& after);

// Tables for people: both bundles, every third party, endpoints that changed (`shows_all`: all of
// them), credentials and data classes that are new or gone.
void print_diff(std::FILE* out, const ComparedBundle& before, const ComparedBundle& after,
                bool shows_all);
// The same, complete, as one JSON object.
nlohmann::ordered_json diff_json(const ComparedBundle& before, const ComparedBundle& after);

}  // namespace scopetrace
