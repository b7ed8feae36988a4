// SPDX-License-Identifier: Apache-2.0
// Input: a place (2 bytes) and bytes that replace those of a good bundle there; an empty rest cuts
// the bundle. Both a plain bundle and one padded for age are changed.
// Property: verify never fails, never calls a bundle that differs complete, and says the same of
// what comes out of a pipe and when lines are looked at late.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "tests/support/bundle_fixture.h"
#include "tests/support/fuzz_target.h"
#include "userspace/base/file.h"
#include "userspace/base/unique_fd.h"

namespace {

struct Good {
  explicit Good(std::vector<std::string> recipients) {
    fixture.recipients = std::move(recipients);
    fixture.piece = 512;  // so that a place reaches all of it
    bytes = fixture.bundle();
    inputs.trust = fixture.trust();
  }

  scopetrace::BundleFixture fixture;
  scopetrace::ByteVector bytes;
  scopetrace::VerifyInputs inputs;
};

scopetrace::ByteVector change(const scopetrace::ByteVector& good, scopetrace::Bytes input) {
  const std::size_t place =
      (std::to_integer<std::size_t>(input[0]) << 8 | std::to_integer<std::size_t>(input[1])) %
      good.size();
  scopetrace::ByteVector bytes = good;
  if (input.size() == 2) bytes.resize(place);
  for (std::size_t i = 2; i < input.size(); ++i) {
    if (place + i - 2 < bytes.size()) {
      bytes[place + i - 2] = input[i];
    } else {
      bytes.push_back(input[i]);
    }
  }
  return bytes;
}

// Read from front to back, as a pipe is, and each seal opened as late as possible.
scopetrace::VerifyReport verify_piped(scopetrace::Bytes bytes, scopetrace::VerifyInputs inputs) {
  inputs.make_opener = [](const scopetrace::LeafSalt& salt) {
    return std::make_unique<scopetrace::LateOpener>(salt);
  };
  static const scopetrace::UniqueFd file(::memfd_create("bundle", MFD_CLOEXEC));
  if (::ftruncate(file.get(), 0) != 0 || ::lseek(file.get(), 0, SEEK_SET) != 0) std::abort();
  if (!scopetrace::write_all(file.get(), bytes)) std::abort();
  if (::lseek(file.get(), 0, SEEK_SET) != 0) std::abort();
  scopetrace::PipeSource source(file.get());
  const auto report = scopetrace::verify_bundle(source, inputs);
  if (!report) std::abort();
  return *report;
}

void check(const Good& good, scopetrace::Bytes input) {
  const scopetrace::ByteVector bytes = change(good.bytes, input);
  scopetrace::MemorySource source(bytes);
  const auto report = scopetrace::verify_bundle(source, good.inputs);
  if (!report) std::abort();
  const bool is_whole = report->verdict <= scopetrace::Verdict::kCompleteWithLoss;
  if (is_whole != (bytes == good.bytes)) std::abort();
  if (verify_piped(bytes, good.inputs).reasons != report->reasons) std::abort();
}

}  // namespace

std::vector<std::string> make_seeds() {
  return {std::string("\0\0\x28\xb5\x2f\xfd", 6), std::string("\x01\0\x52\x2a\x4d\x18", 6),
          std::string("\x20\0", 2), std::string("\x02\0\x5d\x2a\x4d\x18\x08\0\0\0", 10)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Good plain({});
  static const Good padded({"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"});
  if (size < 2) return 0;
  scopetrace::count_accepted();
  const scopetrace::Bytes input(reinterpret_cast<const std::byte*>(data), size);
  check(plain, input);
  check(padded, input);
  return 0;
}
