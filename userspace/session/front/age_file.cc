// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/age_file.h"

#include <unistd.h>

#include <algorithm>
#include <string>

namespace scopetrace {
namespace {

constexpr std::uint64_t kNonceBytes = 16;
constexpr std::uint64_t kPieceBytes = 64 * 1024;
constexpr std::uint64_t kSealedPieceBytes = kPieceBytes + 16;  // with its tag
constexpr std::size_t kMaxHeader = 64 * 1024;
// So many zeros in a row do not happen in ciphertext. A sector that was not written has more.
constexpr std::size_t kUnwrittenBytes = 64;

// At most `most_bytes` from an offset; shorter at the end of the file, or where it cannot be read.
std::string read_some(int fd, std::uint64_t offset, std::size_t most_bytes) {
  std::string bytes(most_bytes, '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

}  // namespace

bool is_age_file(int fd) { return read_some(fd, 0, kAgeMagic.size()) == kAgeMagic; }

std::uint64_t age_payload_offset(std::string_view start) {
  start = start.substr(0, kMaxHeader);
  const std::size_t last = start.find("\n--- ");
  const std::size_t end = last == start.npos ? start.npos : start.find('\n', last + 1);
  return end == start.npos ? 0 : end + 1 + kNonceBytes;
}

AgeRest judge_age_rest(int fd, std::uint64_t plain_bytes) {
  const std::uint64_t payload = age_payload_offset(read_some(fd, 0, kMaxHeader));
  const std::string piece =
      read_some(fd, payload + plain_bytes / kPieceBytes * kSealedPieceBytes, kSealedPieceBytes);
  if (piece.size() < kSealedPieceBytes) return AgeRest::kCut;
  const bool is_unwritten = piece.find(std::string(kUnwrittenBytes, '\0')) != piece.npos;
  return is_unwritten ? AgeRest::kUnwritten : AgeRest::kChanged;
}

}  // namespace scopetrace
