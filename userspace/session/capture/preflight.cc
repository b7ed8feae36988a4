// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/preflight.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "scopes/approval_rules.h"
#include "userspace/base/file.h"
#include "userspace/session/capture/own_process.h"
#include "userspace/session/capture/secret_files.h"
#include "userspace/session/front/helper.h"
#include "userspace/session/redact_config.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxExaminedAtStart = 64;                          // members of a group
constexpr std::uint64_t kExamineAtStartNs = 10 * kNanosecondsPerSecond;  // files may not answer

// Whose system calls are told. Those of sockets and processes not at level metadata, so that such a
// capture costs other processes nothing.
std::uint8_t call_families(std::uint32_t capture, Level level) {
  unsigned families = (capture & kCaptureFiles) != 0 ? ST_CALLS_FILES : 0;
  if (level > Level::kMetadata) {
    if ((capture & kCaptureSockets) != 0) families |= ST_CALLS_SOCKETS;
    if ((capture & kCaptureProcess) != 0) families |= ST_CALLS_PROCESS;
  }
  return static_cast<std::uint8_t>(families);
}

GroupScope make_group_scope(const Authorization& allowed) {
  const AllowedGroup& group = *allowed.target.group;
  return {.id = group.id,
          .path = group.facts.path,
          .any_program = allowed.document.approval.target.executables.empty()};
}

ProbeConfig make_probe_config(const Prepared& prepared) {
  const Authorization& allowed = prepared.allowed;
  const Approval& approval = allowed.document.approval;
  ProbeConfig config;
  config.tgid = allowed.target.own_tgid;
  if (allowed.target.group) config.group = make_group_scope(allowed);
  config.deadline_ns = prepared.deadline_ns;
  config.max_events_per_second = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(allowed.max_events_per_second, UINT32_MAX));
  config.max_bytes = allowed.max_bytes;
  config.max_cpu_percent =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(approval.max_cpu_percent, 100));
  for (const RequestMatch& match : allowed.requests) {
    if (match.kind == RequestKind::kHeader) config.requests.push_back({match.header, match.value});
  }
  config.children = approval.children && !config.group;  // in a group they are members, or not
  config.inbound = approval.inbound;
  config.tls = (allowed.capture & kCaptureTls) != 0;
  config.sockets = (allowed.capture & kCaptureSockets) != 0 || config.tls;
  config.plain = (allowed.capture & kCaptureSockets) != 0 && allowed.level > Level::kMetadata;
  config.calls = call_families(allowed.capture, allowed.level);
  config.timing = allowed.timing;
  config.logs = (allowed.capture & kCaptureLogs) != 0;
  config.process = true;  // exec has to close the scope whether its lines are wanted or not
  return config;
}

auto in_step(const char* step) {
  return [step](Error error) { return std::move(error).with_context(step); };
}

// Takes what the programs tell of members; who has gone again is none.
Status take_members(Prepared& prepared) {
  std::vector<st_member_event>& present = prepared.present;
  const auto forget = [&](std::uint32_t tgid) {
    std::erase_if(present, [&](const st_member_event& event) { return event.header.tgid == tgid; });
  };
  prepared.probes->set_member_callback([&](const st_member_event& event) {
    if (event.header.type == ST_EVENT_STRANGER) prepared.programs->request(event);
    if (event.header.type != ST_EVENT_STRANGER) forget(event.header.tgid);
    if (event.header.type == ST_EVENT_JOINED) present.push_back(event);
  });
  Status taken = prepared.probes->poll_control(
      [&](const st_process_event& event) {
        if (event.header.type == ST_EVENT_EXIT) forget(event.header.tgid);
      },
      std::chrono::milliseconds(0));
  prepared.probes->set_member_callback({});
  return taken;
}

// Who is in the group: asked of the kernel, which tells of everybody who comes from now on, so that
// nobody is missed in between.
Status meet_members(Prepared& prepared) {
  ST_ASSIGN_OR_RETURN(IdentityReader reader, IdentityReader::open());
  prepared.programs = std::make_unique<GroupPrograms>(
      prepared.allowed.document.approval.target.executables, std::move(reader));
  ST_RETURN_IF_ERROR(prepared.probes->tell_present());
  ST_RETURN_IF_ERROR(take_members(prepared));
  prepared.programs->wait();
  for (const st_program& program : prepared.programs->take().approved) {
    ST_RETURN_IF_ERROR(prepared.probes->allow_program(program));
  }
  ST_RETURN_IF_ERROR(prepared.probes->tell_present());
  ST_RETURN_IF_ERROR(take_members(prepared));
  for (st_member_event& event : prepared.present) event.how = ST_JOIN_PRESENT;
  return {};
}

// Those beyond the bounds are looked at when the capture runs.
void attach_members(Prepared& prepared, const ResolverOptions& options) {
  std::vector<st_member_event>& present = prepared.present;
  const std::uint64_t last_start_ns = boottime_ns() + kExamineAtStartNs;
  std::size_t examined = 0;
  while (examined < std::min(present.size(), kMaxExaminedAtStart) &&
         boottime_ns() < last_start_ns) {
    const std::uint32_t own_tgid = present[examined++].own_tgid;
    auto files = resolve_target(own_tgid, prepared.target->known(), options);
    if (files) prepared.target->attach(std::move(*files));  // else it has ended
  }
  const auto bound = present.begin() + static_cast<std::ptrdiff_t>(examined);
  prepared.not_examined.assign(bound, present.end());
  present.erase(bound, present.end());
}

Status attach_paused(Prepared& prepared, const std::string& redact_program) {
  ST_ASSIGN_OR_RETURN(
      ProbeSet probes,
      ProbeSet::load(make_probe_config(prepared)).map_error(in_step("load programs")));
  ST_RETURN_IF_ERROR(check_privileges(probes.features().attach_kind));
  prepared.probes = std::make_unique<ProbeSet>(std::move(probes));
  prepared.target = std::make_unique<TargetProbes>(*prepared.probes);
  ST_RETURN_IF_ERROR(prepared.probes->attach_kernel_probes().map_error(in_step("attach")));
  if (prepared.allowed.target.group) {
    ST_RETURN_IF_ERROR(meet_members(prepared).map_error(in_step("look at the group")));
  }
  if ((prepared.allowed.capture & kCaptureTls) == 0) return {};
  ResolverOptions options;
  options.program = redact_program;
  if (prepared.allowed.target.group) {
    attach_members(prepared, options);
    return {};
  }
  ST_ASSIGN_OR_RETURN(auto files, resolve_target(prepared.allowed.target.own_tgid, {}, options)
                                      .map_error(in_step("find the target's libraries")));
  prepared.target->attach(std::move(files));
  return {};
}

std::string join(const std::vector<std::string>& words, char between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::vector<std::string> split(const std::string& text, char between) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == between) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::vector<std::string> request_texts(const std::vector<RequestMatch>& requests) {
  std::vector<std::string> texts;
  texts.reserve(requests.size());
  for (const RequestMatch& match : requests) texts.push_back(format_request(match));
  return texts;
}

Status send_rules(RedactorProcess& redactor, const std::string& text) {
  RulesMessage rules;
  rules.size_bytes = static_cast<std::uint32_t>(text.size());
  const std::array<Bytes, 1> parts = {as_bytes(text)};
  ST_ASSIGN_OR_RETURN(rules.fd, make_sealed_memfd("rules", parts));
  return redactor.send(ToRedact(std::move(rules)));
}

Status send_secret(RedactorProcess& redactor, SecretSource source, UniqueFd fd) {
  SecretMessage secret;
  secret.source = source;
  secret.fd = std::move(fd);
  return redactor.send(ToRedact(std::move(secret)));
}

bool may_learn(const Approval& approval, const char* source) {
  return std::find(approval.learn.begin(), approval.learn.end(), source) != approval.learn.end();
}

Status send_all_secrets(const Prepared& prepared) {
  RedactorProcess& redactor = *prepared.redactor;
  const Authorization& allowed = prepared.allowed;
  if (!allowed.target.group) return send_secrets(redactor, allowed, allowed.target.own_tgid);
  for (const st_member_event& event : prepared.present) {
    Status sent = send_secrets(redactor, allowed, event.own_tgid);
    const bool has_gone = ::kill(static_cast<pid_t>(event.own_tgid), 0) != 0 && errno == ESRCH;
    if (!sent && !has_gone) return sent;
  }
  return {};
}

}  // namespace

Result<std::string> find_redact_program() { return find_helper("scopetrace-redact"); }

Result<Prepared> prepare(Authorization allowed, const std::string& redact_program) {
  Prepared prepared{.allowed = std::move(allowed),
                    .probes = {},
                    .target = {},
                    .programs = {},
                    .present = {},
                    .not_examined = {},
                    .redactor = {}};
  prepared.started_ns = boottime_ns();
  prepared.deadline_ns = prepared.started_ns + prepared.allowed.seconds * kNanosecondsPerSecond;
  ST_RETURN_IF_ERROR(attach_paused(prepared, redact_program));
  ST_RETURN_IF_ERROR(check_same_target(prepared.allowed.target, prepared.probes->group_id()));
  ST_ASSIGN_OR_RETURN(RedactorProcess redactor,
                      RedactorProcess::start(redact_program, prepared.probes->payload_ring_fd()));
  prepared.redactor = std::make_unique<RedactorProcess>(std::move(redactor));
  return prepared;
}

Status send_secrets(RedactorProcess& redactor, const Authorization& allowed,
                    std::uint32_t own_tgid) {
  const Approval& approval = allowed.document.approval;
  if (may_learn(approval, "env")) {
    ST_ASSIGN_OR_RETURN(UniqueFd environment, open_environment(own_tgid));
    ST_RETURN_IF_ERROR(send_secret(redactor, SecretSource::kEnvironment, std::move(environment)));
  }
  if (!may_learn(approval, "files")) return {};
  for (UniqueFd& file : open_secret_files(own_tgid)) {
    ST_RETURN_IF_ERROR(send_secret(redactor, SecretSource::kFile, std::move(file)));
  }
  return {};
}

Status configure_redactor(const Prepared& prepared, const Digest& leaf_salt,
                          const ClockPair& clocks) {
  const Authorization& allowed = prepared.allowed;
  RedactorProcess& redactor = *prepared.redactor;
  const Approval& approval = allowed.document.approval;
  RedactConfig config;
  config.leaf_salt = leaf_salt;
  config.clocks = clocks;
  config.level = level_name(allowed.level);
  config.redaction = join(approval.presets, '+');
  config.families = split(format_capture(allowed.capture), ',');
  config.third_parties = allowed.third_parties;
  config.requests = request_texts(allowed.requests);
  config.inbound = approval.inbound;
  config.first_line = 0;
  ST_RETURN_IF_ERROR(redactor.send(ToRedact(ConfigMessage{format_redact_config(config)})));
  ST_RETURN_IF_ERROR(send_rules(redactor, allowed.rules_text));
  return send_all_secrets(prepared);
}

}  // namespace scopetrace
