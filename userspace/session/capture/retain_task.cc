// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/retain_task.h"

#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "scopes/clock_rule.h"
#include "scopes/ledger.h"
#include "scopes/policy_change.h"
#include "scopes/signed_text.h"
#include "userspace/base/file.h"
#include "userspace/session/capture/retention/bundle_store.h"
#include "userspace/session/capture/retention/retention_rule.h"

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;

// One run: the folder, and the ledger that learns of every deletion first.
class RetainRun {
 public:
  RetainRun(BundleStore& store, Ledger& ledger, uid_t uid)
      : store_(store), ledger_(ledger), uid_(uid) {}

  // An error ends the run: without the ledger nothing is deleted. What only this bundle cannot do
  // comes back as text; empty when it is gone.
  Result<std::string> remove(const RetentionChoice& choice) {
    const StoredBundle& bundle = *choice.bundle;
    ST_RETURN_IF_ERROR(ledger_.append({"retain", fields_of(bundle, choice.reason)}));
    for (const StoredPart& part : bundle.parts) {
      const Status removed = store_.remove(part);
      if (removed) continue;
      const std::string why = removed.error().message();
      ST_RETURN_IF_ERROR(ledger_.append({"retain-kept", fields_of(bundle, why)}));
      return why;
    }
    return std::string();
  }

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Fields fields_of(const StoredBundle& bundle, const std::string& reason) const {
    return {{"bundle", printable_ascii(bundle.name)},
            {"claimed_session", store_.claimed_session(bundle)},
            {"files", std::to_string(bundle.parts.size())},
            {"bytes", std::to_string(bundle.stored_bytes())},
            {"written", format_seconds(bundle.written_s())},
            {"reason", printable_ascii(reason)},
            {"uid", std::to_string(uid_)}};
  }

  BundleStore& store_;
  Ledger& ledger_;
  uid_t uid_;
};

const char* action_of(const RetentionChoice& choice) {
  if (choice.is_doomed) return "delete";
  return choice.is_obstructed ? "obstructed" : "keep";
}

Json row_of(const RetentionChoice& choice) {
  const StoredBundle& bundle = *choice.bundle;
  return {{"name", bundle.name},
          {"files", bundle.parts.size()},
          {"bytes", bundle.stored_bytes()},
          {"written", format_seconds(bundle.written_s())},
          {"action", action_of(choice)},
          {"reason", choice.reason}};
}

// In memory only: a folder may have more bundles than a message of the channel holds.
Result<UniqueFd> as_file(const Json& json) {
  UniqueFd file(::memfd_create("retain", MFD_CLOEXEC));
  if (!file) return fail_errno("memory for the answer");
  ST_RETURN_IF_ERROR(write_all(
      file.get(), as_bytes(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n")));
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("memory for the answer");
  return file;
}

Result<std::uint64_t> judged_now_s(const HostSide& side) {
  const ClockFacts facts{side.host.name, side.host.boot_id, ClockPair::now()};
  ST_ASSIGN_OR_RETURN(const std::uint64_t now_ns, judge_clock(side.folders.ledger(), facts));
  return now_ns / kNanosecondsPerSecond;
}

// Deletes what is doomed; the rows say what became of each.
Status remove_doomed(RetainRun& run, const std::vector<RetentionChoice>& choices, Json& rows) {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (!choices[i].is_doomed) continue;
    ST_ASSIGN_OR_RETURN(const std::string failure, run.remove(choices[i]));
    if (failure.empty()) continue;
    rows[i]["action"] = "failed";
    rows[i]["reason"] = failure;
  }
  return {};
}

std::uint64_t bytes_left(const Json& rows) {
  std::uint64_t left = 0;
  for (const Json& row : rows) {
    if (row["action"] != "delete") left += row["bytes"].get<std::uint64_t>();
  }
  return left;
}

}  // namespace

Result<HostAnswer> retain_bundles(const HostCall& call, const HostSide& side, const Peer& peer) {
  const bool is_dry_run = call.text == "dry-run";
  if (!is_dry_run && !call.text.empty())
    return fail(ErrorCode::kUsage, "neither a dry run nor one");
  if (peer.uid != 0) return fail(ErrorCode::kRefused, "only root may delete bundles");
  ST_ASSIGN_OR_RETURN(const std::uint64_t now_s, judged_now_s(side));
  ST_ASSIGN_OR_RETURN(BundleStore store, BundleStore::open(side.folders.bundles()));
  ST_ASSIGN_OR_RETURN(const std::vector<StoredBundle> bundles, store.list());
  const auto choices = judge_retention(bundles, side.policy.retention, now_s);

  Json rows = Json::array();
  for (const RetentionChoice& choice : choices) rows.push_back(row_of(choice));
  if (!is_dry_run) {
    ST_ASSIGN_OR_RETURN(Ledger ledger,
                        Ledger::open(side.folders.ledger(), side.host.name, side.host_key));
    ST_RETURN_IF_ERROR(note_policy_change(ledger, side.folders.ledger(), side.policy));
    RetainRun run(store, ledger, peer.uid);
    ST_RETURN_IF_ERROR(remove_doomed(run, choices, rows));
  }
  HostAnswer answer;
  ST_ASSIGN_OR_RETURN(answer.fd, as_file({{"folder", side.folders.bundles()},
                                          {"dry_run", is_dry_run},
                                          {"bundles", rows},
                                          {"left_bytes", bytes_left(rows)}}));
  return answer;
}

}  // namespace scopetrace
