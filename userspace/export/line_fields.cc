// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/line_fields.h"

namespace scopetrace {
namespace {

using enum FieldKind;

// Of every line that the redactor writes.
constexpr FieldRule kCommon[] = {
    {"type", kFact}, {"n", kFact},   {"time", kTime},
    {"tgid", kFact}, {"tid", kFact}, {"conn", kFact},
};

constexpr FieldRule kHttp[] = {
    {"exchange", kFact},
    {"inbound", kFact},
    {"plain", kFact},
    {"outcome", kFact},
    {"correlation", kFact},
    {"request.method", kFact},
    {"request.target", kTarget},
    {"request.host", kParty},
    {"request.version", kFact},
    {"request.headers[].name", kText},
    {"request.headers[].value", kText},
    {"request.size", kFact},
    {"request.body.media_type", kText},
    {"request.body.length", kFact},
    {"request.body.kept", kFact},
    {"request.body.cut", kFact},
    {"request.body.shape", kFact},
    {"request.body.text", kText},
    {"request.body.withheld", kFact},
    {"request.trailers[].name", kText},
    {"request.trailers[].value", kText},
    {"response.status", kFact},
    {"response.reason", kText},
    {"response.version", kFact},
    {"response.headers[].name", kText},
    {"response.headers[].value", kText},
    {"response.size", kFact},
    {"response.body.media_type", kText},
    {"response.body.length", kFact},
    {"response.body.kept", kFact},
    {"response.body.cut", kFact},
    {"response.body.shape", kFact},
    {"response.body.text", kText},
    {"response.body.withheld", kFact},
    {"response.trailers[].name", kText},
    {"response.trailers[].value", kText},
    {"response.grpc_status", kFact},
    {"timing.send_ns", kFact},
    {"timing.wait_ns", kFact},
    {"timing.receive_ns", kFact},
    {"request_id", kId},
    {"trace_id", kId},
    {"credentials[].class", kFact},
    {"credentials[].where", kText},
    {"credentials[].tag", kId},
    {"credentials[].scheme", kFact},
    {"data_classes[]", kFact},
};

constexpr FieldRule kMessage[] = {
    {"exchange", kFact}, {"direction", kFact},     {"plain", kFact}, {"length", kFact},
    {"protocol", kFact}, {"content_class", kFact}, {"kind", kFact},  {"close_code", kFact},
    {"kept", kFact},     {"cut", kFact},           {"shape", kFact}, {"text", kText},
    {"withheld", kFact},
};

constexpr FieldRule kConnection[] = {
    {"state", kFact},
    {"role", kFact},
    {"local.address", kOwn},
    {"local.port", kOwn},
    {"peer.address", kAddress},
    {"peer.port", kAddress},
    {"third_party", kParty},
    {"known_by[]", kFact},
    {"names_disagree", kFact},
    {"tls.version", kFact},
    {"tls.cipher", kFact},
    {"tls.alpn", kText},
    {"tls.server_name_state", kFact},
    {"tls.server_name", kParty},
    {"tls.ech", kFact},
    {"tls.versions_offered[]", kFact},
    {"tls.alpn_offered[]", kText},
    {"tls.certificate_state", kFact},
    {"tls.certificate.subject", kText},
    {"tls.certificate.issuer", kText},
    {"tls.certificate.names", kFact},
    {"tls.certificate.key_type", kFact},
    {"tls.certificate.digest", kId},
    {"tls.certificate.not_before", kId},
    {"tls.certificate.not_after", kId},
    {"tls.cut", kFact},
    {"tied_by", kFact},
    {"sent_bytes", kFact},
    {"received_bytes", kFact},
};

constexpr FieldRule kDns[] = {
    {"server.address", kOwn},      {"server.port", kOwn},      {"question", kParty},
    {"question_type", kFact},      {"outcome", kFact},         {"rcode", kFact},
    {"duration_ns", kFact},        {"answers[].name", kParty}, {"answers[].type", kFact},
    {"answers[].value", kAddress}, {"answers[].ttl", kFact},
};

constexpr FieldRule kGap[] = {
    {"tls", kFact},      {"plain", kFact},         {"direction", kFact},
    {"position", kFact}, {"missing_bytes", kFact}, {"cause", kFact},
};

constexpr FieldRule kProcess[] = {
    {"comm", kOwn},      {"event", kFact},      {"how", kFact},       {"namespace_tgid", kFact},
    {"blind_ns", kFact}, {"child_tgid", kFact}, {"exit_code", kFact}, {"signal", kFact},
};

constexpr FieldRule kSyscall[] = {
    {"family", kFact},      {"name", kFact},   {"arguments{}", kOwn},
    {"duration_ns", kFact}, {"result", kFact}, {"error", kFact},
};

constexpr FieldRule kLog[] = {
    {"sink", kFact},   {"file", kOwn},   {"format", kFact},
    {"level", kFact},  {"shape", kText}, {"classes[]", kFact},
    {"length", kFact}, {"text", kText},  {"withheld", kFact},
};

constexpr FieldRule kLogTotal[] = {
    {"sink", kFact},           {"file", kOwn},
    {"lines", kFact},          {"written_bytes", kFact},
    {"withheld_lines", kFact}, {"debug_percent", kFact},
    {"levels.trace", kFact},   {"levels.debug", kFact},
    {"levels.info", kFact},    {"levels.notice", kFact},
    {"levels.warn", kFact},    {"levels.error", kFact},
    {"levels.fatal", kFact},
};

constexpr FieldRule kSession[] = {
    {"format", kFact},
    {"session", kFact},
    {"part", kFact},
    {"host", kOwn},
    {"kernel", kOwn},
    {"version", kFact},
    {"approval", kOwn},
    {"level", kFact},
    {"redaction", kFact},
    {"target.description", kOwn},
    {"target.tgid", kOwn},
    {"target.namespace_tgid", kOwn},
    {"target.cgroup", kOwn},
    {"target.start", kOwn},
    {"target.executable", kOwn},
    {"target.context", kOwn},
    {"third_parties[]", kOwn},
    {"limits.max_seconds", kFact},
    {"limits.max_bytes", kFact},
    {"limits.max_events_per_second", kFact},
    {"limits.max_cpu_percent", kFact},
    {"probes.attached[]", kOwn},
    {"probes.failed[].name", kOwn},
    {"probes.failed[].reason", kOwn},
    {"libraries[].name", kOwn},
    {"libraries[].covered", kOwn},
    {"libraries[].reason", kOwn},
    {"flags.time", kOwn},
    {"flags.digest", kOwn},
    {"flags.problem", kOwn},
    {"flags.levels{}", kOwn},
    {"clocks.boottime_ns", kOwn},
    {"clocks.realtime_ns", kOwn},
};

constexpr FieldRule kSummary[] = {
    {"end", kFact},
    {"duration_ns", kFact},
    {"losses.lost_kernel_events", kFact},
    {"losses.lost_kernel_bytes", kFact},
    {"losses.suppressed", kFact},
    {"losses.claimed_lost_user_events", kFact},
    {"losses.claimed_truncated_bytes", kFact},
    {"losses.claimed_redactions", kFact},
    {"claimed_redactions{}", kFact},
    {"counts{}", kFact},
    {"cpu_ns", kFact},
    {"flag_changes[].time", kOwn},
    {"flag_changes[].digest", kOwn},
    {"flag_changes[].problem", kOwn},
    {"flag_changes[].levels{}", kOwn},
};

constexpr LineRules kAll[] = {
    {"session", kSession}, {"connection", kConnection},
    {"http", kHttp},       {"message", kMessage},
    {"dns", kDns},         {"gap", kGap},
    {"process", kProcess}, {"syscall", kSyscall},
    {"log", kLog},         {"log-total", kLogTotal},
    {"summary", kSummary},
};

// Puts one rule into the tree: each step is a name with or without brackets behind it.
void insert(FieldNode& root, const FieldRule& rule) {
  FieldNode* node = &root;
  std::string_view rest = rule.path;
  while (!rest.empty()) {
    const std::size_t end = rest.find('.');
    std::string_view step = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    std::string_view brackets;
    if (step.ends_with("[]") || step.ends_with("{}")) {
      brackets = step.substr(step.size() - 2);
      step.remove_suffix(2);
    }
    node = &node->members[std::string(step)];
    if (!brackets.empty()) node = &node->members[std::string(brackets)];
  }
  node->kind = rule.kind;
  node->is_leaf = true;
}

using Trees = std::map<std::string, FieldNode, std::less<>>;

Trees make_trees() {
  Trees trees;
  for (const LineRules& rules : kAll) {
    FieldNode& root = trees[std::string(rules.type)];
    for (const FieldRule& rule : kCommon) insert(root, rule);
    for (const FieldRule& rule : rules.fields) insert(root, rule);
  }
  return trees;
}

}  // namespace

std::span<const LineRules> all_line_rules() { return kAll; }

const FieldNode* find_line_rules(std::string_view type) {
  static const Trees trees = make_trees();
  const auto found = trees.find(type);
  return found == trees.end() ? nullptr : &found->second;
}

}  // namespace scopetrace
