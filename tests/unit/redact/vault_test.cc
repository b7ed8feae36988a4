// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/vault.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tests/unit/base/memory_flags.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/base/secret_memory.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {
namespace {

std::size_t count_found(const Vault& vault, const std::string& text) {
  std::vector<Finding> findings;
  vault.find(text, findings);
  return findings.size();
}

TEST(VaultTest, FindsEveryFormOfAValue) {
  const std::string value = make_secret(24) + "/+ é";
  Vault vault;
  EXPECT_TRUE(vault.learn(value));
  EXPECT_FALSE(vault.learn(value));
  for (const std::string& text :
       {value, to_hex(as_bytes(value)), to_base64(as_bytes(value)),
        to_base64(as_bytes("x" + value)), to_base64(as_bytes("xy" + value))}) {
    EXPECT_EQ(count_found(vault, "a " + text + " b"), 1U) << text;
  }
  EXPECT_EQ(count_found(vault, value.substr(0, 20)), 0U);
}

TEST(VaultTest, FindsOneOfManyValues) {
  Vault vault;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) vault.learn(make_secret(20, seed));
  std::size_t found = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed)
    found += count_found(vault, make_secret(20, seed));
  EXPECT_EQ(found, 2000U);
  EXPECT_EQ(count_found(vault, make_secret(20, 2001)), 0U);
}

// Looks through the memory of this process for a text of which it has a masked copy only.
class OrdinaryMemory {
 public:
  static constexpr char kMask = 0x5a;

  bool holds(const std::string& masked) {
    masked_ = masked;
    std::ifstream maps("/proc/self/smaps");
    unsigned long begin = 0, end = 0;
    bool is_writable = false, is_found = false;
    for (std::string line; std::getline(maps, line);) {
      unsigned long from = 0, to = 0;
      char access[5] = "";
      if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, access) == 3) {
        begin = from, end = to, is_writable = access[1] == 'w';
      }
      const bool is_ordinary = is_writable && line.starts_with("VmFlags:") &&
                               (line + " ").find(" dd ") == std::string::npos;
      is_found = is_found || (is_ordinary && holds_within(begin, end));
    }
    return is_found;
  }

 private:
  bool holds_within(unsigned long begin, unsigned long end) {
    const ssize_t got = ::pread(memory_.get(), buffer_.data(),
                                std::min(end - begin, buffer_.size()), static_cast<off_t>(begin));
    const char* first = buffer_.data();
    const char* last = first + std::max<ssize_t>(got, 0);
    const auto is_masked = [](char a, char b) { return static_cast<char>(a ^ kMask) == b; };
    return std::search(first, last, masked_.begin(), masked_.end(), is_masked) != last;
  }

  UniqueFd memory_{::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)};
  SecretBuffer buffer_ = *SecretBuffer::make(64 << 20);
  std::string masked_;
};

TEST(VaultTest, FormsAreInMemoryForSecretsOnly) {
  const std::string value = make_secret(40, 99);
  std::string masked;  // of the hexadecimal form, which nobody but the vault makes
  for (const char c : value.substr(8, 16)) {
    for (const int shift : {4, 0})
      masked += static_cast<char>("0123456789abcdef"[c >> shift & 15] ^ OrdinaryMemory::kMask);
  }
  OrdinaryMemory memory;
  Vault vault;
  vault.learn(value);

  EXPECT_FALSE(memory.holds(masked));

  const std::string copy = to_hex(as_bytes(value));
  EXPECT_TRUE(memory.holds(masked)) << copy.size();
}

}  // namespace
}  // namespace scopetrace
