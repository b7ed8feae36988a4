// SPDX-License-Identifier: Apache-2.0
// OpenSSL linked statically is captured by symbols, also those of a debug file; else it is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"
#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

namespace fs = std::filesystem;

class StaticOpensslE2eTest : public AttachE2eTest {
 protected:
  void run(const std::vector<std::string>& argv) {
    const Finished finished = run_program(argv);
    ASSERT_EQ(finished.status, 0) << argv.at(0) << ": " << finished.output;
  }

  // The client without symbols, as `stripped` below the host's folder.
  std::string strip_client() {
    run({"strip", "-o", host_->path("stripped"), TracedHost::stack_client("static")});
    return host_->path("stripped");
  }

  static std::string build_id(const std::string& file = TracedHost::stack_client("static")) {
    const Finished notes = run_program({"readelf", "-n", file});
    const std::size_t at = notes.output.find("Build ID: ");
    EXPECT_NE(at, std::string::npos);
    return notes.output.substr(at + 10, 40);
  }

  // Where the debug file of the client belongs, below `debug`; its folder is made.
  std::string debug_path() {
    const std::string id = build_id();
    const std::string folder = host_->path("debug/.build-id/" + id.substr(0, 2));
    fs::create_directories(folder);
    return folder + "/" + id.substr(2) + ".debug";
  }

  // Starts the stripped client in a mount namespace that has `debug` as /usr/lib/debug.
  std::unique_ptr<Child> start_with_debug_files() {
    return host_->start_client({"unshare", "--mount", "sh", "-c",
                                "mount --bind $0 /usr/lib/debug && exec \"$@\"",
                                host_->path("debug"), strip_client()});
  }

  void ask_once(Child& client) {
    const auto attach = host_->attach(client.tgid(), host_->approve(client.tgid()));
    ASSERT_TRUE(TracedHost::ask(client, "POST /v1/charges", "200"));
    expect_sealed_without_leaks(*attach);
  }
};

TEST_F(StaticOpensslE2eTest, CapturesByItsSymbols) {
  const auto client = host_->start_client({TracedHost::stack_client("static")});

  ask_once(*client);

  EXPECT_THAT(exchanges(), ElementsAre(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(coverage_of("static-client"), ElementsAre("covered"));
}

TEST_F(StaticOpensslE2eTest, CapturesStrippedByItsDebugFile) {
  run({"objcopy", "--only-keep-debug", TracedHost::stack_client("static"), debug_path()});
  const auto client = start_with_debug_files();

  ask_once(*client);

  EXPECT_THAT(exchanges(), ElementsAre(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(coverage_of("stripped"), ElementsAre("covered"));
}

TEST_F(StaticOpensslE2eTest, NamesStrippedWithoutDebugFile) {
  const auto client = host_->start_client({strip_client()});

  ask_once(*client);

  EXPECT_THAT(exchanges(), IsEmpty());
  EXPECT_THAT(coverage_of("stripped"), ElementsAre("OpenSSL linked in, functions not found"));
  EXPECT_THAT(host_->doctor(client->tgid()).output,
              ::testing::HasSubstr("stripped\n       OpenSSL linked in, functions not found"));
}

TEST_F(StaticOpensslE2eTest, IgnoresDebugFileOfAnotherBuild) {
  const std::string note = host_->path("note");
  const std::string debug_file = debug_path();
  run({"objcopy", "--dump-section", ".note.gnu.build-id=" + note,
       TracedHost::stack_client("static"), host_->path("copy")});
  auto id = read_file(note, 1024).value();
  id.back() = static_cast<char>(id.back() ^ 1);
  ASSERT_TRUE(write_file_atomically(note, id, 0600));
  run({"objcopy", "--only-keep-debug", TracedHost::stack_client("static"), debug_file});
  run({"objcopy", "--update-section", ".note.gnu.build-id=" + note, debug_file});
  ASSERT_NE(build_id(debug_file), build_id());
  ASSERT_EQ(build_id(debug_file).substr(0, 38), build_id().substr(0, 38));
  const auto client = start_with_debug_files();

  ask_once(*client);

  EXPECT_THAT(exchanges(), IsEmpty());
  EXPECT_THAT(coverage_of("stripped"), ElementsAre("OpenSSL linked in, functions not found"));
}

TEST_F(StaticOpensslE2eTest, IsNotHeldUpByAPipeInPlaceOfTheDebugFile) {
  run({"mkfifo", debug_path()});
  const auto client = start_with_debug_files();

  ask_once(*client);

  EXPECT_THAT(coverage_of("stripped"), ElementsAre("OpenSSL linked in, functions not found"));
  fs::remove_all(host_->path("debug"));  // what searches for leaks reads every file
}

}  // namespace
}  // namespace scopetrace::testing
