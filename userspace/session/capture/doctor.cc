// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/doctor.h"

#include <sys/utsname.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "scopes/control_group.h"
#include "scopes/target.h"
#include "userspace/base/file.h"
#include "userspace/session/capture/allowed_target.h"
#include "userspace/session/capture/blind_spots.h"
#include "userspace/session/capture/host_side.h"
#include "userspace/session/capture/own_process.h"
#include "userspace/session/capture/preflight.h"
#include "userspace/session/capture/target_probes.h"

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;

// One row of the answer. Without what is needed no capture starts; without the rest a part of it is
// missing.
struct Check {
  std::string name;
  bool is_ok = false;
  bool is_needed = false;
  std::string detail;
  std::string remedy;
};

Json to_json(const Check& check) {
  return {{"name", check.name},
          {"ok", check.is_ok},
          {"needed", check.is_needed},
          {"detail", printable_ascii(check.detail)},
          {"remedy", check.is_ok ? "" : printable_ascii(check.remedy)}};
}

Check check_of(const char* name, const Status& status, const std::string& detail) {
  if (status) return {name, true, true, detail, ""};
  return {name, false, true, status.error().message(), status.error().hint()};
}

// `[none] integrity confidentiality`: the one in brackets is in force. Under confidentiality
// programs may not read memory. Without the file the kernel has no lockdown. Source:
// kernel_lockdown(7).
Check check_lockdown() {
  const auto text = read_file("/sys/kernel/security/lockdown", 256);
  if (!text && text.error().system_errno() != ENOENT) {
    return {"lockdown", false, false, "unknown: " + text.error().message(), ""};
  }
  const std::size_t begin = text ? text->find('[') : std::string::npos;
  const std::string mode =
      begin == std::string::npos ? "none" : text->substr(begin + 1, text->find(']') - begin - 1);
  return {"lockdown", mode != "confidentiality", true, mode,
          "boot without lockdown=confidentiality"};
}

std::vector<Check> checks_of(const FeatureReport& features) {
  const char* const newer = "a newer kernel has it";
  const std::string kind(attach_kind_name(features.attach_kind));
  const bool is_guarded = !features.private_stacks || features.preempt_kfunc;
  const bool has_peers = features.socket_lengths || features.socket_syscalls;
  return {
      {"kernel types (BTF)", features.btf, true, "/sys/kernel/btf/vmlinux", ""},
      {"TLS probes", is_guarded, true, "uprobes: " + kind,
       "TLS capture needs the kernel function bpf_preempt_disable here"},
      {"peers of TLS connections", has_peers, false,
       features.socket_lengths ? "socket lengths" : "socket system calls", newer},
      {"connections opened and closed", features.socket_states, false, "socket states", newer},
      {"sockets without TLS", features.plain_sockets, false, "end of system calls", newer},
      {"logs and system calls", features.logs && features.system_calls, false,
       "end of system calls", newer},
      {"times of system calls", features.call_times, false, "attach --timing", newer},
      {"processes that join", features.process_events, false, "fork, exec, exit", newer},
  };
}

// All that attach asks of this host before it takes a unit, container or cgroup as target.
Check check_groups(bool has_events) {
  const char* const name = "units and containers as targets";
  const auto mount = find_cgroup_mount();
  if (!mount) return {name, false, false, mount.error().message(), "mount cgroup v2"};
  const Status namespaces = check_group_namespaces();
  if (!namespaces) {
    return {name, false, false, namespaces.error().message(), namespaces.error().hint()};
  }
  return {name, has_events, false, has_events ? *mount : "no tracepoints of cgroups",
          "a newer kernel has them"};
}

std::vector<Check> check_host(const std::string& root) {
  const auto features = probe_features();
  const AttachKind kind = features ? features->attach_kind : AttachKind::kNone;
  const auto side = read_host_side(root);
  std::vector<Check> checks = {
      check_of("privileges", check_privileges(kind), "sufficient"),
      check_of("host key, policy, folders", side ? Status() : Status(fail(side.error())), "set up"),
      check_lockdown()};
  if (features) {
    for (Check& check : checks_of(*features)) checks.push_back(std::move(check));
  } else {
    checks.push_back(check_of("programs", fail(features.error()), ""));
  }
  checks.push_back(check_groups(features && features->group_events));
  return checks;
}

Json libraries_of(std::uint32_t tgid, const std::string& redact_program) {
  ResolverOptions options;
  options.program = redact_program;
  Json libraries = Json::array();
  const auto files = resolve_target(tgid, {}, options);
  if (!files) {
    const std::string why = printable_ascii(files.error().message());
    return {{{"name", "?"}, {"loaded", true}, {"covered", false}, {"detail", why}}};
  }
  for (const ResolvedFile& file : *files) {
    for (const CoveredLibrary& one : coverage_of(file)) {
      libraries.push_back({{"name", one.name},
                           {"loaded", file.file.is_mapped},
                           {"covered", one.is_covered},
                           {"detail", printable_ascii(one.reason)}});
    }
  }
  return libraries;
}

// Of this process, one sentence each.
Json unseen_of(std::uint32_t tgid, const Json& libraries) {
  Json unseen = Json::array();
  bool is_any_covered = false;
  for (const Json& library : libraries)
    is_any_covered |= library["covered"].get<bool>() && library["loaded"].get<bool>();
  if (!is_any_covered)
    unseen.push_back("the payload of TLS: it has loaded no library that is covered");
  if (has_io_uring(tgid)) unseen.push_back("what its ring of io_uring moves");
  return unseen;
}

Result<Json> examine_process(std::uint32_t tgid) {
  ST_ASSIGN_OR_RETURN(const ProcessFacts facts, read_process(tgid));
  ST_ASSIGN_OR_RETURN(const std::string redact_program, find_redact_program());
  const Json libraries = libraries_of(tgid, redact_program);
  return Json{{"tgid", tgid},
              {"executable", format_digest(facts.exe)},
              {"context", facts.context},
              {"unit", facts.unit},
              {"container", facts.image},
              {"libraries", libraries},
              {"unseen", unseen_of(tgid, libraries)}};
}

// Of any process.
Json unseen_anywhere() {
  return {"QUIC, and TLS in libraries that are not named in docs/coverage.md",
          "what io_uring moves (counted)", "32-bit programs"};
}

std::string kernel_release() {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "unknown";
}

}  // namespace

Result<std::string> examine_host(const std::string& root, std::uint32_t tgid) {
  Json answer = {{"kernel", kernel_release()}, {"is_usable", true}, {"checks", Json::array()}};
  for (const Check& check : check_host(root)) {
    if (check.is_needed && !check.is_ok) answer["is_usable"] = false;
    answer["checks"].push_back(to_json(check));
  }
  if (tgid != 0) {
    ST_ASSIGN_OR_RETURN(answer["process"], examine_process(tgid));
  }
  answer["unseen"] = unseen_anywhere();
  return answer.dump();
}

}  // namespace scopetrace
