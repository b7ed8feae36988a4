// SPDX-License-Identifier: Apache-2.0
// What is found in a target and not covered is named in the session record and on the screen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;

class UncoveredE2eTest : public AttachE2eTest {};

// Java's TLS is written in Java. The JDK is too large for the tests' setup: a library of that name.
TEST_F(UncoveredE2eTest, NamesJava) {
  const std::string library = host_->path("libjvm.so");
  const std::string command =
      "echo 'int code(void) { return 1; }' | gcc -shared -xc - -o " + library;
  ASSERT_EQ(run_program({"sh", "-c", command}).status, 0);
  const auto client = host_->start_client(
      {"/usr/bin/python3", "-c",
       "import ctypes, runpy, sys; ctypes.CDLL(sys.argv[1]); sys.argv = sys.argv[2:]; "
       "runpy.run_path(sys.argv[0], run_name='__main__')",
       library, SCOPETRACE_TEST_TARGETS "/python_client.py"});
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(coverage_of("libjvm"), ElementsAre("payload of java is not covered"));
  EXPECT_THAT(attach->output(), ::testing::HasSubstr("not covered: " + library));
  const Finished doctor = host_->doctor(client->tgid());
  EXPECT_EQ(doctor.status, 0);
  EXPECT_THAT(doctor.output,
              ::testing::HasSubstr("no   " + library + "\n       payload of java is not covered"));
}

}  // namespace
}  // namespace scopetrace::testing
