// SPDX-License-Identifier: Apache-2.0
// Input: how the bytes come out of the pipe (1 byte: their pieces), how many zeros end the file of
// age (1 byte: KiB times 4), a place (2 bytes), and bytes that replace those of a good bundle
// there; an empty rest cuts the bundle. Property: a bundle that comes out of a pipe in any pieces
// is verified, followed and recovered as one in memory is, and nothing that recovers is more than
// was verified. What is told of a file of age without its key is the same for the same header, and
// a cut is never a change.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "tests/support/bundle_fixture.h"
#include "tests/support/fuzz_target.h"
#include "userspace/base/file.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/recover.h"
#include "userspace/session/front/age_file.h"

namespace {

using scopetrace::AgeRest;
using scopetrace::Bytes;
using scopetrace::ByteVector;
using scopetrace::UniqueFd;
using scopetrace::VerifyReport;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Good {
  Good() {
    fixture.recipients = {"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"};
    fixture.piece = 512;  // so that a place reaches all of it
    bytes = fixture.bundle();
    inputs.trust = fixture.trust();
  }

  scopetrace::BundleFixture fixture;
  ByteVector bytes;
  scopetrace::VerifyInputs inputs;
};

ByteVector change(const ByteVector& good, Bytes input) {
  const std::size_t place =
      (std::to_integer<std::size_t>(input[0]) << 8 | std::to_integer<std::size_t>(input[1])) %
      good.size();
  const Bytes rest = input.subspan(2);
  ByteVector bytes = good;
  if (rest.empty()) bytes.resize(place);
  bytes.resize(std::max(bytes.size(), place + rest.size()));
  std::copy(rest.begin(), rest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(place));
  return bytes;
}

// A pipe that gives these bytes in so many pieces, one a read.
UniqueFd piped(Bytes bytes, std::size_t pieces) {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  const std::size_t step = bytes.size() / pieces + 1;
  while (!bytes.empty()) {
    const Bytes piece = bytes.first(std::min(step, bytes.size()));
    require(::send(writer.get(), piece.data(), piece.size(), 0) ==
            static_cast<ssize_t>(piece.size()));
    bytes = bytes.subspan(piece.size());
  }
  return reader;
}

VerifyReport verify(scopetrace::ByteSource& source, const Good& good) {
  auto report = scopetrace::verify_bundle(source, good.inputs);
  require(report.has_value());
  return *std::move(report);
}

// In memory, and out of a pipe that is waited for at every look or only when nothing has come.
void check_reader(const Good& good, const ByteVector& bytes, std::size_t pieces) {
  scopetrace::MemorySource memory(bytes);
  const VerifyReport report = verify(memory, good);
  for (const int flags : {0, O_NONBLOCK}) {
    const UniqueFd reader = piped(bytes, pieces);
    require(::fcntl(reader.get(), F_SETFL, flags) == 0);
    scopetrace::PipeSource source(reader.get());
    const VerifyReport same = verify(source, good);
    require(same.reasons == report.reasons && same.verdict == report.verdict);
    require(same.verified_bytes == report.verified_bytes && same.lines == report.lines);
  }
  scopetrace::MemorySink kept;
  scopetrace::MemorySink kept_of_pipe;
  const UniqueFd reader = piped(bytes, pieces);
  scopetrace::PipeSource source(reader.get());
  const auto recovery = scopetrace::recover_bundle(report, memory, kept);
  const auto same = scopetrace::recover_bundle(report, source, kept_of_pipe);
  require(recovery.has_value() == same.has_value() && kept.written == kept_of_pipe.written);
  if (!recovery) return;
  require(recovery->dropped_bytes == same->dropped_bytes);
  scopetrace::MemorySource result(kept.written);
  const VerifyReport after = verify(result, good);
  require(after.verdict != scopetrace::Verdict::kTampered && after.lines == report.lines);
  require(after.verified_bytes == recovery->written_bytes);
}

// Any bytes, and zeros behind them, as the file that age could not open to its end.
void check_file(Bytes bytes, std::size_t zeros) {
  const std::string_view text = scopetrace::as_text(bytes);
  const std::uint64_t payload = scopetrace::age_payload_offset(text);
  require(payload == 0 || (payload > 16 && payload <= bytes.size() + 16));
  static const UniqueFd file(::memfd_create("age", MFD_CLOEXEC));
  require(::ftruncate(file.get(), 0) == 0 && ::lseek(file.get(), 0, SEEK_SET) == 0);
  require(scopetrace::write_all(file.get(), bytes).has_value());
  const std::size_t size = bytes.size() + zeros;
  require(::ftruncate(file.get(), static_cast<off_t>(size)) == 0);
  require(scopetrace::is_age_file(file.get()) == text.starts_with(scopetrace::kAgeMagic));
  for (const std::size_t pieces : {0, 1, 2}) {
    const std::uint64_t end = payload + (pieces + 1) * std::uint64_t{65536 + 16};
    const AgeRest rest = scopetrace::judge_age_rest(file.get(), pieces * 65536);
    require((rest == AgeRest::kCut) == (size < end));
    require(rest != AgeRest::kChanged || zeros < 64 || end <= bytes.size());
  }
}

}  // namespace

std::vector<std::string> make_seeds() {
  return {
      std::string("\0\0\0\0\x28\xb5\x2f\xfd", 8), std::string("\x07\1\x20\0", 4),
      std::string("\x3f\2\2\0\x5d\x2a\x4d\x18\x08\0\0\0", 12),
      std::string("\1\0\0\0age-encryption.org/v1\n-> X25519 a\nb\n--- mac\n0123456789abcdef", 62)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Good good;
  if (size < 4) return 0;
  scopetrace::count_accepted();
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  const ByteVector bytes = change(good.bytes, input.subspan(2));
  check_reader(good, bytes, data[0] % 64 + 1);
  check_file(input.subspan(4), data[1] * std::size_t{4096});
  return 0;
}
