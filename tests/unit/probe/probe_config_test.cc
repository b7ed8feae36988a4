// SPDX-License-Identifier: Apache-2.0
// What ProbeSet::load() refuses before it asks the kernel for anything.
#include <gtest/gtest.h>

#include "userspace/probe/probe_set.h"

namespace scopetrace {
namespace {

// Whether a group at a path of so many bytes is refused.
bool is_path_refused(std::size_t bytes) {
  ProbeConfig config;
  config.group = GroupScope{1, "/" + std::string(bytes - 1, 'g'), false};
  config.deadline_ns = 1;
  const auto probes = ProbeSet::load(config);
  return !probes && probes.error().code() == ErrorCode::kUsage;
}

// Of a path in the kernel, ST_GROUP_PATH_MAX - 1 bytes are read: a longer one would be the same.
TEST(ProbeConfigTest, RefusesAPathThatALongerOneIsCutTo) {
  EXPECT_TRUE(is_path_refused(ST_GROUP_PATH_MAX));
  EXPECT_TRUE(is_path_refused(ST_GROUP_PATH_MAX - 1));
  EXPECT_FALSE(is_path_refused(ST_GROUP_PATH_MAX - 2));
}

}  // namespace
}  // namespace scopetrace
