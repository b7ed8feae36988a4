// SPDX-License-Identifier: Apache-2.0
// Checks a bundle: whole, unchanged, by a host that is trusted, under an approval that was met.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "scopes/policy.h"
#include "scopes/trust.h"
#include "userspace/bundle/final_note.h"
#include "userspace/bundle/ledger_seals.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/seal_opener.h"
#include "userspace/bundle/session_text.h"
#include "userspace/bundle/verify_report.h"

namespace scopetrace {

// What to check against. Without `trust` the verdict is never better than UNTRUSTED.
struct VerifyInputs {
  std::optional<Trust> trust;
  // Called with every line that is sealed, in order, line 0 first, LF included. May be empty.
  std::function<void(std::string_view line)> on_line;
  // The host's ledger: a bundle that ends before its last seal there is a ROLLBACK.
  std::optional<LedgerSeals> ledger = {};
  // Called after each frame with the bytes read so far. May be empty.
  std::function<void(std::uint64_t done_bytes)> on_progress = {};
  // Called with what each skippable frame carries, once it is found good; the leaf salt before the
  // first line that it is for, a seal behind its lines, which are then opened one frame at a time.
  // May be empty.
  std::function<void(FrameMagic kind, Bytes content)> on_evidence = {};
  // Makes what opens sealed frames; without it each is opened when it is needed.
  std::function<std::unique_ptr<SealOpener>(const LeafSalt& salt)> make_opener = {};
};

// Reads the whole bundle once. Work order for each frame: size, digest, signature, and only then
// decompression. Fails only when the source cannot be read; everything wrong with the bundle is in
// the report. Of a source that grows it waits for more until the bundle is whole or is not written
// any more.
Result<VerifyReport> verify_bundle(ByteSource& source, const VerifyInputs& inputs);

}  // namespace scopetrace
