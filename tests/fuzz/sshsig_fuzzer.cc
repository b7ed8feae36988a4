// SPDX-License-Identifier: Apache-2.0
// Input: an armoured signature, or else the blob of one. Property: no input verifies for a message
// that nobody signed, what is accepted is written in a form that decodes to the same, and a
// certificate that is accepted has what it needs.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/sshsig.h"
#include "tests/support/fuzz_target.h"
#include "tests/unit/scopes/forge.h"

namespace {

using namespace scopetrace;  // NOLINT(google-build-using-namespace): one harness, many names

constexpr std::string_view kSpace = "approval@scopetrace";
constexpr std::string_view kMessage = "message\n";

// Never among the seeds' messages: a signature for it cannot come from anyone.
constexpr std::string_view kOther = "another message\n";

constexpr std::uint64_t kNow = 1'790'000'000;

void check(const Certificate& certificate) {
  if (!check_certificate(certificate, kNow)) return;
  const bool is_sound = certificate.type == kUserCertificate && !certificate.principals.empty() &&
                        certificate.critical_options.empty() && certificate.valid_after_s <= kNow &&
                        kNow < certificate.valid_before_s;
  if (!is_sound) std::abort();
}

}  // namespace

std::vector<std::string> make_seeds() {
  const auto key = SigningKey::generate();
  const auto authority = SigningKey::generate();
  const SoftwareToken token(key);
  const std::string certified =
      sshsig_as(certify({}, key.public_key(), authority), key, kSpace, kMessage);
  std::vector<std::string> seeds = {make_sshsig(key, kSpace, as_bytes(kMessage)),
                                    token.sshsig(kSpace, kMessage, 1), certified};
  for (std::size_t i = 0; i < 3; ++i) seeds.emplace_back(as_text(blob_of(seeds[i])));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool is_armour = text.starts_with("-----");
  const auto parsed = parse_sshsig(is_armour ? std::string(text) : armour_of(as_bytes(text)));
  if (!parsed) return 0;
  count_accepted();
  if (verify_sshsig(*parsed, kSpace, as_bytes(kOther))) std::abort();
  const std::string written = format_sshsig(*parsed);
  const auto again = parse_sshsig(written);
  if (!again || format_sshsig(*again) != written) std::abort();
  if (!is_armour && as_text(blob_of(written)) != text) std::abort();
  if (parsed->signer.certificate) check(*parsed->signer.certificate);
  return 0;
}
