// SPDX-License-Identifier: Apache-2.0
// Input: a line of a ledger, or of a log that holds a checkpoint. Property: an entry that is
// accepted has the digest of its bytes, and no checkpoint verifies whose text was not signed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/checkpoint.h"
#include "scopes/ledger_reader.h"
#include "tests/support/fuzz_target.h"

using namespace scopetrace;  // NOLINT(google-build-using-namespace): one harness, many names

namespace {

constexpr auto kHost = "host.x.example";

std::string signed_checkpoint() {
  static const auto key = SigningKey::generate();
  Checkpoint checkpoint;
  checkpoint.host = kHost;
  checkpoint.count = 1;
  checkpoint.boot = "769599eb-d3a3-43ed-927f-24704b873c0b";
  return sign_checkpoint(checkpoint, key).value();
}

}  // namespace

std::vector<std::string> make_seeds() {
  return {R"({"n":0,"previous":"sha256:)" + std::string(64, '0') +
              R"(","event":"attach","time":"2026-11-24T08:27:28.147900008Z",)"
              R"("boot":"769599eb-d3a3-43ed-927f-24704b873c0b","boottime_ns":"12",)"
              R"("fields":{"approval":"x"}})"
              "\n",
          "Nov 24 08:27:28 host scopetrace: " + format_checkpoint_line(signed_checkpoint())};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto entry = parse_ledger_line(text);
  if (entry) {
    count_accepted();
    if (entry->digest != sha256(as_bytes(text))) std::abort();
  }
  const auto found = find_checkpoint_line(text);
  if (!found) return 0;
  const auto checkpoint = parse_checkpoint(*found);
  if (!checkpoint) return 0;
  count_accepted();
  // Whoever finds a signature for another host than the seed's has broken the signature.
  if (checkpoint->checkpoint.host != kHost) std::abort();
  return 0;
}
