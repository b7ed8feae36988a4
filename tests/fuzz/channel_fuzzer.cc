// SPDX-License-Identifier: Apache-2.0
// Input: one byte that says whether a descriptor comes along, then one datagram. Property: decoding
// never reads outside it, and what is accepted encodes to the same bytes again.
#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/support/fuzz_target.h"
#include "userspace/session/channel.h"

namespace {

using namespace scopetrace;

UniqueFd any_fd() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

template <class Message>
void check_round_trip(const Result<Message>& decoded, Bytes datagram) {
  if (!decoded) return;
  count_accepted();
  const auto encoded = encode(*decoded);
  if (!encoded || !std::ranges::equal(encoded->bytes, datagram)) std::abort();
}

template <class Message>
std::string seed_of(char with_fd, Message message) {
  const auto encoded = encode(std::move(message));
  return with_fd + std::string(as_text(encoded->bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool with_fd = (data[0] & 1) != 0;
  const Bytes datagram(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  check_round_trip(decode_from_redact(datagram, with_fd ? any_fd() : UniqueFd()), datagram);
  check_round_trip(decode_to_redact(datagram, with_fd ? any_fd() : UniqueFd()), datagram);
  return 0;
}

std::vector<std::string> make_seeds() {
  FrameMessage frame{any_fd(), 100, 1000, 3, {1, 2, 3}};
  RulesMessage rules{any_fd(), 10};
  SecretMessage secret{any_fd(), SecretSource::kFile};
  DoneMessage done;
  done.redactions_by_class = {{"jwt", 1}, {"email", 2}};
  std::vector<std::string> seeds;
  seeds.push_back(seed_of('1', FromRedact(std::move(frame))));
  seeds.push_back(seed_of('0', FromRedact(done)));
  seeds.push_back(seed_of('0', FromRedact(RotatedMessage{done})));
  seeds.push_back(seed_of('0', FromRedact(StatsMessage{})));
  seeds.push_back(seed_of('0', FromRedact(ReadyMessage{})));
  seeds.push_back(seed_of('1', ToRedact(std::move(rules))));
  seeds.push_back(seed_of('1', ToRedact(std::move(secret))));
  seeds.push_back(seed_of('0', ToRedact(LevelMessage{ChannelLevel::kShape, "a.example"})));
  seeds.push_back(seed_of('0', ToRedact(ConfigMessage{"{}"})));
  seeds.push_back(seed_of('0', ToRedact(RotateMessage{})));
  return seeds;
}
