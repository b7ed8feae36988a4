// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/members.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxMembers = 16384;   // as st_members of bpf/scope.h
constexpr std::size_t kMaxStrangers = 4096;  // whose first sight is remembered
constexpr std::uint64_t kMaxLines = 10'000;
constexpr std::uint64_t kMaxLearned = 256;  // environments and files, after those of the start

std::string comm_of(const st_member_event& event) {
  return {event.comm, ::strnlen(event.comm, sizeof(event.comm) - 1)};
}

// The same process, executing the same program as then.
bool is_same_run(const st_member_event& a, const st_member_event& b) {
  return a.start_ns == b.start_ns && a.execs == b.execs;
}

}  // namespace

std::map<std::string, std::uint64_t> counts_of(const MemberCounts& counts,
                                               const GroupPrograms* programs) {
  std::map<std::string, std::uint64_t> named = {
      {"members_joined", counts.joined},         {"members_left", counts.left},
      {"members_unexamined", counts.unexamined}, {"members_untold", counts.untold},
      {"members_unlearned", counts.unlearned},   {"blind_windows", counts.blind_windows},
      {"blind_ns_max", counts.blind_ns_max},     {"blind_ns_total", counts.blind_ns_total}};
  if (programs == nullptr) return named;
  named["group_restarts"] = counts.group_restarts;
  named["programs_rejected"] = programs->rejected();
  named["programs_unidentified"] = programs->unidentified();
  return named;
}

Members::Members(Prepared& prepared, ResolverOptions options)
    : prepared_(prepared),
      rescan_(std::move(options)),
      needs_sites_((prepared.allowed.capture & kCaptureTls) != 0) {
  for (const st_member_event& event : prepared.present) {
    ++counts_.joined;
    own_tgids_[event.header.tgid] = event.own_tgid;
    tell(event, 0);
  }
  for (const st_member_event& event : prepared.not_examined) join(event, event.header.time_ns);
}

int Members::program_fd() const { return prepared_.programs ? prepared_.programs->event_fd() : -1; }

void Members::take(const st_member_event& event) {
  const std::uint32_t tgid = event.header.tgid;
  if (event.header.type == ST_EVENT_JOINED) return join(as_first_met(event), event.header.time_ns);
  if (event.header.type == ST_EVENT_LEFT) {
    ++counts_.left;
    own_tgids_.erase(tgid);
    return tell(event, MemberMessage::kUnknownBlindNs);
  }
  if (!prepared_.programs) return;
  if (!prepared_.programs->request(event)) return;
  if (strangers_.size() >= kMaxStrangers) strangers_.clear();
  const auto [known, is_new] = strangers_.try_emplace(tgid, event);
  if (!is_new && !is_same_run(known->second, event)) known->second = event;
}

// One that was met before its program was known as approved has been blind since then.
st_member_event Members::as_first_met(const st_member_event& event) {
  const auto found = strangers_.find(event.header.tgid);
  if (found == strangers_.end()) return event;
  const st_member_event first = found->second;
  strangers_.erase(found);
  return is_same_run(first, event) ? first : event;
}

void Members::join(const st_member_event& event, std::uint64_t in_scope_ns) {
  ++counts_.joined;
  if (own_tgids_.size() < kMaxMembers) own_tgids_[event.header.tgid] = event.own_tgid;
  if (event.how != ST_JOIN_FORKED) learn(event);
  const std::uint64_t since_ns = event.header.time_ns;
  if (!needs_sites_ || has_probes_of_parent(event)) {
    note_blind(in_scope_ns - since_ns);
    return tell(event, in_scope_ns - since_ns);
  }
  const ScanRequest request{event.own_tgid, since_ns, in_scope_ns, event};
  if (rescan_.request(request, prepared_.target->known())) return;
  ++counts_.unexamined;
  tell(event, MemberMessage::kUnknownBlindNs);
}

// A forked process has the files of its parent, which carry probes unless that is still looked at.
bool Members::has_probes_of_parent(const st_member_event& event) {
  const auto parent = parents_.find(event.header.tgid);
  if (event.how != ST_JOIN_FORKED || parent == parents_.end()) return false;
  const std::uint32_t own_tgid = own_tgid_of(parent->second);
  parents_.erase(parent);
  return own_tgid != 0 && !rescan_.is_pending(own_tgid);
}

void Members::take_fork(std::uint32_t parent, std::uint32_t child) {
  if (parents_.size() >= kMaxStrangers) parents_.clear();
  parents_[child] = parent;
}

// 0: it is no member.
std::uint32_t Members::own_tgid_of(std::uint32_t tgid) const {
  const AllowedTarget& target = prepared_.allowed.target;
  if (tgid == target.process.tgid) return target.own_tgid;
  const auto member = own_tgids_.find(tgid);
  return member == own_tgids_.end() ? 0 : member->second;
}

void Members::take_exit(std::uint32_t tgid) {
  own_tgids_.erase(tgid);
  strangers_.erase(tgid);
}

void Members::take_library(const st_event_header& header) {
  const std::uint32_t own_tgid = own_tgid_of(header.tgid);
  if (own_tgid == 0) return;
  const ScanRequest request{own_tgid, header.time_ns, header.time_ns, std::nullopt};
  if (!rescan_.request(request, prepared_.target->known())) ++counts_.unexamined;
}

void Members::handle_scans(bool is_attached) {
  std::optional<ScanResult> result = rescan_.take();
  if (!result) return;
  const std::size_t before = prepared_.target->attached().size();
  if (is_attached) prepared_.target->attach(std::move(result->files));
  const bool has_new = prepared_.target->attached().size() > before;
  if (has_new) last_attach_ns_ = boottime_ns();
  rescan_.go_on(prepared_.target->known());

  const ScanRequest& request = result->request;
  // A forked process waits for the probes that its parent does.
  const bool waits = request.joined && request.joined->how == ST_JOIN_FORKED;
  const std::uint64_t attach_ns = has_new || waits ? last_attach_ns_ : 0;
  const std::uint64_t blind_ns = std::max(attach_ns, request.in_scope_ns) - request.since_ns;
  note_blind(blind_ns);
  if (!request.joined) return;
  if (!result->is_examined) ++counts_.unexamined;
  tell(*request.joined, result->is_examined ? blind_ns : MemberMessage::kUnknownBlindNs);
}

Status Members::handle_programs() {
  const ProgramNews news = prepared_.programs->take();
  for (const st_program& program : news.approved) {
    ST_RETURN_IF_ERROR(prepared_.probes->allow_program(program));
  }
  // Everybody who runs one of them joins now, and who runs one that is still unknown asks again.
  const bool is_told_again = !news.approved.empty() || news.is_wanted_again;
  return is_told_again ? prepared_.probes->tell_present() : Status();
}

void Members::finish() {
  for (const ScanRequest& request : rescan_.give_up()) {
    if (!request.joined) continue;
    ++counts_.unexamined;
    tell(*request.joined, MemberMessage::kUnknownBlindNs);
  }
}

void Members::note_blind(std::uint64_t blind_ns) {
  if (blind_ns == 0) return;
  ++counts_.blind_windows;
  counts_.blind_ns_total += blind_ns;
  counts_.blind_ns_max = std::max(counts_.blind_ns_max, blind_ns);
}

void Members::learn(const st_member_event& event) {
  const bool is_wanted = !prepared_.allowed.document.approval.learn.empty();
  if (!is_wanted) return;
  if (learned_ < kMaxLearned &&
      send_secrets(*prepared_.redactor, prepared_.allowed, event.own_tgid)) {
    ++learned_;
    return;
  }
  ++counts_.unlearned;
}

void Members::tell(const st_member_event& event, std::uint64_t blind_ns) {
  MemberMessage message;
  message.time_ns = event.header.time_ns;
  message.blind_ns = blind_ns;
  message.tgid = event.header.tgid;
  message.inner_tgid = event.inner_tgid;
  message.how = event.how;
  message.comm = comm_of(event);
  const bool is_told =
      lines_ < kMaxLines && prepared_.redactor->send(ToRedact(std::move(message))).has_value();
  ++(is_told ? lines_ : counts_.untold);
}

}  // namespace scopetrace
