// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/linked_stacks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "userspace/base/file.h"
#include "userspace/resolve/elf.h"

namespace scopetrace {
namespace {

constexpr char kSigned[] = "TLS 1.3, client CertificateVerify";

struct LinkedCase {
  const char* name;
  std::string text;
  LinkedStacks stacks;
};

class LinkedStacksTest : public testing::TestWithParam<LinkedCase> {};

TEST_P(LinkedStacksTest, TellsThemByTheirTexts) {
  const std::string image = std::string(100, 'x') + GetParam().text + std::string(1, '\0');

  const Bytes part = as_bytes(image);
  EXPECT_EQ(find_linked_stacks({&part, 1}), GetParam().stacks);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, LinkedStacksTest,
    testing::Values(LinkedCase{"OpenSsl", "../ssl/ssl_lib.c", kLinkedOpenssl},
                    LinkedCase{"BoringSsl", "src/ssl/ssl_lib.cc", kLinkedBoringssl},
                    LinkedCase{"Rustls", "/registry/src/x/rustls-0.20.8/src/conn.rs",
                               kLinkedRustls},
                    LinkedCase{"S2n", "tls/s2n_connection.c", kLinkedS2n},
                    LinkedCase{"Go", std::string("\xff Go buildinf:") + kSigned, kLinkedGo},
                    LinkedCase{"GoWithoutTls", "\xff Go buildinf:", 0},
                    LinkedCase{"OpenSslAndAnyTls13", std::string("ssl/ssl_lib.c") + '\0' + kSigned,
                               kLinkedOpenssl},
                    LinkedCase{"Unknown", kSigned, kLinkedOther},
                    LinkedCase{"ImportedName", "SSL_write", 0}, LinkedCase{"None", "", 0}),
    [](const auto& test) { return test.param.name; });

struct LibraryCase {
  const char* name;
  const char* path;
  LinkedStacks stacks;
};

class LinkedStacksOfMachineTest : public testing::TestWithParam<LibraryCase> {};

// What is linked statically holds the same texts as the shared library.
TEST_P(LinkedStacksOfMachineTest, TellsTheLibrary) {
  const std::string path = std::filesystem::weakly_canonical(GetParam().path);
  const auto image = read_file(path, 64 << 20);
  if (!image) GTEST_SKIP() << "not installed: " << GetParam().path;

  const auto file = ElfFile::parse(as_bytes(*image));
  ASSERT_TRUE(file);
  EXPECT_EQ(find_linked_stacks(file->constant_parts()), GetParam().stacks);
}

INSTANTIATE_TEST_SUITE_P(
    Debian, LinkedStacksOfMachineTest,
    testing::Values(
        LibraryCase{"OpenSsl", "/usr/lib/x86_64-linux-gnu/libssl.so.3", kLinkedOpenssl},
        LibraryCase{"GnuTls", "/usr/lib/x86_64-linux-gnu/libgnutls.so.30", kLinkedGnutls},
        LibraryCase{"MbedTls", "/usr/lib/x86_64-linux-gnu/libmbedtls.so.14", kLinkedMbedtls},
        LibraryCase{"WolfSsl", "/usr/lib/x86_64-linux-gnu/libwolfssl.so.35", kLinkedWolfssl},
        LibraryCase{"Nss", "/usr/lib/x86_64-linux-gnu/libssl3.so", kLinkedOther},
        LibraryCase{"LibC", "/usr/lib/x86_64-linux-gnu/libc.so.6", 0}),
    [](const auto& test) { return test.param.name; });

TEST(LinkedStacksTest, NamesThem) {
  EXPECT_EQ(name_linked_stacks(0), "");
  EXPECT_EQ(name_linked_stacks(kLinkedOpenssl | kLinkedGo), "OpenSSL and Go");
  EXPECT_EQ(name_linked_stacks(kLinkedOther), "an unknown TLS library");
}

}  // namespace
}  // namespace scopetrace
