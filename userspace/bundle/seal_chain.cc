// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/seal_chain.h"

#include "scopes/trust.h"
#include "userspace/bundle/loss_fields.h"
#include "userspace/bundle/signed_body.h"

namespace scopetrace {
namespace {

tl::unexpected<Error> wrong(const std::string& what) {
  return fail(ErrorCode::kTampered, "seal: " + what);
}

// What a seal states about the frame before it, as it is stored.
std::string fault_in_frame(const SealedFrame& sealed, const Frame& data) {
  if (sealed.offset != data.offset || sealed.compressed != data.bytes.size() ||
      sealed.raw != declared_raw_bytes(data.bytes)) {
    return "is for a frame of another size";
  }
  return sealed.digest == sha256(data.bytes) ? "" : "its frame has another digest";
}

}  // namespace

void SealChain::begin(const SessionText& session, const Digest& content) {
  session_ = session.session;
  key_ = session.seal_key;
  head_ = content;
}

Result<Seal> SealChain::take(const Frame& frame, const Frame* data) {
  ST_ASSIGN_OR_RETURN(Seal seal, parse_seal(body_of(frame.text())));
  const std::string fault = fault_in(seal, data);
  if (!fault.empty()) return wrong(fault);
  const auto text = open_signed_body(frame.text(), kSealNamespace);
  if (!text) return wrong(text.error().message());
  if (text->key.line() != key_) return wrong("signed by another key");
  head_ = sha256(frame.content());
  key_ = seal.next_key.value_or("");
  is_closed_ = !seal.next_key;
  ++next_index_;
  next_line_ += seal.count;
  last_boottime_ns_ = seal.boottime_ns;
  losses_ = seal.losses;
  return seal;
}

// What a seal states about its place and its frame, before its signature is looked at.
std::string SealChain::fault_in(const Seal& seal, const Frame* data) const {
  if (seal.session != session_) return "of another session";
  if (seal.index != next_index_) return "out of order";
  if (seal.previous != head_) return "does not follow the one before";
  if (seal.first != next_line_) return "begins at another line";
  if (seal.boottime_ns < last_boottime_ns_) return "time ran backwards";
  if (!is_not_less(seal.losses, losses_)) return "a loss counter went down";
  if (seal.frame.has_value() != (data != nullptr)) return "is not for the frame before it";
  return seal.frame ? fault_in_frame(*seal.frame, *data) : "";
}

}  // namespace scopetrace
