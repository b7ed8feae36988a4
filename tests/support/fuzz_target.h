// SPDX-License-Identifier: Apache-2.0
// What a fuzz target gives beside LLVMFuzzerTestOneInput(): seeds, and a count of the inputs that
// got past its parser. A run of which nothing was accepted has shown nothing, and fails.
//
// Command line of every target: --write-seeds FOLDER writes the seeds, each checked to be accepted.
// At the end of a run `stat::accepted_inputs: N` is printed to stderr.
#pragma once

#include <string>
#include <vector>

// Inputs that the target accepts, made at run time: nothing token-like is committed.
std::vector<std::string> make_seeds();

// Further inputs to begin with, accepted or not. None unless the target defines it.
std::vector<std::string> make_hostile_inputs();

namespace scopetrace {

// A target calls it once its input has passed the parser under test, before it checks its property.
void count_accepted();

// Whether the target accepts this input.
bool is_accepted(const std::string& input);

}  // namespace scopetrace
