// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/verify.h"

#include <algorithm>
#include <memory>

#include "scopes/ledger.h"
#include "scopes/sshsig.h"
#include "userspace/bundle/approval_judgement.h"
#include "userspace/bundle/json_line.h"
#include "userspace/bundle/merkle.h"
#include "userspace/bundle/seal.h"
#include "userspace/bundle/seek_table.h"

namespace scopetrace {
namespace {

// A body and the one key that signed it.
struct SignedBody {
  std::string_view body;
  PublicKey key;
};

// Splits a text with exactly one block and verifies it.
Result<SignedBody> open_text(std::string_view text, std::string_view name_space) {
  const std::size_t end = text.find("\n\n");
  if (end == std::string_view::npos) return fail(ErrorCode::kCorrupt, "text has no signature");
  const std::string_view body = text.substr(0, end + 1);
  ST_ASSIGN_OR_RETURN(PublicKey key,
                      verify_sshsig(text.substr(end + 2), name_space, as_bytes(body)));
  return SignedBody{body, std::move(key)};
}

bool is_not_less(const LossCounters& now, const LossCounters& before) {
  return now.lost_kernel_events >= before.lost_kernel_events &&
         now.lost_kernel_bytes >= before.lost_kernel_bytes && now.suppressed >= before.suppressed &&
         now.claimed_lost_user_events >= before.claimed_lost_user_events &&
         now.claimed_truncated_bytes >= before.claimed_truncated_bytes &&
         now.claimed_redactions >= before.claimed_redactions;
}

bool has_losses(const LossCounters& losses) {
  return losses.lost_kernel_events != 0 || losses.lost_kernel_bytes != 0 ||
         losses.claimed_lost_user_events != 0;
}

// Walks one bundle. Each step returns whether to go on; what is wrong is in the report.
class Verifier {
 public:
  Verifier(ByteSource& source, const VerifyInputs& inputs)
      : source_(source), reader_(source), inputs_(inputs) {}

  Result<VerifyReport> run() {
    bool goes_on = true;
    while (goes_on) {
      Frame frame;
      ST_ASSIGN_OR_RETURN(const FrameStatus status, reader_.next(frame));
      ST_ASSIGN_OR_RETURN(const bool is_growing, may_go_on(status));
      if (is_growing) continue;
      goes_on = status == FrameStatus::kFrame ? take(std::move(frame)) : end(status);
      if (inputs_.on_progress) inputs_.on_progress(reader_.offset());
    }
    judge_ledger();
    return std::move(report_);
  }

 private:
  enum class Expect { kLineZero, kSession, kApproval, kLeafSalt, kData, kSeekTable, kEnd };

  void worsen(Verdict verdict, std::string reason) {
    report_.verdict = std::max(report_.verdict, verdict);
    report_.reasons.push_back(std::move(reason));
  }
  void note(std::string text) { report_.notes.push_back(std::move(text)); }
  bool tampered(const std::string& reason) {
    worsen(Verdict::kTampered, reason + " (frame at byte " + std::to_string(at_) + ")");
    return false;
  }

  // Whether the rest of a frame, or the next one, is still to come.
  Result<bool> may_go_on(FrameStatus status) {
    const bool is_short = status == FrameStatus::kCut || status == FrameStatus::kEnd;
    if (!is_short || expect_ == Expect::kEnd) return false;
    return source_.wait_for_more();
  }

  // Nothing more can be read.
  bool end(FrameStatus status) {
    at_ = reader_.offset();
    if (status == FrameStatus::kInvalid) return tampered("no frame of a bundle begins here");
    if (status == FrameStatus::kEnd && expect_ == Expect::kEnd) return conclude();
    if (expect_ == Expect::kEnd) return tampered("bytes follow the seek table");
    const bool is_cut = status == FrameStatus::kCut;
    worsen(Verdict::kIncomplete, is_cut ? "cut inside the frame at byte " + std::to_string(at_)
                                        : "ends at byte " + std::to_string(at_) + where_it_ended());
    return false;
  }
  std::string where_it_ended() const {
    return expect_ == Expect::kSeekTable ? " without its seek table" : " without a final note";
  }

  bool conclude() {
    if (has_losses(report_.losses)) worsen(Verdict::kCompleteWithLoss, "events were lost");
    return false;
  }

  bool take(Frame frame) {
    at_ = frame.offset;
    const bool is_good = dispatch(frame);
    if (is_good && frame.magic != FrameMagic::kData && inputs_.on_evidence) {
      inputs_.on_evidence(frame.magic, frame.content());
    }
    entries_.push_back(seek_entry(frame));
    prefix_.update(frame.bytes);
    is_behind_seal_ = frame.magic == FrameMagic::kSeal;
    if (frame.magic == FrameMagic::kData) pending_ = std::move(frame);
    return is_good;
  }

  bool dispatch(const Frame& frame) {
    switch (expect_) {
      case Expect::kLineZero:
        expect_ = Expect::kSession;
        return frame.magic == FrameMagic::kData || tampered("does not begin with line 0");
      case Expect::kSession:
        return frame.magic == FrameMagic::kSession ? take_session(frame) : misplaced();
      case Expect::kApproval:
        return frame.magic == FrameMagic::kApproval ? take_approval(frame) : misplaced();
      case Expect::kLeafSalt:
        return frame.magic == FrameMagic::kLeafSalt ? take_leaf_salt(frame) : misplaced();
      case Expect::kData:
        return take_data_or_seal(frame);
      case Expect::kSeekTable:
        return frame.magic == FrameMagic::kSeekTable ? take_seek_table(frame) : misplaced();
      case Expect::kEnd:
        return tampered("bytes follow the seek table");
    }
    return misplaced();
  }
  bool misplaced() { return tampered("a frame of another kind is expected"); }

  bool take_session(const Frame& frame) {
    const auto text = open_text(frame.text(), kSessionNamespace);
    if (!text) return tampered("session: " + text.error().message());
    auto session = parse_session_text(text->body);
    if (!session) return tampered(session.error().message());
    session_ = *std::move(session);
    if (session_.part == 0 || (session_.part == 1) == session_.previous.has_value()) {
      return tampered("session: part and previous contradict each other");
    }
    host_key_ = text->key;
    previous_ = sha256(frame.content());
    seal_key_ = session_.seal_key;
    report_session();
    judge_host();
    expect_ = Expect::kApproval;
    return open_line_zero();
  }

  void report_session() {
    report_.host = session_.host;
    report_.host_key = host_key_->fingerprint();
    report_.session = session_.session;
    report_.part = session_.part;
    report_.previous = session_.previous;
    report_.start_seconds = session_.start_seconds;
    report_.approvals_required = session_.approvals_required;
    report_.environment = session_.environment;
  }

  void judge_host() {
    if (!inputs_.trust)
      return worsen(Verdict::kUntrusted, "no trust file: the host key proves nothing");
    if (inputs_.trust->revoked.contains(*host_key_)) {
      return worsen(Verdict::kUntrusted, "the host key " + report_.host_key + " is revoked");
    }
    for (const std::string_view name_space : {kSessionNamespace, kBundleNamespace}) {
      const Status trusted = inputs_.trust->signers.check(host_principal(session_.host), *host_key_,
                                                          name_space, session_.start_seconds);
      if (!trusted) return worsen(Verdict::kUntrusted, "host: " + trusted.error().message());
    }
  }

  bool open_line_zero() {
    const auto raw_bytes = declared_raw_bytes(pending_->bytes);
    if (sha256(pending_->bytes) != session_.first_frame || !raw_bytes) {
      return tampered("line 0 has another digest");
    }
    const auto line = zstd_.decompress(pending_->bytes, *raw_bytes);
    pending_.reset();
    if (!line || line->empty() || line->find('\n') != line->size() - 1 ||
        sha256(as_bytes(*line)) != session_.first_line) {
      return tampered("line 0 is not the one that was signed");
    }
    deliver(*line);
    return true;
  }

  bool take_approval(const Frame& frame) {
    if (sha256(frame.content()) != session_.approval) return tampered("approval: another digest");
    judge_captured_approval(frame.text());
    expect_ = Expect::kLeafSalt;
    return true;
  }

  void judge_captured_approval(std::string_view text) {
    const Trust* trust = inputs_.trust ? &*inputs_.trust : nullptr;
    ApprovalJudgement judgement = judge_approval(text, session_, report_.host_key, trust);
    report_.approval = std::move(judgement.id);
    report_.recipients = std::move(judgement.recipients);
    report_.approvers = std::move(judgement.approvers);
    for (std::string& fault : judgement.faults) worsen(Verdict::kUntrusted, std::move(fault));
  }

  bool take_leaf_salt(const Frame& frame) {
    if (frame.content().size() != kLeafSaltBytes || sha256(frame.content()) != session_.leaf_salt) {
      return tampered("leaf salt: another digest");
    }
    LeafSalt salt;
    std::copy_n(frame.content().begin(), kLeafSaltBytes, salt.begin());
    hasher_ = std::make_unique<LeafHasher>(salt);
    expect_ = Expect::kData;
    accept_bytes(frame);
    return true;
  }

  bool take_data_or_seal(const Frame& frame) {
    if (frame.magic == FrameMagic::kSeal) return !is_closed_ ? take_seal(frame) : misplaced();
    if (frame.magic == FrameMagic::kPadding) return take_padding(frame);
    if (pending_) return tampered("a data frame has no seal");
    if (frame.magic == FrameMagic::kData) return !is_closed_ || misplaced();
    if (frame.magic == FrameMagic::kFinalNote && is_closed_) return take_final_note(frame);
    return misplaced();
  }

  // Nothing signs it in a bundle that was cut behind it, so it may hold nothing.
  bool take_padding(const Frame& frame) {
    if (report_.recipients.empty() || !is_behind_seal_ || is_closed_) return misplaced();
    const Bytes content = frame.content();
    const bool is_empty =
        std::all_of(content.begin(), content.end(), [](std::byte b) { return b == std::byte{0}; });
    return is_empty || tampered("padding holds something");
  }

  bool take_seal(const Frame& frame) {
    const std::size_t end = frame.text().find("\n\n");
    auto seal = parse_seal(frame.text().substr(0, end == std::string_view::npos ? 0 : end + 1));
    if (!seal) return tampered(seal.error().message());
    const std::string chain_fault = fault_in_chain(*seal);
    if (!chain_fault.empty()) return tampered("seal: " + chain_fault);
    const auto text = open_text(frame.text(), kSealNamespace);
    if (!text) return tampered("seal: " + text.error().message());
    if (text->key.line() != seal_key_) return tampered("seal: signed by another key");
    if (pending_ && !open_lines(*seal)) return false;
    if (tree_.root() != seal->root) return tampered("seal: the lines have another Merkle root");
    if (!agrees_with_ledger(frame)) return tampered("seal: the ledger knows another one here");
    accept_seal(*seal, frame);
    return true;
  }

  // The heads that the ledger knows of this session; null without any.
  const std::map<std::uint64_t, Digest>* ledger_heads() const {
    if (!inputs_.ledger) return nullptr;
    const auto found = inputs_.ledger->heads.find({session_.session, session_.part});
    return found == inputs_.ledger->heads.end() ? nullptr : &found->second;
  }

  bool agrees_with_ledger(const Frame& frame) const {
    const auto* heads = ledger_heads();
    if (heads == nullptr) return true;
    const auto known = heads->find(report_.seals + 1);
    return known == heads->end() || known->second == sha256(frame.content());
  }

  // After the last frame: whether the ledger knows of more than there is.
  void judge_ledger() {
    if (!inputs_.ledger) return note("rollback not checked");
    if (report_.verdict == Verdict::kTampered || !host_key_) return;
    if (!inputs_.ledger->folder.empty()) {
      const auto head = verify_ledger(inputs_.ledger->folder, *host_key_);
      if (!head) return worsen(Verdict::kUntrusted, head.error().message());
    } else {
      note("the ledger's checkpoint was not given: only its chain was checked");
    }
    if (session_.ledger && inputs_.ledger->lines.count(*session_.ledger) == 0) {
      return worsen(Verdict::kUntrusted, "the session names a head that this ledger never had");
    }
    const auto* heads = ledger_heads();
    if (heads == nullptr)
      return note("rollback not checked: the ledger has no seal of this session");
    const std::uint64_t last = heads->rbegin()->first;
    if (last > report_.seals) {
      return worsen(Verdict::kRollback, "the ledger knows " + std::to_string(last) +
                                            " seals, the bundle has " +
                                            std::to_string(report_.seals));
    }
    report_.anchored = "ledger";
  }

  // What a seal states about its place and its frame, before its signature is looked at.
  std::string fault_in_chain(const Seal& seal) const {
    if (seal.session != session_.session) return "of another session";
    if (seal.index != report_.seals) return "out of order";
    if (seal.previous != previous_) return "does not follow the one before";
    if (seal.first != tree_.size()) return "begins at another line";
    if (seal.boottime_ns < last_boottime_ns_) return "time ran backwards";
    if (!is_not_less(seal.losses, report_.losses)) return "a loss counter went down";
    if (seal.frame.has_value() != pending_.has_value()) return "is not for the frame before it";
    if (!seal.frame) return "";
    if (seal.frame->offset != pending_->offset ||
        seal.frame->compressed != pending_->bytes.size() ||
        seal.frame->raw != declared_raw_bytes(pending_->bytes)) {
      return "is for a frame of another size";
    }
    return seal.frame->digest == sha256(pending_->bytes) ? "" : "its frame has another digest";
  }

  bool open_lines(const Seal& seal) {
    const auto raw = zstd_.decompress(pending_->bytes, seal.frame->raw);
    pending_.reset();
    if (!raw) return tampered(raw.error().message());
    const std::uint64_t wanted = tree_.size() + seal.count;
    std::string_view rest = *raw;
    std::vector<std::string_view> lines;
    while (!rest.empty()) {
      const std::size_t lf = rest.find('\n');
      if (lf == std::string_view::npos) return tampered("the last line has no end");
      lines.push_back(rest.substr(0, lf + 1));
      tree_.add(hasher_->leaf(tree_.size(), lines.back()));
      rest.remove_prefix(lf + 1);
    }
    if (tree_.size() != wanted) return tampered("seal: another number of lines");
    if (tree_.root() != seal.root) return tampered("seal: the lines have another Merkle root");
    for (const std::string_view line : lines) deliver(line);
    return true;
  }

  void accept_seal(const Seal& seal, const Frame& frame) {
    previous_ = sha256(frame.content());
    is_closed_ = !seal.next_key;
    seal_key_ = seal.next_key.value_or("");
    last_boottime_ns_ = seal.boottime_ns;
    ++report_.seals;
    report_.losses = seal.losses;
    report_.sealed_until_ns = seal.realtime_ns;
    accept_bytes(frame);
  }

  // Everything up to the end of this frame is proved.
  void accept_bytes(const Frame& frame) {
    report_.verified_bytes = frame.offset + frame.bytes.size();
  }

  bool take_final_note(const Frame& frame) {
    const auto text = open_text(frame.text(), kBundleNamespace);
    if (!text) return tampered("final note: " + text.error().message());
    if (!(text->key == *host_key_)) return tampered("final note: signed by another key");
    const auto note = parse_final_note(text->body);
    if (!note) return tampered(note.error().message());
    if (note->session != session_.session || note->part != session_.part ||
        note->bytes != frame.offset || note->digest != prefix_.digest()) {
      return tampered("final note: is for another bundle");
    }
    if (note->seals != report_.seals || note->lines != tree_.size() + 1 ||
        note->root != tree_.root() || !is_not_less(note->losses, report_.losses) ||
        !is_not_less(report_.losses, note->losses)) {
      return tampered("final note: counts differ from the seals");
    }
    report_.end = note->end;
    expect_ = Expect::kSeekTable;
    accept_bytes(frame);
    return true;
  }

  bool take_seek_table(const Frame& frame) {
    if (frame.bytes != make_seek_table(entries_)) return tampered("wrong seek table");
    report_.has_seek_table = true;
    report_.last_frame = sha256(frame.bytes);
    expect_ = Expect::kEnd;
    accept_bytes(frame);
    return true;
  }

  void deliver(std::string_view line) {
    ++report_.lines;
    if (inputs_.on_line) inputs_.on_line(line);
  }

  ByteSource& source_;
  FrameReader reader_;
  const VerifyInputs& inputs_;
  FrameDecompressor zstd_;
  VerifyReport report_;
  Expect expect_ = Expect::kLineZero;
  std::uint64_t at_ = 0;          // of the frame that is being checked
  std::optional<Frame> pending_;  // a data frame whose seal has not come yet
  SessionText session_;
  std::optional<PublicKey> host_key_;
  std::string seal_key_;  // that the next seal must be signed with
  Digest previous_{};
  std::unique_ptr<LeafHasher> hasher_;  // once the leaf salt has come
  MerkleTree tree_;
  Sha256 prefix_;  // of all frames before this one
  std::vector<SeekEntry> entries_;
  std::uint64_t last_boottime_ns_ = 0;
  bool is_closed_ = false;       // the last seal has come
  bool is_behind_seal_ = false;  // the frame before this one was a seal
};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kComplete:
      return "COMPLETE";
    case Verdict::kCompleteWithLoss:
      return "COMPLETE_WITH_LOSS";
    case Verdict::kIncomplete:
      return "INCOMPLETE";
    case Verdict::kRollback:
      return "ROLLBACK";
    case Verdict::kUntrusted:
      return "UNTRUSTED";
    case Verdict::kTampered:
      return "TAMPERED";
  }
  return "TAMPERED";
}

int verdict_exit(Verdict verdict, bool is_strict) {
  switch (verdict) {
    case Verdict::kComplete:
      return 0;
    case Verdict::kCompleteWithLoss:
      return is_strict ? 4 : 0;
    case Verdict::kIncomplete:
      return 5;
    case Verdict::kRollback:
      return 6;
    case Verdict::kTampered:
      return 7;
    case Verdict::kUntrusted:
      return 8;
  }
  return 7;
}

Result<VerifyReport> verify_bundle(ByteSource& source, const VerifyInputs& inputs) {
  return Verifier(source, inputs).run();
}

std::string format_report_json(const VerifyReport& report, bool is_strict) {
  return dump_line({{"verdict", verdict_name(report.verdict)},
                    {"exit", verdict_exit(report.verdict, is_strict)},
                    {"reasons", report.reasons},
                    {"notes", report.notes},
                    {"anchored", report.anchored},
                    {"host", report.host},
                    {"host_key", report.host_key},
                    {"session", report.session},
                    {"part", report.part},
                    {"approval", report.approval},
                    {"approvers", report.approvers},
                    {"approvals_required", json_number(report.approvals_required)},
                    {"environment", report.environment},
                    {"lines", json_number(report.lines)},
                    {"seals", json_number(report.seals)},
                    {"verified_bytes", json_number(report.verified_bytes)},
                    {"end", report.end},
                    {"losses", losses_json(report.losses)}});
}

}  // namespace scopetrace
