// SPDX-License-Identifier: Apache-2.0
// Build ids, and symbols that stand in a separate debug file.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/scopes/scratch.h"
#include "userspace/base/file.h"
#include "userspace/resolve/elf.h"
#include "userspace/resolve/libraries.h"
#include "userspace/resolve/site_picker.h"

namespace scopetrace {
namespace {

// A program with a function of a known name, without its symbols, and its debug file.
class DebugFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("code.c",
                  "int SSL_write(void) { return 1; }\nint main(void) { return SSL_write(); }\n");
    ASSERT_EQ(folder_.run("gcc -O1 -fno-inline -Wl,--build-id -o full code.c && "
                          "objcopy --only-keep-debug full debug && strip -o program full"),
              0);
  }
  std::string image(const char* name) const {
    return read_file(folder_.file(name), 16 << 20).value_or("");
  }
  ScratchFolder folder_;
};

TEST_F(DebugFileTest, HasTheBuildIdOfItsProgram) {
  const std::string program_image = image("program");
  const std::string debug_image = image("debug");
  const auto program = ElfFile::parse(as_bytes(program_image));
  const auto debug = ElfFile::parse_debug_file(as_bytes(debug_image));

  ASSERT_TRUE(program && debug);
  EXPECT_EQ(program->build_id().size(), 20U);
  EXPECT_EQ(to_hex(program->build_id()), to_hex(debug->build_id()));
}

TEST_F(DebugFileTest, LeadsToSitesInItsProgram) {
  const std::string full = image("full");
  const std::string program_image = image("program");
  const std::string debug_image = image("debug");
  const auto program = ElfFile::parse(as_bytes(program_image));
  const auto debug = ElfFile::parse_debug_file(as_bytes(debug_image));
  ASSERT_TRUE(program && debug);

  const auto sites = pick_sites(*program, *debug, {});
  const auto expected = pick_sites(as_bytes(full), {});

  ASSERT_TRUE(sites && expected);
  ASSERT_EQ(expected->size(), 1U);
  ASSERT_EQ(sites->sites.size(), 1U);
  EXPECT_EQ(sites->sites.front().file_offset, expected->front().file_offset);
  EXPECT_TRUE(pick_sites(as_bytes(program_image), {})->empty());
}

TEST_F(DebugFileTest, HasNoBuildIdWhereTheNoteLies) {
  std::string program_image = image("program");
  const std::string name("\4\0\0\0\x14\0\0\0\3\0\0\0GNU", 16);  // header and name of the note
  const std::size_t note = program_image.find(name.substr(0, 15));
  ASSERT_NE(note, std::string::npos);
  program_image[note + 5] = '\x7f';  // its value is longer than its section

  const auto program = ElfFile::parse(as_bytes(program_image));

  ASSERT_TRUE(program);
  EXPECT_TRUE(program->build_id().empty());
}

TEST(OpenDebugFileTest, StaysBelowTheRootOfTheProcess) {
  const ScratchFolder folder;
  const std::string build_ids = "1/root/usr/lib/debug/.build-id";
  ASSERT_EQ(folder.run("mkdir -p " + build_ids + "/ab && echo x >secret && echo y >" + build_ids +
                       "/ab/01.debug && ln -s ../../../../../../../secret " + build_ids +
                       "/ab/02.debug && mkfifo " + build_ids + "/ab/03.debug"),
            0);

  EXPECT_TRUE(open_debug_file(1, "ab01", folder.path()));
  EXPECT_FALSE(
      open_debug_file(1, "ab02", folder.path()));  // ends at the root: there is no such file
  EXPECT_FALSE(open_debug_file(1, "ab03", folder.path()));  // a pipe, which is not waited for
  EXPECT_FALSE(open_debug_file(1, "ab04", folder.path()));
  EXPECT_FALSE(open_debug_file(1, "", folder.path()));
}

}  // namespace
}  // namespace scopetrace
