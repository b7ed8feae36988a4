// SPDX-License-Identifier: Apache-2.0
// Checks every line of a bundle on disk against docs/schemas/. End-to-end tests call it with what
// was really captured:
//
//   EXPECT_THAT(schema_faults(host.bundle()), testing::IsEmpty());
#pragma once

#include <string>
#include <vector>

namespace scopetrace {

// `line 7: http.timing lacks wait_ns`, at most 20 of them; names of members, never their values. A
// bundle that cannot be read, or without any line, is a fault too.
std::vector<std::string> schema_faults(const std::string& path);

}  // namespace scopetrace
