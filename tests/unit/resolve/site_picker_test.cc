// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/site_picker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "st-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Assembles source text into a shared library and returns its image.
std::string build_library(const std::string& source) {
  const TemporaryFolder folder;
  const std::string input = folder.path() / "code.s";
  const std::string output = folder.path() / "code.so";
  std::ofstream(input) << source;
  const std::string command = "gcc -shared -nostdlib -o " + output + " " + input;
  EXPECT_EQ(std::system(command.c_str()), 0);
  return read_file(output, 1 << 20).value_or("");
}

// An exported function of this name.
std::string function(const std::string& name, const std::string& body) {
  return ".globl " + name + "\n.type " + name + ",@function\n" + name + ":\n" + body + "\n";
}
// A function that the library keeps to itself.
std::string local(const std::string& name, const std::string& body) {
  return ".type " + name + ",@function\n" + name + ":\n" + body + "\n";
}
std::string library(const std::string& functions) { return ".text\n" + functions; }

std::vector<Site> pick(const std::string& image, PickOptions options = {}) {
  return pick_sites(as_bytes(image), options).value();
}

// The file offset of an exported function.
std::uint64_t offset_of(const std::string& image, std::string_view name) {
  const ElfFile file = ElfFile::parse(as_bytes(image)).value();
  const auto found = file.find_functions({&name, 1}).value();
  EXPECT_EQ(found.size(), 1u);
  return file.to_file_offset(found.at(0).address).value();
}

const char kInternal[] = "push %rbx\nmov $1, %eax\npop %rbx\nret";
// As OpenSSL 3.0 is compiled: the fourth argument receives the address of a local.
const char kWriteByFourth[] =
    "sub $0x18,%rsp\nmov %fs:0x28,%rax\nmov %rax,8(%rsp)\nxor %eax,%eax\ntest %edx,%edx\njs 1f\n"
    "mov %rsp,%rcx\nmovslq %edx,%rdx\ncall internal\n1:add $0x18,%rsp\nret";
// As OpenSSL 3.3: flags come fourth, the address fifth.
const char kWriteByFifth[] =
    "sub $0x18,%rsp\nlea 8(%rsp),%r8\nxor %ecx,%ecx\nmovslq %edx,%rdx\ncall internal\n"
    "add $0x18,%rsp\nret";

struct PickCase {
  const char* name;
  std::string source;
  const char* site_at;       // symbol that the site must be at
  std::uint64_t skip_bytes;  // after it
  int size_argument;
  bool is_cheap;
};

std::vector<PickCase> pick_cases() {
  const std::string internal = function("internal_export", "") + local("internal", kInternal);
  const auto with_write = [&](const char* body) {
    return library(internal + function("SSL_write", body));
  };
  const auto with_write_ex = [&](const char* body) {
    return library(internal + function("SSL_write_ex", body));
  };
  return {
      {"Push", with_write("push %rbp\nret"), "SSL_write", 0, 0, true},
      {"PushOfHighRegister", with_write("push %r12\nret"), "SSL_write", 0, 0, true},
      {"EndbrThenPush", with_write("endbr64\npush %rbp\nret"), "SSL_write", 4, 0, true},
      {"FourthArgument", with_write(kWriteByFourth), "internal_export", 0, 4, true},
      {"FifthArgument", with_write(kWriteByFifth), "internal_export", 0, 5, true},
      {"EndbrThenCall", with_write((std::string("endbr64\n") + kWriteByFourth).c_str()),
       "internal_export", 0, 4, true},
      {"ExPassesFourthOn", with_write_ex("sub $8,%rsp\ncall internal\nadd $8,%rsp\nret"),
       "internal_export", 0, 4, true},
      {"ExPassesFourthAsFifth",
       with_write_ex("sub $8,%rsp\nmov %rcx,%r8\nxor %ecx,%ecx\ncall internal\nadd $8,%rsp\nret"),
       "internal_export", 0, 5, true},
      {"ExUndecided", with_write_ex("sub $8,%rsp\nmov %rcx,%r8\ncall internal\nadd $8,%rsp\nret"),
       "SSL_write_ex", 0, 4, false},
      {"Undecided", with_write("sub $8,%rsp\nxor %ecx,%ecx\ncall internal\nadd $8,%rsp\nret"),
       "SSL_write", 0, 0, false},
      {"BufferChanged",
       with_write("sub $8,%rsp\nmov %rsp,%rcx\nadd $1,%rsi\ncall internal\nadd $8,%rsp\nret"),
       "SSL_write", 0, 0, false},
      {"ObjectChanged",
       with_write("sub $8,%rsp\nmov %rsp,%rcx\nmov 8(%rdi),%rdi\ncall internal\nret"), "SSL_write",
       0, 0, false},
      {"IndirectCall", with_write("sub $8,%rsp\nmov %rsp,%rcx\ncall *%rax\nret"), "SSL_write", 0, 0,
       false},
      {"NoCall", with_write("sub $8,%rsp\nadd $8,%rsp\nret"), "SSL_write", 0, 0, false},
      {"DearCallee",
       library(function("SSL_write", "sub $8,%rsp\nmov %rsp,%rcx\ncall internal\nret") +
               local("internal", "sub $8,%rsp\nret")),
       "SSL_write", 0, 0, false},
      {"BranchBeforeAnything", with_write("test %rdi,%rdi\nje 1f\npush %rbx\npop %rbx\n1:ret"),
       "SSL_write", 3, 0, true},
      {"JumpToAnother", with_write("xor %r8d,%r8d\nxor %ecx,%ecx\njmp internal"), "SSL_write", 5, 0,
       true},
      {"PushBehindCopies", with_write("mov %rsi,%rax\nmov (%rdi),%r9\npush %rbx\npop %rbx\nret"),
       "SSL_write", 6, 0, true},
      {"PushBehindChangedBuffer", with_write("inc %rsi\npush %rbx\npop %rbx\nret"), "SSL_write", 0,
       0, false},
      {"PushBehindChangedLength", with_write("mov %rsi,%rdx\npush %rbx\npop %rbx\nret"),
       "SSL_write", 0, 0, false},
      {"PushBehindChangedSizePointer", with_write_ex("xor %ecx,%ecx\npush %rbx\npop %rbx\nret"),
       "SSL_write_ex", 0, 4, false},
      {"IndirectJump", with_write("mov (%rdi),%rax\njmp *8(%rax)"), "SSL_write", 0, 0, false},
      {"EndbrNothingCheap", with_write("endbr64\nsub $8,%rsp\nret"), "SSL_write", 0, 0, false},
  };
}

class SitePickerTest : public testing::TestWithParam<PickCase> {};

TEST_P(SitePickerTest, PicksSite) {
  const PickCase& c = GetParam();
  const std::string image = build_library(c.source);

  const std::vector<Site> sites = pick(image);

  ASSERT_EQ(sites.size(), 1u);
  EXPECT_EQ(sites[0].file_offset, offset_of(image, c.site_at) + c.skip_bytes);
  EXPECT_EQ(sites[0].size_argument, c.size_argument);
  EXPECT_EQ(sites[0].is_cheap != 0, c.is_cheap);
  EXPECT_EQ(sites[0].is_function_entry, 1);
}

INSTANTIATE_TEST_SUITE_P(Code, SitePickerTest, testing::ValuesIn(pick_cases()),
                         [](const auto& test) { return test.param.name; });

TEST(SitePickerTest, MakesOneSiteOfExportsWithTheSameCallee) {
  const std::string image = build_library(
      library(function("SSL_write", kWriteByFourth) +
              function("SSL_write_ex", "sub $8,%rsp\ncall internal\nadd $8,%rsp\nret") +
              local("internal", kInternal)));

  EXPECT_EQ(pick(image).size(), 1u);
}

TEST(SitePickerTest, StaysAtExportsWhenToldTo) {
  const std::string image =
      build_library(library(function("SSL_write", kWriteByFourth) + local("internal", kInternal)));

  const std::vector<Site> sites = pick(image, {.safe_sites = true});

  ASSERT_EQ(sites.size(), 1u);
  EXPECT_EQ(sites[0].file_offset, offset_of(image, "SSL_write"));
  EXPECT_EQ(sites[0].size_argument, 0);
}

TEST(SitePickerTest, FindsNothingInOtherLibraries) {
  const std::string image = build_library(library(function("other", "ret")));

  EXPECT_TRUE(pick(image).empty());
}

std::size_t count_kind(const std::vector<Site>& sites, SiteKind kind) {
  return static_cast<std::size_t>(std::count_if(
      sites.begin(), sites.end(), [&](const Site& site) { return site.kind == kind; }));
}

TEST(SitePickerTest, ServesTheLibsslOfThisMachine) {
  const auto image = read_file("/usr/lib/x86_64-linux-gnu/libssl.so.3", 16 << 20);
  if (!image) GTEST_SKIP() << "no libssl.so.3 in the usual folder";

  const std::vector<Site> sites = pick(*image);

  EXPECT_GE(count_kind(sites, SiteKind::kTlsRead), 1u);
  EXPECT_GE(count_kind(sites, SiteKind::kTlsWrite), 1u);
  EXPECT_EQ(count_kind(sites, SiteKind::kTlsFree), 2u);  // SSL_free, SSL_clear
  EXPECT_TRUE(std::all_of(sites.begin(), sites.end(),
                          [](const Site& site) { return site.is_function_entry == 1; }));
}

// The functions of other stacks differ in what they return and in what they serve.
TEST(SitePickerTest, SaysHowEachStackCounts) {
  const std::string image = build_library(library(
      function("gnutls_record_send", "push %rbx\nret") + function("PR_Recv", "push %rbx\nret") +
      function("SSL_sendfile", "push %rbx\nret") + function("mbedtls_ssl_read", "push %rbx\nret")));
  const auto flags_at = [&](const char* name) {
    for (const Site& site : pick(image)) {
      if (site.file_offset == offset_of(image, name)) return int{site.flags};
    }
    return -1;
  };

  EXPECT_EQ(flags_at("gnutls_record_send"), kSiteWideReturn);
  EXPECT_EQ(flags_at("PR_Recv"), kSiteNeedsProof | kSitePeekFlag);
  EXPECT_EQ(flags_at("SSL_sendfile"), kSiteWideReturn | kSiteNoPayload);
  EXPECT_EQ(flags_at("mbedtls_ssl_read"), 0);
}

struct MachineLibrary {
  const char* name;
  const char* path;
  std::size_t stepped;  // sites that are dear for want of a better place
};

class MachineLibraryTest : public testing::TestWithParam<MachineLibrary> {};

TEST_P(MachineLibraryTest, IsServed) {
  const std::string path = std::filesystem::weakly_canonical(GetParam().path);
  const auto image = read_file(path, 16 << 20);
  if (!image) GTEST_SKIP() << "not installed: " << GetParam().path;

  const std::vector<Site> sites = pick(*image);

  EXPECT_GE(count_kind(sites, SiteKind::kTlsRead), 1u);
  EXPECT_GE(count_kind(sites, SiteKind::kTlsWrite), 1u);
  EXPECT_GE(count_kind(sites, SiteKind::kTlsFree), 1u);
  EXPECT_EQ(std::count_if(sites.begin(), sites.end(),
                          [](const Site& s) { return moves_bytes(s) && s.is_cheap == 0; }),
            GetParam().stepped);
}

INSTANTIATE_TEST_SUITE_P(
    Debian, MachineLibraryTest,
    testing::Values(MachineLibrary{"OpenSsl", "/usr/lib/x86_64-linux-gnu/libssl.so.3", 0},
                    MachineLibrary{"GnuTls", "/usr/lib/x86_64-linux-gnu/libgnutls.so.30", 2},
                    MachineLibrary{"Nspr", "/usr/lib/x86_64-linux-gnu/libnspr4.so", 4},
                    MachineLibrary{"WolfSsl", "/usr/lib/x86_64-linux-gnu/libwolfssl.so.35", 0},
                    MachineLibrary{"MbedTls", "/usr/lib/x86_64-linux-gnu/libmbedtls.so.14", 0}),
    [](const auto& test) { return test.param.name; });

TEST(SitePickerTest, FindsTheLoadersChangeFunction) {
  const auto image = read_file("/lib64/ld-linux-x86-64.so.2", 16 << 20);
  if (!image) GTEST_SKIP() << "no glibc loader in the usual folder";

  EXPECT_EQ(count_kind(pick(*image), SiteKind::kLoaderChange), 1u);
}

TEST(SitePickerTest, RefusesWhatIsNoElfFile) {
  EXPECT_EQ(pick_sites(as_bytes("#!/bin/sh\n"), {}).error().code(), ErrorCode::kUnsupported);
}

TEST(SitePickerTest, SurvivesEveryTruncationOfTheHeaders) {
  const std::string image =
      build_library(library(function("SSL_write", kWriteByFourth) + local("internal", kInternal)));

  for (std::size_t size = 0; size < std::min<std::size_t>(image.size(), 1024); ++size) {
    const auto sites = pick_sites(as_bytes(image).first(size), {});
    EXPECT_TRUE(!sites || sites->empty()) << size;
  }
}

}  // namespace
}  // namespace scopetrace
