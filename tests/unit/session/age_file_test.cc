// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/age_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "userspace/base/bytes.h"
#include "userspace/base/file.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {
namespace {

constexpr std::size_t kPiece = 65536 + 16;

// A file of age: a header, a nonce, so many whole pieces and the beginning of another.
class AgeFileTest : public ::testing::Test {
 protected:
  static std::string header() {
    return std::string(kAgeMagic) + "-> X25519 abc\ndef\n--- mac\n" + std::string(16, 'n');
  }
  static std::string file_of(std::size_t pieces, std::size_t more_bytes) {
    return header() + std::string(pieces * kPiece + more_bytes, 'c');
  }
  void write(const std::string& bytes) {
    file_ = UniqueFd(::memfd_create("age", MFD_CLOEXEC));
    ASSERT_TRUE(write_all(file_.get(), as_bytes(bytes)));
  }

  UniqueFd file_;
};

TEST_F(AgeFileTest, IsKnownByItsFirstLine) {
  write(file_of(0, 0));
  EXPECT_TRUE(is_age_file(file_.get()));

  write("(\xb5/\xfd and so on, as a plain bundle begins");
  EXPECT_FALSE(is_age_file(file_.get()));

  write(std::string(kAgeMagic.substr(0, 20)));
  EXPECT_FALSE(is_age_file(file_.get()));
}

TEST_F(AgeFileTest, BeginsBehindHeaderAndNonce) {
  EXPECT_EQ(age_payload_offset(file_of(1, 0)), header().size());
}

TEST_F(AgeFileTest, HasNoBeginningWithoutTheEndOfItsHeader) {
  EXPECT_EQ(age_payload_offset(""), 0U);
  EXPECT_EQ(age_payload_offset(std::string(kAgeMagic) + "-> X25519 abc\n--- mac"), 0U);
  EXPECT_EQ(age_payload_offset(std::string(kAgeMagic) + std::string(70'000, 'x') + "\n--- m\n"),
            0U);
}

TEST_F(AgeFileTest, IsCutWherePartOfAPieceIsLeft) {
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}, kPiece - 1}) {
    write(file_of(2, more));
    EXPECT_EQ(judge_age_rest(file_.get(), 2 * 65536), AgeRest::kCut) << more;
  }
}

TEST_F(AgeFileTest, WasChangedWhereAWholePieceDoesNotOpen) {
  write(file_of(2, 0));

  EXPECT_EQ(judge_age_rest(file_.get(), 65536), AgeRest::kChanged);
  EXPECT_EQ(judge_age_rest(file_.get(), 0), AgeRest::kChanged);
}

TEST_F(AgeFileTest, WasNotWrittenWhereAPieceHasZeros) {
  std::string bytes = file_of(3, 10);
  bytes.replace(header().size() + kPiece + 1000, 64, 64, '\0');
  write(bytes);

  EXPECT_EQ(judge_age_rest(file_.get(), 65536), AgeRest::kUnwritten);
  EXPECT_EQ(judge_age_rest(file_.get(), 0), AgeRest::kChanged);          // the piece before
  EXPECT_EQ(judge_age_rest(file_.get(), 2 * 65536), AgeRest::kChanged);  // and behind
}

TEST_F(AgeFileTest, AFewZerosAreCiphertext) {
  std::string bytes = file_of(1, 0);
  bytes.replace(header().size() + 1000, 63, 63, '\0');
  write(bytes);

  EXPECT_EQ(judge_age_rest(file_.get(), 0), AgeRest::kChanged);
}

}  // namespace
}  // namespace scopetrace
