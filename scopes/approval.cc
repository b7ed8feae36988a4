// SPDX-License-Identifier: Apache-2.0
#include "scopes/approval.h"

#include <algorithm>
#include <set>

#include "scopes/approval_rules.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

constexpr KeyRule kKeys[] = {
    {"id"},
    {"requester"},
    {"ticket"},
    {"reason"},
    {"host"},
    {"target"},
    {"context"},
    {"children"},
    {"inbound"},
    {"third-party", ValueType::kText, 1, 32},
    {"request", ValueType::kText, 1, 8},
    {"capture"},
    {"level"},
    {"redaction"},
    {"learn"},
    {"recipient", ValueType::kText, 0, 16},
    {"replay", ValueType::kText, 1, 8},
    {"not-before", ValueType::kSeconds},
    {"not-after", ValueType::kSeconds},
    {"max-seconds", ValueType::kDecimal},
    {"max-bytes", ValueType::kDecimal},
    {"max-events-per-second", ValueType::kDecimal},
    {"max-cpu-percent", ValueType::kDecimal},
    {"uses", ValueType::kDecimal},
    {"approvals", ValueType::kDecimal},
    {"policy", ValueType::kDigest},
    {"nonce"},
};

std::string yes_no(bool value) { return value ? "yes" : "no"; }

std::string join(const std::vector<std::string>& parts, std::string_view separator,
                 std::string_view when_empty) {
  if (parts.empty()) return std::string(when_empty);
  std::string all;
  for (const std::string& part : parts) {
    if (!all.empty()) all += separator;
    all += part;
  }
  return all;
}

std::vector<SignedField> to_fields(const Approval& a) {
  std::vector<SignedField> fields;
  const auto add = [&](const char* key, std::string value) {
    fields.push_back({key, std::move(value)});
  };
  add("id", a.id);
  add("requester", a.requester);
  add("ticket", a.ticket);
  add("reason", a.reason);
  add("host", a.host + " key=" + a.host_key + " boot=" + a.boot_id);
  add("target", format_target(a.target));
  add("context", a.context);
  add("children", yes_no(a.children));
  add("inbound", yes_no(a.inbound));
  for (const std::string& host : a.third_parties) add("third-party", host);
  for (const RequestMatch& match : a.requests) add("request", format_request(match));
  add("capture", format_capture(a.capture));
  add("level", std::string(level_name(a.level)));
  add("redaction", join(a.presets, "+", "") + " " + format_digest(a.redaction));
  add("learn", join(a.learn, ",", "none"));
  for (const std::string& recipient : a.recipients) add("recipient", recipient);
  if (a.replay.empty()) add("replay", "none");
  for (const std::string& url : a.replay) add("replay", url);
  add("not-before", format_seconds(a.not_before_s));
  add("not-after", format_seconds(a.not_after_s));
  add("max-seconds", std::to_string(a.max_seconds));
  add("max-bytes", std::to_string(a.max_bytes));
  add("max-events-per-second", std::to_string(a.max_events_per_second));
  add("max-cpu-percent", std::to_string(a.max_cpu_percent));
  add("uses", std::to_string(a.uses));
  add("approvals", std::to_string(a.approvals));
  add("policy", format_digest(a.policy));
  add("nonce", a.nonce);
  return fields;
}

std::vector<std::string> strings_of(const SignedText& text, std::string_view key) {
  std::vector<std::string> values;
  for (const std::string_view value : text.values(key)) values.emplace_back(value);
  return values;
}

tl::unexpected<Error> bad(std::string_view field) {
  return fail(ErrorCode::kCorrupt, std::string(field) + ": has the wrong form");
}

// `<name> key=SHA256:… boot=<id>`.
Status read_host_field(std::string_view value, Approval* a) {
  const auto key = value.find(" key=");
  const auto boot = value.find(" boot=");
  if (key == std::string_view::npos || boot == std::string_view::npos || boot < key) {
    return bad("host");
  }
  a->host = value.substr(0, key);
  a->host_key = value.substr(key + 5, boot - key - 5);
  a->boot_id = value.substr(boot + 6);
  return {};
}

Status read_redaction_field(std::string_view value, Approval* a) {
  const auto blank = value.find(' ');
  if (blank == std::string_view::npos) return bad("redaction");
  const auto digest = parse_digest(value.substr(blank + 1));
  if (!digest) return bad("redaction");
  a->redaction = *digest;
  a->presets = split_list(value.substr(0, blank), '+');
  return {};
}

Status read_what(const SignedText& text, Approval* a) {
  ST_ASSIGN_OR_RETURN(a->target, parse_target(text.value("target")));
  a->context = text.value("context");
  const auto children = parse_yes_no(text.value("children"));
  const auto inbound = parse_yes_no(text.value("inbound"));
  const auto capture = parse_capture(text.value("capture"));
  const auto level = parse_level(text.value("level"));
  if (!children) return bad("children");
  if (!inbound) return bad("inbound");
  if (!capture) return bad("capture");
  if (!level) return bad("level");
  a->children = *children;
  a->inbound = *inbound;
  a->capture = *capture;
  a->level = *level;
  a->third_parties = strings_of(text, "third-party");
  for (const std::string_view value : text.values("request")) {
    const auto match = parse_request(value);
    if (!match) return bad("request");
    a->requests.push_back(*match);
  }
  return {};
}

void read_numbers(const SignedText& text, Approval* a) {
  const auto number = [&](std::string_view key) { return parse_decimal(text.value(key)).value(); };
  a->not_before_s = parse_seconds(text.value("not-before")).value();  // the schema has checked them
  a->not_after_s = parse_seconds(text.value("not-after")).value();
  a->max_seconds = number("max-seconds");
  a->max_bytes = number("max-bytes");
  a->max_events_per_second = number("max-events-per-second");
  a->max_cpu_percent = number("max-cpu-percent");
  a->uses = number("uses");
  a->approvals = number("approvals");
  a->policy = parse_digest(text.value("policy")).value();
}

Result<Approval> to_approval(const SignedText& text) {
  Approval a;
  a.is_break_glass = text.kind == kBreakGlassSchema.kind;
  a.id = text.value("id");
  a.requester = text.value("requester");
  a.ticket = text.value("ticket");
  a.reason = text.value("reason");
  a.nonce = text.value("nonce");
  ST_RETURN_IF_ERROR(read_host_field(text.value("host"), &a));
  ST_RETURN_IF_ERROR(read_what(text, &a));
  ST_RETURN_IF_ERROR(read_redaction_field(text.value("redaction"), &a));
  if (text.value("learn") != "none") a.learn = split_list(text.value("learn"), ',');
  a.recipients = strings_of(text, "recipient");
  if (text.value("replay") != "none") a.replay = strings_of(text, "replay");
  read_numbers(text, &a);
  if (const auto fault = fault_of_approval(a)) return fail(ErrorCode::kCorrupt, *fault);
  return a;
}

const SignedTextSchema& schema_of(std::string_view text) {
  const auto kind = read_signed_kind(text);
  return kind && *kind == kBreakGlassSchema.kind ? kBreakGlassSchema : kApprovalSchema;
}

}  // namespace

const SignedTextSchema kApprovalSchema = {"approval", kKeys};
const SignedTextSchema kBreakGlassSchema = {"break-glass", kKeys};

Result<std::string> format_approval(const Approval& approval) {
  if (auto fault = fault_of_approval(approval)) return fail(ErrorCode::kUsage, std::move(*fault));
  const SignedTextSchema& schema = approval.is_break_glass ? kBreakGlassSchema : kApprovalSchema;
  ST_ASSIGN_OR_RETURN(std::string body, build_signed_body(schema, to_fields(approval)));
  ST_RETURN_IF_ERROR(parse_approval_body(body));  // what is written is always readable
  return body;
}

Result<ApprovalText> parse_approval(std::string_view text) {
  ST_ASSIGN_OR_RETURN(SignedText parsed, parse_signed_text(text, schema_of(text)));
  ST_ASSIGN_OR_RETURN(Approval approval, to_approval(parsed));
  return ApprovalText{std::move(approval), std::move(parsed)};
}

Result<ApprovalText> parse_approval_body(std::string_view body) {
  ST_ASSIGN_OR_RETURN(SignedText parsed, parse_signed_body(body, schema_of(body)));
  ST_ASSIGN_OR_RETURN(Approval approval, to_approval(parsed));
  return ApprovalText{std::move(approval), std::move(parsed)};
}

Result<std::string> merge_approvals(const std::vector<ApprovalText>& parts) {
  ST_CHECK(!parts.empty());
  std::vector<std::string> blocks;
  std::set<std::string> seen;
  for (const ApprovalText& part : parts) {
    if (part.text.body != parts.front().text.body) {
      return fail(ErrorCode::kRefused, "the bodies differ: these are not the same approval");
    }
    for (const std::string& block : part.text.blocks) {
      if (seen.insert(block).second) blocks.push_back(block);
    }
  }
  if (blocks.size() > kMaxSignatures) return fail(ErrorCode::kLimit, "more than 16 signatures");
  return format_signed_text(parts.front().text.body, blocks);
}

}  // namespace scopetrace
