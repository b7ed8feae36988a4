// SPDX-License-Identifier: Apache-2.0
// Input: an armoured signature. Property: no input verifies for a message that nobody signed,
// and the decoder never reads outside its input.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/sshsig.h"

namespace {

constexpr std::string_view kSpace = "approval@scopetrace";
constexpr std::string_view kMessage = "message\n";

// Never among the seeds' messages: a signature for it cannot come from anyone.
constexpr std::string_view kOther = "another message\n";

}  // namespace

std::vector<std::string> make_seeds() {
  const auto key = scopetrace::SigningKey::generate();
  return {scopetrace::make_sshsig(key, kSpace, scopetrace::as_bytes(kMessage))};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view armour(reinterpret_cast<const char*>(data), size);
  if (scopetrace::verify_sshsig(armour, kSpace, scopetrace::as_bytes(kOther))) std::abort();
  return 0;
}
