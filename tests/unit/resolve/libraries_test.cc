// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/libraries.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/unit/scopes/scratch.h"
#include "userspace/resolve/kernel_tls.h"

namespace scopetrace {
namespace {

TEST(ParseMapsTest, KeepsExecutableFileMappings) {
  const auto mappings = parse_maps(
      "1000-2000 r--p 00000000 fe:01 7  /usr/lib/libssl.so.3\n"
      "2000-4000 r-xp 00001000 fe:01 7  /usr/lib/libssl.so.3\n"
      "5000-6000 r-xp 00000000 00:00 0  [vdso]\n"
      "7000-8000 rwxp 00000000 00:00 0 \n");

  ASSERT_EQ(mappings.size(), 1u);
  EXPECT_EQ(mappings[0].start, 0x2000u);
  EXPECT_EQ(mappings[0].end, 0x4000u);
  EXPECT_EQ(mappings[0].file_offset, 0x1000u);
  EXPECT_EQ(mappings[0].device, makedev(0xfe, 1));
  EXPECT_EQ(mappings[0].inode, 7u);
  EXPECT_EQ(mappings[0].path, "/usr/lib/libssl.so.3");
  EXPECT_FALSE(mappings[0].is_deleted);
}

TEST(ParseMapsTest, UndoesDeletionMarkAndEscapes) {
  const auto mappings = parse_maps("1-2 r-xp 0 0:1 7  /a b\\012c (deleted)\n");

  ASSERT_EQ(mappings.size(), 1u);
  EXPECT_EQ(mappings[0].path, "/a b\nc");
  EXPECT_TRUE(mappings[0].is_deleted);
}

TEST(ParseMapsTest, SkipsLinesThatDoNotParse) {
  EXPECT_TRUE(parse_maps("\n\nx\n4-2 r-xp 0 0:1 7 /a\n1-2 r-xp\n").empty());
  EXPECT_TRUE(parse_maps("").empty());
}

struct NameCase {
  const char* name;
  const char* path;
  const char* library;
};

class ClassifyLibraryTest : public testing::TestWithParam<NameCase> {};

TEST_P(ClassifyLibraryTest, NamesLibrary) {
  EXPECT_EQ(classify_library(GetParam().path), GetParam().library);
}

INSTANTIATE_TEST_SUITE_P(
    Names, ClassifyLibraryTest,
    testing::Values(NameCase{"OpenSsl", "/usr/lib/libssl.so.3", "libssl"},
                    NameCase{"BundledOpenSsl", "/w/libssl-1ab.so.1.1", "libssl"},
                    NameCase{"MozillasOwn", "/usr/lib/libssl3.so", ""},
                    NameCase{"MozillasRuntime", "/usr/lib/libnspr4.so", "nss"},
                    NameCase{"GnuTls", "/usr/lib/libgnutls.so.30.1", "gnutls"},
                    NameCase{"BundledGnuTls", "/w/libgnutls-1ab.so.30", "gnutls"},
                    NameCase{"OpenSslOverGnuTls", "/usr/lib/libgnutls-openssl.so.27", ""},
                    NameCase{"WolfSsl", "/usr/lib/libwolfssl.so.35", "wolfssl"},
                    NameCase{"MbedTls", "/usr/lib/libmbedtls.so.14", "mbedtls"},
                    NameCase{"Java", "/usr/lib/jvm/lib/server/libjvm.so", "java"},
                    NameCase{"MuslLoader", "/lib/ld-musl-x86_64.so.1", "loader"},
                    NameCase{"Loader", "/lib64/ld-linux-x86-64.so.2", "loader"},
                    NameCase{"Crypto", "/usr/lib/libcrypto.so.3", ""},
                    NameCase{"FolderOnly", "/libssl.so.3/other.so", ""}, NameCase{"Empty", "", ""}),
    [](const auto& test) { return test.param.name; });

const TlsFile* find_kind(const TlsFiles& found, TlsFileKind kind) {
  const auto file = std::find_if(found.files.begin(), found.files.end(),
                                 [&](const TlsFile& one) { return one.kind == kind; });
  return file == found.files.end() ? nullptr : &*file;
}

const TlsFile* find_library(const TlsFiles& found, std::string_view library) {
  const auto file = std::find_if(found.files.begin(), found.files.end(),
                                 [&](const TlsFile& one) { return one.library == library; });
  return file == found.files.end() ? nullptr : &*file;
}

TEST(FindTlsFilesTest, FindsExecutableAndLoaderOfThisProcess) {
  const auto found = find_tls_files(static_cast<std::uint32_t>(::getpid()));

  ASSERT_TRUE(found);
  const TlsFile* executable = find_kind(*found, TlsFileKind::kExecutable);
  ASSERT_NE(executable, nullptr);
  EXPECT_TRUE(executable->fd);
  EXPECT_FALSE(executable->executable_ranges.empty());
  const TlsFile* loader = find_kind(*found, TlsFileKind::kLoader);
  ASSERT_NE(loader, nullptr);
  EXPECT_TRUE(loader->is_mapped);
}

TEST(FindTlsFilesTest, FindsLibsslThatIsNotMappedYet) {
  if (::access("/usr/lib/x86_64-linux-gnu/libssl.so.3", R_OK) != 0) {
    GTEST_SKIP() << "no libssl.so.3 in the usual folder";
  }

  const auto found = find_tls_files(static_cast<std::uint32_t>(::getpid()));

  ASSERT_TRUE(found);
  const TlsFile* libssl = find_library(*found, "libssl");
  ASSERT_NE(libssl, nullptr);
  EXPECT_EQ(libssl->kind, TlsFileKind::kLibrary);
  EXPECT_FALSE(libssl->is_mapped);
  EXPECT_FALSE(libssl->executable_ranges.empty());
}

// On an overlay file system, maps names the device and inode of the file below.
TEST(FindTlsFilesTest, KnowsAMappedFileByItsOwnIdentity) {
  const ScratchFolder folder;
  const std::string proc = folder.file("1");
  std::filesystem::create_directories(proc + "/map_files");
  std::filesystem::create_symlink("/", proc + "/root");
  std::filesystem::create_symlink("/proc/self/exe", proc + "/exe");
  std::filesystem::create_symlink("/proc/self/exe", proc + "/map_files/1000-3000");
  std::ofstream(proc + "/maps") << "1000-3000 r-xp 00001000 00:1d 7  /elsewhere/libssl.so.3\n";

  const auto found = find_tls_files(1, folder.path());

  ASSERT_TRUE(found);
  const TlsFile* file = find_kind(*found, TlsFileKind::kExecutable);
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(file->executable_ranges.size(), 1U);
  EXPECT_EQ(file->executable_ranges[0].start, 0x1000U);
}

// Alpine's layout: no ld.so.cache, libraries directly in /lib and /usr/lib.
TEST(FindTlsFilesTest, FindsUnmappedLibrariesOfAlpine) {
  const ScratchFolder folder;
  ASSERT_EQ(folder.run("mkdir -p 1/map_files 1/root/usr/lib 1/root/lib && "
                       "cp /proc/self/exe 1/root/usr/lib/libssl.so.3 && "
                       "cp /proc/self/exe 1/root/lib/libgnutls.so.30.1 && "
                       "ln -s libgnutls.so.30.1 1/root/lib/libgnutls.so.30 && "
                       "ln -s /proc/self/exe 1/exe && : >1/maps"),
            0);

  const auto found = find_tls_files(1, folder.path());

  ASSERT_TRUE(found);
  std::string libraries;
  for (const TlsFile& file : found->files) libraries += file.library + " ";
  EXPECT_EQ(libraries, "executable libssl gnutls ");
}

// Source of the names: net/tls/tls_proc.c.
TEST(FindTlsFilesTest, NamesTlsOfTheKernel) {
  const ScratchFolder folder;
  ASSERT_EQ(
      folder.run("mkdir -p 1/map_files 1/root 1/net && ln -s /proc/self/exe 1/exe && : >1/maps"),
      0);
  folder.write("1/net/tls_stat", "TlsCurrTxSw   \t2\nTlsCurrRxSw\t1\nTlsTxSw\t90\n");

  const auto found = find_tls_files(1, folder.path());

  ASSERT_TRUE(found);
  ASSERT_EQ(found->files.size(), 2U);
  EXPECT_EQ(found->files[1].kind, TlsFileKind::kUncovered);
  EXPECT_EQ(found->files[1].library, "kernel TLS in this network namespace");
}

TEST(CountKernelTlsTest, CountsWhatIsCurrent) {
  EXPECT_EQ(count_kernel_tls("TlsCurrTxSw\t2\nTlsCurrRxDevice\t1\nTlsTxSw\t90\n"), 3U);
  EXPECT_EQ(count_kernel_tls("TlsCurrTxSw\nTlsCurr 99999999999999999999999\n\nx"), 0U);
  EXPECT_EQ(count_kernel_tls(""), 0U);
}

// Whatever does not answer in time is named; no time at all is too little for anything.
TEST(FindTlsFilesTest, NamesWhatDoesNotAnswer) {
  using std::chrono::milliseconds;

  const auto found = find_tls_files(static_cast<std::uint32_t>(::getpid()), "/proc",
                                    {.each = milliseconds(0), .whole = milliseconds(6000)});

  ASSERT_TRUE(found);
  EXPECT_EQ(find_kind(*found, TlsFileKind::kExecutable), nullptr);
  EXPECT_EQ(find_kind(*found, TlsFileKind::kLoader), nullptr);
  std::string late;
  for (const TlsProblem& problem : found->problems) {
    EXPECT_EQ(problem.reason, "could not be looked at within 0 s");
    late += problem.name + (problem.is_mapped ? " mapped, " : ", ");
  }
  EXPECT_NE(late.find("executable mapped, "), std::string::npos) << late;
  EXPECT_NE(late.find("ld-linux-x86-64.so.2 mapped, "), std::string::npos) << late;
  EXPECT_NE(late.find("/usr/local/lib, "), std::string::npos) << late;
}

// Files that nobody tried to look at are not said to have been too slow.
TEST(FindTlsFilesTest, NamesWhatWasNotLookedAtAnyMore) {
  using std::chrono::milliseconds;

  const auto found = find_tls_files(static_cast<std::uint32_t>(::getpid()), "/proc",
                                    {.each = milliseconds(2000), .whole = milliseconds(0)});

  ASSERT_TRUE(found);
  EXPECT_TRUE(std::any_of(found->problems.begin(), found->problems.end(),
                          [](const TlsProblem& one) { return one.name == "executable"; }));
  for (const TlsProblem& problem : found->problems) {
    EXPECT_EQ(problem.reason, "was not looked at: other files did not answer within 0 s");
  }
}

TEST(FindTlsFilesTest, TellsThatTheProcessHasGone) { EXPECT_FALSE(find_tls_files(0x7fffffff)); }

}  // namespace
}  // namespace scopetrace
