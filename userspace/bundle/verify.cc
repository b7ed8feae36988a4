// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/verify.h"

#include <algorithm>
#include <memory>

#include "scopes/ledger.h"
#include "userspace/bundle/approval_judgement.h"
#include "userspace/bundle/loss_fields.h"
#include "userspace/bundle/merkle.h"
#include "userspace/bundle/seal_chain.h"
#include "userspace/bundle/seal_opener.h"
#include "userspace/bundle/seek_table.h"
#include "userspace/bundle/signed_body.h"

namespace scopetrace {
namespace {

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
      ST_ASSIGN_OR_RETURN(goes_on, step());
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
  bool tampered(const std::string& reason) { return settle() && tampered_at(at_, reason); }
  bool tampered_at(std::uint64_t at, const std::string& reason) {
    worsen(Verdict::kTampered, reason + " (frame at byte " + std::to_string(at) + ")");
    return false;
  }

  // Seals that were checked wait in opener_ until the lines under them are. Whatever is judged by
  // the lines, or is told of the bundle, comes behind those that were read before.
  bool settle() {
    while (opener_ && !opener_->is_empty()) {
      if (!settle_oldest()) return false;
    }
    return true;
  }
  bool settle_oldest() {
    const OpenedSeal opened = opener_->pop();
    const std::string fault = fault_in_lines(opened);
    if (!fault.empty()) {
      opener_.reset();  // what was read behind a fault counts for nothing
      return tampered_at(opened.checked.offset, fault);
    }
    accept_seal(opened.checked);
    return true;
  }

  Result<bool> step() {
    Frame frame;
    const auto status = reader_.next(frame);
    if (status && *status == FrameStatus::kFrame) return take(std::move(frame));
    if (!settle()) return false;
    if (!status) return fail(status.error());
    ST_ASSIGN_OR_RETURN(const bool is_growing, may_go_on(*status));
    return is_growing || end(*status);
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
    bool is_good = dispatch(frame);
    if (is_good && frame.magic != FrameMagic::kData && inputs_.on_evidence) {
      is_good = settle();  // evidence follows the lines that it is for
      if (is_good) inputs_.on_evidence(frame.magic, frame.content());
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
    const auto text = open_signed_body(frame.text(), kSessionNamespace);
    if (!text) return tampered("session: " + text.error().message());
    auto session = parse_session_text(text->body);
    if (!session) return tampered(session.error().message());
    session_ = *std::move(session);
    if (session_.part == 0 || (session_.part == 1) == session_.previous.has_value()) {
      return tampered("session: part and previous contradict each other");
    }
    host_key_ = text->key;
    chain_.begin(session_, sha256(frame.content()));
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
    ++report_.lines;
    if (inputs_.on_line) inputs_.on_line(*line);
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
    opener_ =
        inputs_.make_opener ? inputs_.make_opener(salt) : std::make_unique<OneSealOpener>(salt);
    expect_ = Expect::kData;
    accept_bytes(frame);
    return true;
  }

  bool take_data_or_seal(const Frame& frame) {
    if (frame.magic == FrameMagic::kSeal) return is_closed() ? misplaced() : take_seal(frame);
    if (frame.magic == FrameMagic::kPadding) return take_padding(frame);
    if (pending_) return tampered("a data frame has no seal");
    if (frame.magic == FrameMagic::kData) return !is_closed() || misplaced();
    if (frame.magic == FrameMagic::kFinalNote && is_closed()) return take_final_note(frame);
    return misplaced();
  }

  // Nothing signs it in a bundle that was cut behind it, so it may hold nothing.
  bool take_padding(const Frame& frame) {
    if (report_.recipients.empty() || !is_behind_seal_ || is_closed()) return misplaced();
    const Bytes content = frame.content();
    const bool is_empty =
        std::all_of(content.begin(), content.end(), [](std::byte b) { return b == std::byte{0}; });
    return is_empty || tampered("padding holds something");
  }

  bool is_closed() const { return chain_.is_closed(); }

  bool take_seal(const Frame& frame) {
    auto seal = chain_.take(frame, pending_ ? &*pending_ : nullptr);
    if (!seal) return tampered(seal.error().message());
    CheckedSeal checked;
    checked.seal = *std::move(seal);
    checked.digest = chain_.head();
    checked.offset = frame.offset;
    checked.end = frame.offset + frame.bytes.size();
    if (pending_) checked.data = std::move(pending_->bytes);
    pending_.reset();
    opener_->push(std::move(checked));
    while (opener_->is_full()) {
      if (!settle_oldest()) return false;
    }
    return true;
  }

  // Lines are handed out once the root in their seal proves them.
  std::string fault_in_lines(const OpenedSeal& opened) {
    if (!opened.result) return opened.result.error().message();
    tree_.add(opened.leaves);
    if (tree_.root() != opened.checked.seal.root) {
      return "seal: the lines have another Merkle root";
    }
    deliver_lines(opened);
    return agrees_with_ledger(opened.checked) ? "" : "seal: the ledger knows another one here";
  }

  void deliver_lines(const OpenedSeal& opened) {
    report_.lines += opened.leaves.size();
    if (!inputs_.on_line) return;
    for (std::string_view rest = opened.raw; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n') + 1);
      inputs_.on_line(line);
      rest.remove_prefix(line.size());
    }
  }

  // The heads that the ledger knows of this session; null without any.
  const std::map<std::uint64_t, Digest>* ledger_heads() const {
    if (!inputs_.ledger) return nullptr;
    const auto found = inputs_.ledger->heads.find({session_.session, session_.part});
    return found == inputs_.ledger->heads.end() ? nullptr : &found->second;
  }

  bool agrees_with_ledger(const CheckedSeal& checked) const {
    const auto* heads = ledger_heads();
    if (heads == nullptr) return true;
    const auto known = heads->find(report_.seals + 1);
    return known == heads->end() || known->second == checked.digest;
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

  void accept_seal(const CheckedSeal& checked) {
    ++report_.seals;
    report_.losses = checked.seal.losses;
    report_.sealed_until_ns = checked.seal.realtime_ns;
    report_.verified_bytes = checked.end;
  }

  // Everything up to the end of this frame is proved.
  void accept_bytes(const Frame& frame) {
    report_.verified_bytes = frame.offset + frame.bytes.size();
  }

  bool take_final_note(const Frame& frame) {
    if (!settle()) return false;
    const auto text = open_signed_body(frame.text(), kBundleNamespace);
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
  SealChain chain_;
  std::unique_ptr<SealOpener> opener_;  // once the leaf salt has come
  MerkleTree tree_;
  Sha256 prefix_;  // of all frames before this one
  std::vector<SeekEntry> entries_;
  bool is_behind_seal_ = false;  // the frame before this one was a seal
};

}  // namespace

Result<VerifyReport> verify_bundle(ByteSource& source, const VerifyInputs& inputs) {
  return Verifier(source, inputs).run();
}

}  // namespace scopetrace
