// SPDX-License-Identifier: Apache-2.0
#include "cli/decryption.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "userspace/base/file.h"
#include "userspace/base/pipe.h"
#include "userspace/base/secret_memory.h"

namespace scopetrace {
namespace {

Result<std::vector<std::string>> decrypt_arguments(const std::vector<std::string>& identities) {
  std::vector<std::string> arguments = {"--decrypt"};
  for (const std::string& identity : identities) {
    if (identity == "-") {
      return fail(Error(ErrorCode::kUsage, "an identity cannot come from standard input")
                      .with_hint("--identity FILE names a file"));
    }
    arguments.insert(arguments.end(), {"--identity", identity});
  }
  return arguments;
}

Error explain_nothing(const Error& error) {
  const bool has_no_key = error.message().find("no identity matched") != std::string::npos;
  return Error(ErrorCode::kIo, error.message())
      .with_hint(has_no_key ? "give the private key of one of its recipients: --identity FILE"
                            : "--identity FILE is a key file of age or an ssh-ed25519 private key");
}

std::string describe(AgeRest rest) {
  switch (rest) {
    case AgeRest::kCut:
      return "is cut";
    case AgeRest::kUnwritten:
      return "was not written to its end";
    case AgeRest::kChanged:
      break;
  }
  return "was changed behind what could be read";
}

// Until nobody writes the file any more, or nobody reads it.
Status feed(GrowingSource& file, int pipe) {
  constexpr std::size_t kStep = 64 * 1024;
  ByteVector block;
  std::uint64_t at = 0;
  bool goes_on = true;
  while (goes_on) {
    ST_ASSIGN_OR_RETURN(const std::uint64_t there, file.available(at, kStep));
    block.resize(there);
    ST_RETURN_IF_ERROR(file.read(at, block));
    ST_RETURN_IF_ERROR(write_all(pipe, block));
    at += there;
    if (there != 0) continue;
    ST_ASSIGN_OR_RETURN(goes_on, file.wait_for_more());
  }
  return {};
}

}  // namespace

class DecryptedSource::Feeder {
 public:
  Feeder(GrowingSource file, UniqueFd pipe)
      : file_(std::move(file)), pipe_(std::move(pipe)), thread_([this] { run(); }) {}

 private:
  // What age makes of an early end says more than why reading ended.
  void run() {
    file_.stop_without_reader(pipe_.get());
    static_cast<void>(feed(file_, pipe_.get()));
    pipe_ = UniqueFd();
  }

  GrowingSource file_;
  UniqueFd pipe_;
  std::jthread thread_;  // last: ends before what it uses
};

DecryptedSource::DecryptedSource(UniqueFd file, UniqueFd output, AgeProcess age)
    : file_(std::move(file)),
      output_(std::move(output)),
      source_(output_.get()),
      age_(std::move(age)) {}

DecryptedSource::DecryptedSource(DecryptedSource&& other) noexcept = default;
DecryptedSource::~DecryptedSource() = default;

Result<DecryptedSource> DecryptedSource::start(UniqueFd file, int input,
                                               const std::vector<std::string>& identities) {
  ST_RETURN_IF_ERROR(forbid_dumps());  // what comes out is in this memory
  ST_ASSIGN_OR_RETURN(const std::vector<std::string> arguments, decrypt_arguments(identities));
  ST_ASSIGN_OR_RETURN(Pipe output, make_pipe());
  ST_ASSIGN_OR_RETURN(AgeProcess age, AgeProcess::start(arguments, input, output.writer.get(),
                                                        AgeProcess::Terminal::kShared));
  return DecryptedSource(std::move(file), std::move(output.reader), std::move(age));
}

Result<DecryptedSource> DecryptedSource::open(UniqueFd file,
                                              const std::vector<std::string>& identities) {
  const int input = file.get();
  return start(std::move(file), input, identities);
}

Result<DecryptedSource> DecryptedSource::follow(GrowingSource file,
                                                const std::vector<std::string>& identities) {
  UniqueFd same(::fcntl(file.fd(), F_DUPFD_CLOEXEC, 0));
  if (!same) return fail_errno("open the bundle twice");
  ST_ASSIGN_OR_RETURN(Pipe input, make_pipe());
  ST_ASSIGN_OR_RETURN(DecryptedSource source,
                      start(std::move(same), input.reader.get(), identities));
  if (::fcntl(source.output_.get(), F_SETFL, O_RDONLY | O_NONBLOCK) != 0) {
    return fail_errno("set up the pipe of age");
  }
  source.feeder_ = std::make_unique<Feeder>(std::move(file), std::move(input.writer));
  return source;
}

Result<std::uint64_t> DecryptedSource::available(std::uint64_t offset, std::uint64_t wanted_bytes) {
  ST_ASSIGN_OR_RETURN(const std::uint64_t there, source_.available(offset, wanted_bytes));
  end_ = std::max(end_, offset + there);
  return there;
}

Status DecryptedSource::read(std::uint64_t offset, std::span<std::byte> out) {
  return source_.read(offset, out);
}

Result<bool> DecryptedSource::wait_for_more() {
  std::fflush(stdout);
  return source_.wait_for_more();
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

Status judge_decryption(DecryptedSource& source, VerifyReport& report) {
  // What came is wrong already, and reading ended there: age was cut off.
  if (report.verdict == Verdict::kTampered) return {};
  ST_ASSIGN_OR_RETURN(const std::string problem, source.finish());
  if (problem.empty()) return {};
  const AgeRest rest = source.rest();
  report.verdict = std::max(report.verdict,
                            rest == AgeRest::kChanged ? Verdict::kTampered : Verdict::kIncomplete);
  report.reasons.push_back("the encrypted file " + describe(rest) + ": " + problem);
  return {};
}

}  // namespace scopetrace
