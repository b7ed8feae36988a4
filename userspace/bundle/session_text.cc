// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/session_text.h"

#include "userspace/base/clock.h"
#include "userspace/bundle/text_fields.h"

namespace scopetrace {

std::string format_session_text(const SessionText& text) {
  FieldWriter out("session");
  out.text("session", text.session);
  out.number("part", text.part);
  out.digest_or_none("previous", text.previous);
  out.text("host", text.host);
  out.text("start", format_seconds(text.start_seconds));
  out.text("environment", text.environment);
  out.number("approvals-required", text.approvals_required);
  out.digest("first-frame", text.first_frame);
  out.digest("first-line", text.first_line);
  out.digest("approval", text.approval);
  out.digest("policy", text.policy);
  out.digest("rules", text.rules);
  out.digest("leaf-salt", text.leaf_salt);
  out.digest_or_none("ledger", text.ledger);
  out.text("seal-key", text.seal_key);
  return out.take();
}

Result<SessionText> parse_session_text(std::string_view body) {
  FieldReader in(body, "session");
  SessionText text;
  text.session = in.text("session");
  text.part = in.number32("part");
  text.previous = in.digest_or_none("previous");
  text.host = in.text("host");
  text.start_seconds = in.seconds("start");
  text.environment = in.text("environment");
  text.approvals_required = in.number32("approvals-required");
  text.first_frame = in.digest("first-frame");
  text.first_line = in.digest("first-line");
  text.approval = in.digest("approval");
  text.policy = in.digest("policy");
  text.rules = in.digest("rules");
  text.leaf_salt = in.digest("leaf-salt");
  text.ledger = in.digest_or_none("ledger");
  text.seal_key = in.text("seal-key");
  ST_RETURN_IF_ERROR(in.finish());
  return text;
}

}  // namespace scopetrace
