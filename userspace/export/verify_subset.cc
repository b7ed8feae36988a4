// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/verify_subset.h"

#include <fcntl.h>

#include <algorithm>
#include <optional>

#include "scopes/sshsig.h"
#include "userspace/base/file.h"
#include "userspace/bundle/approval_judgement.h"
#include "userspace/bundle/reader.h"
#include "userspace/export/json_members.h"
#include "userspace/export/subset_format.h"
#include "userspace/export/text_lines.h"

namespace scopetrace {
namespace {

// A text that the host signed, split.
struct HostText {
  std::string_view body;
  PublicKey key;
};

Result<HostText> open_host_text(std::string_view text, std::string_view name_space) {
  const std::size_t end = text.find("\n\n");
  if (end == std::string_view::npos) return fail(ErrorCode::kCorrupt, "text has no signature");
  const std::string_view body = text.substr(0, end + 1);
  ST_ASSIGN_OR_RETURN(PublicKey key,
                      verify_sshsig(text.substr(end + 2), name_space, as_bytes(body)));
  return HostText{body, std::move(key)};
}

// Lines that were counted while the proof was followed.
struct SubsetCounts {
  std::uint64_t kept = 0;
  std::uint64_t derived = 0;
};

// Walks the proof and the lines side by side. Each step returns whether to go on; what is wrong is
// in the report.
class SubsetVerifier {
 public:
  SubsetVerifier(const std::string& folder, const VerifyInputs& inputs, ExportReport& report)
      : folder_(folder), inputs_(inputs), report_(report) {}

  Status run() {
    ST_ASSIGN_OR_RETURN(const std::string note, read_text(kSubsetFinalNote));
    if (!take_final_note(note)) return {};
    ST_ASSIGN_OR_RETURN(const UniqueFd lines_fd, open_one(kSubsetLines));
    ST_ASSIGN_OR_RETURN(const UniqueFd proof_fd, open_one(kSubsetProof));
    ST_ASSIGN_OR_RETURN(FileSource lines_file, FileSource::open(lines_fd.get()));
    FrameLines lines(lines_file);
    FileLines proof(proof_fd.get());
    ST_ASSIGN_OR_RETURN(bool goes_on, take_line_zero(lines));
    while (goes_on) {
      ST_ASSIGN_OR_RETURN(const auto entry, proof.next());
      if (!entry) break;
      ST_ASSIGN_OR_RETURN(goes_on, take_entry(*entry, lines));
    }
    if (!goes_on) return {};
    ST_ASSIGN_OR_RETURN(const auto more, lines.next());
    conclude(more.has_value() || lines.is_broken());
    return {};
  }

 private:
  void worsen(Verdict verdict, std::string reason) {
    report_.verdict = std::max(report_.verdict, verdict);
    report_.reasons.push_back(std::move(reason));
  }
  bool tampered(const std::string& reason) {
    worsen(Verdict::kTampered, reason);
    return false;
  }
  std::string path_of(const char* name) const { return folder_ + "/" + name; }
  Result<UniqueFd> open_one(const char* name) const {
    return open_file(path_of(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  }
  Result<std::string> read_text(const char* name) const {
    ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_one(name));
    return read_all(fd.get(), kMaxSignedTextBytes);
  }

  bool take_final_note(const std::string& text) {
    const auto opened = open_host_text(text, kBundleNamespace);
    if (!opened) return tampered("final note: " + opened.error().message());
    auto note = parse_final_note(opened->body);
    if (!note) return tampered(note.error().message());
    note_ = *std::move(note);
    key_ = opened->key;
    if (note_.session != report_.manifest.session) {
      return tampered("final note: is of another session");
    }
    if (note_.lines != report_.manifest.lines)
      return tampered("final note: another number of lines");
    judge_host();
    return true;
  }

  void judge_host() {
    if (!inputs_.trust) return;
    if (inputs_.trust->revoked.contains(*key_)) {
      return worsen(Verdict::kUntrusted, "the host key " + key_->fingerprint() + " is revoked");
    }
    const Status trusted = inputs_.trust->signers.check(host_principal(report_.manifest.host),
                                                        *key_, kBundleNamespace, note_.end_seconds);
    if (!trusted) worsen(Verdict::kUntrusted, "host: " + trusted.error().message());
  }

  // Line 0 is no leaf: the session text has its digest.
  Result<bool> take_line_zero(FrameLines& lines) {
    ST_ASSIGN_OR_RETURN(const auto first, lines.next());
    if (!first) return tampered("there are no lines");
    if (!report_.manifest.files.contains(kSubsetSession)) {
      report_.notes.emplace_back(
          "line 0 and the approval were not checked: they are the exporter's word");
      const bool is_derived = is_marked(*first);
      ++(is_derived ? counts_.derived : counts_.kept);
      return true;
    }
    if (!report_.manifest.files.contains(kSubsetApproval)) return tampered("approval: is missing");
    ++counts_.kept;
    ST_ASSIGN_OR_RETURN(const std::string text, read_text(kSubsetSession));
    ST_ASSIGN_OR_RETURN(const std::string approval, read_text(kSubsetApproval));
    return take_session(text, approval, *first);
  }

  bool take_session(const std::string& text, const std::string& approval, std::string_view first) {
    const auto opened = open_host_text(text, kSessionNamespace);
    if (!opened) return tampered("session: " + opened.error().message());
    const auto session = parse_session_text(opened->body);
    if (!session) return tampered(session.error().message());
    if (!(opened->key == *key_) || session->session != note_.session ||
        session->host != report_.manifest.host) {
      return tampered("session: is of another capture");
    }
    if (sha256(as_bytes(first)) != session->first_line) return tampered("line 0: another digest");
    if (sha256(as_bytes(approval)) != session->approval) {
      return tampered("approval: another digest");
    }
    judge_captured_approval(approval, *session);
    return true;
  }

  void judge_captured_approval(std::string_view text, const SessionText& session) {
    const ApprovalJudgement judgement = judge_approval(text, session, key_->fingerprint(),
                                                       inputs_.trust ? &*inputs_.trust : nullptr);
    for (const std::string& fault : judgement.faults) worsen(Verdict::kUntrusted, fault);
    if (judgement.faults.empty())
      report_.notes.push_back("approval " + judgement.id + " covers it");
  }

  static bool is_marked(std::string_view line) {
    return member_at(Json::parse(line, nullptr, false), {"derived"}) == Json(true);
  }

  Result<bool> take_entry(std::string_view text, FrameLines& lines) {
    const auto entry = parse_proof_entry(text);
    if (!entry) return tampered(entry.error().message());
    if (entry->first != tree_.size()) return tampered("proof: leaves are missing or come twice");
    if (entry->kind == ProofEntry::Kind::kWithheld) {
      return tree_.add_subtree(entry->hash, entry->count) ||
             tampered("proof: a subtree does not fit");
    }
    ST_ASSIGN_OR_RETURN(const auto line, lines.next());
    if (!line) return tampered("proof: a line is missing");
    return entry->kind == ProofEntry::Kind::kKept ? take_kept(*entry, *line)
                                                  : take_derived(*entry, *line);
  }

  bool take_kept(const ProofEntry& entry, std::string_view line) {
    ++counts_.kept;
    tree_.add(leaf_hash(entry.salt, line));
    return true;
  }

  bool take_derived(const ProofEntry& entry, std::string_view line) {
    ++counts_.derived;
    tree_.add(entry.hash);
    return is_marked(line) || tampered("a derived line is not marked as one");
  }

  void conclude(bool has_more) {
    if (has_more) return void(tampered("there are lines that the proof does not have"));
    if (tree_.size() + 1 != note_.lines) return void(tampered("proof: another number of leaves"));
    if (tree_.root() != note_.root) {
      return void(tampered("the lines do not stand in the bundle: another Merkle root"));
    }
    if (counts_.kept != report_.manifest.kept || counts_.derived != report_.manifest.derived) {
      return void(tampered("manifest: counts differ from the lines"));
    }
    report_.notes.push_back(std::to_string(counts_.kept) +
                            " lines are proved to stand in the bundle as they are");
  }

  const std::string& folder_;
  const VerifyInputs& inputs_;
  ExportReport& report_;
  FinalNote note_;
  std::optional<PublicKey> key_;
  MerkleTree tree_;
  SubsetCounts counts_;
};

}  // namespace

Status verify_subset(const std::string& folder, const VerifyInputs& inputs, ExportReport& report) {
  for (const char* name : {kSubsetLines, kSubsetFinalNote}) {
    if (report.manifest.files.contains(name)) continue;
    report.verdict = Verdict::kTampered;
    report.reasons.push_back(std::string(name) + ": is missing");
    return {};
  }
  return SubsetVerifier(folder, inputs, report).run();
}

}  // namespace scopetrace
