// SPDX-License-Identifier: Apache-2.0
// Input: the body of a seal, session text or final note. Property: what a parser accepts, its
// formatter writes back byte for byte, so that there is one form only.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/fuzz_target.h"
#include "userspace/bundle/final_note.h"
#include "userspace/bundle/seal.h"
#include "userspace/bundle/session_text.h"

using namespace scopetrace;

std::vector<std::string> make_seeds() {
  Seal seal;
  seal.session = "s";
  seal.realtime_ns = 1;
  Seal full = seal;
  full.count = 2;
  full.frame = SealedFrame{};
  full.next_key = "ssh-ed25519 AAAA";
  SessionText session;
  session.session = session.host = session.environment = session.seal_key = "x";
  FinalNote note;
  note.session = note.end = "x";
  note.claimed_redacted = {{"card", 1}, {"token", 2}};
  return {format_seal(seal), format_seal(full), format_session_text(session),
          format_final_note(note)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto seal = parse_seal(body);
  const auto text = parse_session_text(body);
  const auto note = parse_final_note(body);
  if (!seal && !text && !note) return 0;
  count_accepted();
  if (seal && format_seal(*seal) != body) std::abort();
  if (text && format_session_text(*text) != body) std::abort();
  if (note && format_final_note(*note) != body) std::abort();
  return 0;
}
