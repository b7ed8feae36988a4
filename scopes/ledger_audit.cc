// SPDX-License-Identifier: Apache-2.0
#include "scopes/ledger_audit.h"

#include <algorithm>
#include <map>

#include "scopes/host_rotation.h"
#include "scopes/ledger_reader.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxReasons = 20;

// The chain of a file: its end, and the digests at the counts that were asked for.
struct Chain {
  LedgerHead end;
  std::map<std::uint64_t, Digest> digests;  // by count; the values are filled in
  std::vector<PublicKey> keys;              // of the host, from the first rotation on
};

// A rotation hands over from one key of the host to the next.
Status follow_keys(const LedgerRecord& entry, Chain* chain) {
  if (entry.event != kRotatedEvent) return {};
  if (chain->keys.empty()) {
    ST_ASSIGN_OR_RETURN(PublicKey first, PublicKey::from_line(entry.value("old")));
    chain->keys.push_back(std::move(first));
  }
  ST_ASSIGN_OR_RETURN(PublicKey next, follow_rotation(entry, chain->keys.back()));
  chain->keys.push_back(std::move(next));
  return {};
}

Status follow(int fd, Chain* chain) {
  return read_ledger(fd, [&](const LedgerRecord& entry) -> Status {
    LedgerHead& end = chain->end;
    if (entry.n != end.count || entry.previous != end.head) {
      return fail(ErrorCode::kTampered, "ledger: line " + std::to_string(end.count + 1) +
                                            " does not follow the line before it");
    }
    end = {end.count + 1, entry.digest};
    const auto wanted = chain->digests.find(end.count);
    if (wanted != chain->digests.end()) wanted->second = entry.digest;
    return follow_keys(entry, chain);
  });
}

class Auditor {
 public:
  LedgerReport run(int fd, std::string_view checkpoint, const PublicKey& host_key,
                   const LedgerEvidence& evidence) {
    for (const auto& head : evidence.heads) chain_.digests[head.count];
    const Status chained = follow(fd, &chain_);
    if (!chained) worsen(LedgerVerdict::kTampered, chained.error().message());
    report_.head = chain_.end;
    judge_checkpoint(checkpoint, host_key);
    if (chain_.keys.empty()) chain_.keys.push_back(host_key);
    if (!(chain_.keys.back() == host_key)) {
      worsen(LedgerVerdict::kTampered, "the ledger hands over to another key than the host's");
    }
    for (const auto& head : evidence.heads) judge(head);
    return std::move(report_);
  }

 private:
  // Tampered is worse than untrusted, which is worse than a rollback.
  void worsen(LedgerVerdict verdict, const std::string& reason) {
    const auto rank = [](LedgerVerdict v) {
      return v == LedgerVerdict::kTampered    ? 3
             : v == LedgerVerdict::kUntrusted ? 2
             : v == LedgerVerdict::kRollback  ? 1
                                              : 0;
    };
    if (rank(verdict) > rank(report_.verdict)) report_.verdict = verdict;
    if (report_.reasons.size() < kMaxReasons) report_.reasons.push_back(reason);
  }

  void judge_checkpoint(std::string_view text, const PublicKey& host_key) {
    if (text.empty() && chain_.end.count == 0) return;
    const auto found = parse_checkpoint(text);
    if (!found) return worsen(LedgerVerdict::kTampered, "checkpoint: " + found.error().message());
    if (!(found->key == host_key)) {
      return worsen(LedgerVerdict::kUntrusted, "the checkpoint is not by the host key");
    }
    const Checkpoint& checkpoint = found->checkpoint;
    if (checkpoint.count == chain_.end.count && checkpoint.head == chain_.end.head) return;
    worsen(LedgerVerdict::kTampered, "the entries do not end where their checkpoint says");
  }

  void judge(const LedgerEvidence::Head& head) {
    const auto& keys = chain_.keys;
    if (head.key && std::find(keys.begin(), keys.end(), *head.key) == keys.end()) {
      ++report_.ignored;
      return;
    }
    ++report_.compared;
    if (head.count > chain_.end.count) {
      return worsen(LedgerVerdict::kRollback, head.source + " knows " + std::to_string(head.count) +
                                                  " entries, here are " +
                                                  std::to_string(chain_.end.count));
    }
    if (head.count == 0 || chain_.digests[head.count] == head.head) return;
    worsen(LedgerVerdict::kTampered, "entry " + std::to_string(head.count) +
                                         " is another one than " + head.source + " knows");
  }

  Chain chain_;
  LedgerReport report_;
};

// Whole signed checkpoints in a text, such as a file that holds one.
std::optional<std::string> whole_checkpoint(std::string_view text) {
  if (!text.starts_with("scopetrace-audit v1\n")) return std::nullopt;
  return std::string(text);
}

}  // namespace

std::string_view ledger_verdict_name(LedgerVerdict verdict) {
  switch (verdict) {
    case LedgerVerdict::kGood:
      return "GOOD";
    case LedgerVerdict::kRollback:
      return "ROLLBACK";
    case LedgerVerdict::kTampered:
      return "TAMPERED";
    case LedgerVerdict::kUntrusted:
      return "UNTRUSTED";
  }
  return "TAMPERED";
}

void LedgerEvidence::add_log(std::string_view text, const std::string& source) {
  const auto take = [&](const std::string& signed_text, const std::string& where) {
    const auto found = parse_checkpoint(signed_text);
    if (found)
      heads.push_back({found->checkpoint.count, found->checkpoint.head, where, found->key});
  };
  if (const auto whole = whole_checkpoint(text)) return take(*whole, source);
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto found = find_checkpoint_line(text.substr(0, end));
    if (found) take(*found, source + " line " + std::to_string(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Status LedgerEvidence::add_copy(int entries_fd, const std::string& source) {
  Chain copy;
  ST_RETURN_IF_ERROR(follow(entries_fd, &copy).map_error([&](Error error) {
    return std::move(error).with_context(source);
  }));
  heads.push_back({copy.end.count, copy.end.head, source, std::nullopt});
  return {};
}

LedgerReport audit_ledger(int entries_fd, std::string_view checkpoint, const PublicKey& host_key,
                          const LedgerEvidence& evidence) {
  return Auditor().run(entries_fd, checkpoint, host_key, evidence);
}

}  // namespace scopetrace
