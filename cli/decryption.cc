// SPDX-License-Identifier: Apache-2.0
#include "cli/decryption.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

// The form of age-encryption.org/v1: a header of lines, the last of them `--- MAC`, a nonce, and
// pieces with a tag each.
constexpr std::uint64_t kNonceBytes = 16;
constexpr std::uint64_t kPieceBytes = 64 * 1024;
constexpr std::uint64_t kSealedPieceBytes = kPieceBytes + 16;
constexpr std::size_t kMaxHeader = 64 * 1024;

std::string read_start(int fd, std::size_t most_bytes) {
  std::string start(most_bytes, '\0');
  const ssize_t got = ::pread(fd, start.data(), start.size(), 0);
  start.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return start;
}

// Where the pieces begin; 0 when the header has no end.
std::uint64_t payload_offset(int fd) {
  const std::string start = read_start(fd, kMaxHeader);
  const std::size_t last = start.find("\n--- ");
  const std::size_t end = last == start.npos ? start.npos : start.find('\n', last + 1);
  return end == start.npos ? 0 : end + 1 + kNonceBytes;
}

Error explain_nothing(const Error& error) {
  const bool has_no_key = error.message().find("no identity matched") != std::string::npos;
  return Error(ErrorCode::kIo, error.message())
      .with_hint(has_no_key ? "give the private key of one of its recipients: --identity FILE"
                            : "--identity FILE is a key file of age or an ssh-ed25519 private key");
}

}  // namespace

bool is_age_file(int fd) { return read_start(fd, kAgeMagic.size()) == kAgeMagic; }

Result<DecryptedSource> DecryptedSource::open(UniqueFd file,
                                              const std::vector<std::string>& identities) {
  std::vector<std::string> arguments = {"--decrypt"};
  for (const std::string& identity : identities) {
    if (identity == "-") {
      return fail(Error(ErrorCode::kUsage, "an identity cannot come from standard input")
                      .with_hint("--identity FILE names a file"));
    }
    arguments.insert(arguments.end(), {"--identity", identity});
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
  UniqueFd output(ends[0]);
  const UniqueFd theirs(ends[1]);
  ST_ASSIGN_OR_RETURN(AgeProcess age, AgeProcess::start(arguments, file.get(), theirs.get(),
                                                        AgeProcess::Terminal::kShared));
  return DecryptedSource(std::move(file), std::move(output), std::move(age));
}

Result<std::uint64_t> DecryptedSource::available(std::uint64_t offset, std::uint64_t wanted_bytes) {
  ST_ASSIGN_OR_RETURN(const std::uint64_t there, source_.available(offset, wanted_bytes));
  end_ = std::max(end_, offset + there);
  return there;
}

Status DecryptedSource::read(std::uint64_t offset, std::span<std::byte> out) {
  return source_.read(offset, out);
}

Result<std::string> DecryptedSource::finish() {
  output_ = UniqueFd();
  const Status ended = age_.wait();
  if (ended) return std::string();
  // Some of the first piece came, or none because it is not whole: the key was the right one.
  const bool is_opened =
      end_ > 0 || ended.error().message().find("payload chunk") != std::string::npos;
  if (is_opened) return ended.error().message();
  return fail(explain_nothing(ended.error()));
}

Result<bool> DecryptedSource::is_changed() const {
  ST_ASSIGN_OR_RETURN(const FileSource file, FileSource::open(file_.get()));
  const std::uint64_t opened = payload_offset(file_.get()) + end_ / kPieceBytes * kSealedPieceBytes;
  return file.size() >= opened + kSealedPieceBytes;
}

Status judge_decryption(DecryptedSource& source, VerifyReport& report) {
  // What came is wrong already, and reading ended there: age was cut off.
  if (report.verdict == Verdict::kTampered) return {};
  ST_ASSIGN_OR_RETURN(const std::string problem, source.finish());
  if (problem.empty()) return {};
  ST_ASSIGN_OR_RETURN(const bool is_changed, source.is_changed());
  report.verdict = std::max(report.verdict, is_changed ? Verdict::kTampered : Verdict::kIncomplete);
  report.reasons.push_back(
      is_changed ? "the encrypted file was changed behind what could be read: " + problem
                 : "the encrypted file is cut: " + problem);
  return {};
}

}  // namespace scopetrace
