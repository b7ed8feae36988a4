// SPDX-License-Identifier: Apache-2.0
// Input: a place (2 bytes) and bytes that replace those of a good bundle there; an empty rest cuts
// the bundle. Property: verify never fails, and never calls a bundle that differs complete.
#include <cstdint>
#include <cstdlib>

#include "tests/support/bundle_fixture.h"
#include "tests/support/fuzz_target.h"

namespace {

struct Good {
  scopetrace::BundleFixture fixture;
  scopetrace::ByteVector bytes = fixture.bundle();
  scopetrace::VerifyInputs inputs{.trust = fixture.trust(), .on_line = {}};
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

}  // namespace

std::vector<std::string> make_seeds() {
  return {std::string("\0\0\x28\xb5\x2f\xfd", 6), std::string("\x01\0\x52\x2a\x4d\x18", 6),
          std::string("\x20\0", 2)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Good good;
  if (size < 2) return 0;
  scopetrace::count_accepted();
  const scopetrace::Bytes input(reinterpret_cast<const std::byte*>(data), size);
  const scopetrace::ByteVector bytes = change(good.bytes, input);
  scopetrace::MemorySource source(bytes);
  const auto report = scopetrace::verify_bundle(source, good.inputs);
  if (!report) std::abort();
  const bool is_whole = report->verdict <= scopetrace::Verdict::kCompleteWithLoss;
  if (is_whole != (bytes == good.bytes)) std::abort();
  return 0;
}
