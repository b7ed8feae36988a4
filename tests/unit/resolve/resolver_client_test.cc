// SPDX-License-Identifier: Apache-2.0
// Asks a real, sandboxed resolver: this program started again with --resolve.
#include "userspace/resolve/resolver_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "userspace/base/file.h"
#include "userspace/resolve/code_ranges.h"
#include "userspace/resolve/resolver.h"
#include "userspace/sandbox/sandbox.h"

namespace scopetrace {
namespace {

std::string this_program() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  return {path.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

Result<ResolverAnswer> resolve(const char* path, const std::string& program) {
  const UniqueFd file = open_file(path, O_RDONLY).value();
  return resolve_sites(file.get(), {.program = program});
}

constexpr char kLoader[] = "/lib64/ld-linux-x86-64.so.2";

TEST(ResolverClientTest, GetsSitesInsideTheCode) {
  const UniqueFd loader = open_file(kLoader, O_RDONLY).value();

  const auto answer = resolve(kLoader, this_program());

  ASSERT_TRUE(answer) << answer.error().message();
  ASSERT_EQ(answer->sites.size(), 1u);
  EXPECT_EQ(answer->sites.front().kind, SiteKind::kLoaderChange);
  EXPECT_TRUE(check_sites(answer->sites, read_code_ranges(loader.get()).value()));
}

// The one that disassembles: a system call that the sandbox forgot would show here.
TEST(ResolverClientTest, GetsSitesOfLibssl) {
  constexpr char kLibssl[] = "/usr/lib/x86_64-linux-gnu/libssl.so.3";
  if (::access(kLibssl, R_OK) != 0) GTEST_SKIP() << "no libssl.so.3 in the usual folder";

  const auto answer = resolve(kLibssl, this_program());

  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_GE(answer->sites.size(), 3u);
}

TEST(ResolverClientTest, TellsThatTheFileIsNoElfFile) {
  const auto sites = resolve("/etc/passwd", this_program());

  ASSERT_FALSE(sites);
  EXPECT_EQ(sites.error().code(), ErrorCode::kUnsupported);
}

TEST(ResolverClientTest, TellsThatTheResolverDied) {
  const auto sites = resolve(kLoader, "/bin/false");

  ASSERT_FALSE(sites);
  EXPECT_EQ(sites.error().code(), ErrorCode::kIo);
}

TEST(ResolverClientTest, TellsThatTheProgramIsMissing) {
  const auto sites = resolve(kLoader, "/nonexistent/program");

  ASSERT_FALSE(sites);
  EXPECT_EQ(sites.error().code(), ErrorCode::kIo);
}

// A program in the resolver's place, for as long as this lives.
class Impostor {
 public:
  explicit Impostor(const std::string& script) {
    UniqueFd file(::mkstemp(path_.data()));
    ST_CHECK(write_all(file.get(), as_bytes("#!/bin/sh\n" + script + "\n")));
    ST_CHECK(::fchmod(file.get(), 0700) == 0);  // closed, since an open file cannot be executed
  }
  ~Impostor() { std::filesystem::remove(path_); }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "st-XXXXXX").string();
};

TEST(ResolverClientTest, KillsAResolverThatHangs) {
  const Impostor program("kill -STOP $$");
  const UniqueFd loader = open_file(kLoader, O_RDONLY).value();

  const auto sites = resolve_sites(loader.get(), {.program = program.path(), .timeout_ms = 50});

  ASSERT_FALSE(sites);
  EXPECT_EQ(sites.error().code(), ErrorCode::kLimit);
}

// What an impostor answers that says this about Go, with one site.
Result<ResolverAnswer> answer_with(const GoFacts& go) {
  ResolverHeader header;
  header.count = 1;
  header.go = go;
  const Site site;
  std::string octal;
  const auto add = [&octal](Bytes bytes) {
    for (const std::byte byte : bytes) {
      const auto value = std::to_integer<unsigned>(byte);
      for (const unsigned shift : {6U, 3U, 0U}) {
        if (shift == 6U) octal += "\\0";
        octal += static_cast<char>('0' + ((value >> shift) & 7U));
      }
    }
  };
  add(Bytes(reinterpret_cast<const std::byte*>(&header), sizeof(header)));
  add(Bytes(reinterpret_cast<const std::byte*>(&site), sizeof(site)));
  const Impostor program("/usr/bin/printf %b '" + octal + "' | dd bs=4096 iflag=fullblock >&4");
  return resolve(kLoader, program.path());
}

TEST(ResolverClientTest, TakesFactsAboutGo) {
  const auto answer = answer_with({.is_go = 1, .problem = GoProblem::kCode, .minor = 21});

  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->sites.size(), 1U);
  EXPECT_EQ(answer->go.minor, 21);
}

TEST(ResolverClientTest, RefusesFactsAboutGoThatAreOutOfRange) {
  const GoFacts rows[] = {{.is_go = 2, .problem = GoProblem::kNone},
                          {.is_go = 1, .problem = static_cast<GoProblem>(4)}};
  for (const GoFacts& facts : rows) {
    const auto answer = answer_with(facts);
    ASSERT_FALSE(answer) << unsigned{facts.is_go};
    EXPECT_EQ(answer.error().code(), ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace scopetrace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--resolve") {
    if (!scopetrace::enter_sandbox(4)) return 1;
    return scopetrace::run_resolver({.file_fd = 3, .socket_fd = 4});
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
