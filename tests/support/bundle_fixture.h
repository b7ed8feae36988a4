// SPDX-License-Identifier: Apache-2.0
// Makes small bundles in memory, and failing sinks under them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scopes/sshsig.h"
#include "tests/support/fixed_keys.h"
#include "userspace/bundle/frame_builder.h"
#include "userspace/bundle/own_lines.h"
#include "userspace/bundle/signing.h"
#include "userspace/bundle/verify.h"
#include "userspace/bundle/writer.h"

namespace scopetrace {

// Collects what is written; fails from a given byte on, or when asked to reserve.
class MemorySink final : public ByteSink {
 public:
  Status reserve(std::uint64_t size_bytes) override {
    if (written.size() + size_bytes > capacity) return fail(ErrorCode::kLimit, "disk full");
    return {};
  }
  Status write(Bytes bytes) override {
    for (const std::byte byte : bytes) {
      if (written.size() >= fail_at) return fail(ErrorCode::kIo, "write failed");
      written.push_back(byte);
    }
    return {};
  }
  Status sync() override {
    ++syncs;
    return {};
  }
  std::uint64_t piece_bytes() const override { return piece; }

  ByteVector written;
  std::uint64_t piece = 0;
  std::uint64_t capacity = ~std::uint64_t{0};
  std::uint64_t fail_at = ~std::uint64_t{0};
  int syncs = 0;
};

// Keeps frames of a FrameBuilder.
class FrameCollector final : public Sink<DataFrame> {
 public:
  Status push(DataFrame frame) override {
    frames.push_back(std::move(frame));
    return {};
  }
  Status finish() override { return {}; }
  std::vector<DataFrame> frames;
};

// Opens seals as late as possible: what is read behind them is looked at before.
class LateOpener final : public SealOpener {
 public:
  explicit LateOpener(const LeafSalt& salt) : hasher_(salt) {}

  void push(CheckedSeal checked) override { held_.push_back(std::move(checked)); }
  OpenedSeal pop() override {
    OpenedSeal opened = open_seal(std::move(held_.front()), hasher_, zstd_);
    held_.pop_front();
    return opened;
  }
  bool is_empty() const override { return held_.empty(); }
  bool is_full() const override { return held_.size() >= 100; }

 private:
  LeafHasher hasher_;
  FrameDecompressor zstd_;
  std::deque<CheckedSeal> held_;
};

inline constexpr std::uint64_t kFixtureStart = 1'790'000'000;  // seconds since the epoch
inline constexpr std::uint64_t kPieceBytes = 64 * 1024;        // what age keeps back
inline ClockPair fixture_clocks(std::uint64_t second) {
  return {.boottime_ns = (1000 + second) * kNanosecondsPerSecond,
          .realtime_ns = (kFixtureStart + second) * kNanosecondsPerSecond};
}

// Host, requester and approver with their keys, a trust file, and an approval that they signed.
struct BundleFixture {
  SigningKey host = SigningKey::generate();
  SigningKey requester = SigningKey::generate();
  SigningKey approver = SigningKey::generate();
  KeySigner signer{host};
  RandomSealKeys keys;
  std::vector<std::string> recipients;  // of the approval
  std::uint64_t piece = kPieceBytes;    // that the bundle is padded for when there are any

  std::string approval_text() const {
    Approval approval;
    approval.id = "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9d";
    approval.requester = "carol@corp.example";
    approval.reason = "time-outs since 14:05 UTC";
    approval.host = "prod-pay-07";
    approval.host_key = host.public_key().fingerprint();
    approval.boot_id = "7e4a6a53-2a2e-4f0e-8f1a-0e6a1d6c1b2a";
    approval.target.tgid = 4211;
    approval.target.start_ticks = 8812345;
    approval.target.uid = 1001;
    approval.target.executables = {Digest{}};
    approval.context = "python3 worker.py";
    approval.third_parties = {"api.stripe.com"};
    approval.requests = {RequestMatch{}};
    approval.not_before_s = kFixtureStart - 60;
    approval.not_after_s = kFixtureStart + 3600;
    approval.nonce = std::string(32, 'a');
    approval.recipients = recipients;
    const auto body = format_approval(approval);
    ST_CHECK(body.has_value());
    const Bytes bytes = as_bytes(*body);
    const std::vector<std::string> blocks = {make_sshsig(host, kHostNamespace, bytes),
                                             make_sshsig(requester, kRequestNamespace, bytes),
                                             make_sshsig(approver, kApprovalNamespace, bytes)};
    return format_signed_text(*body, blocks);
  }

  Trust trust() const {
    const auto line = [](const char* who, const char* what, const SigningKey& key) {
      return std::string(who) + " namespaces=\"" + what + "\" " + key.public_key().line() + "\n";
    };
    auto file = TrustFile::parse(
        line("host:prod-pay-07", "host@scopetrace,session@scopetrace,bundle@scopetrace", host) +
        line("carol@corp.example", "request@scopetrace", requester) +
        line("dave@corp.example", "approval@scopetrace", approver));
    ST_CHECK(file.has_value());
    Trust result;
    result.signers = *std::move(file);
    return result;
  }

  BundleStart start() const {
    BundleStart start;
    SessionRecord record;
    record.session = "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9e";
    record.host = "prod-pay-07";
    record.clocks = fixture_clocks(0);
    start.session_line = encode_session_line(record);
    start.facts.session = record.session;
    start.facts.host = record.host;
    start.facts.start_seconds = kFixtureStart;
    start.facts.environment = "production";
    start.approval = approval_text();
    start.leaf_salt.fill(std::byte{7});
    return start;
  }

  // One frame of these lines, the first with leaf index `first`.
  static DataFrame frame_of(const std::vector<std::string>& lines, std::uint64_t first) {
    LeafSalt salt;
    salt.fill(std::byte{7});
    FrameCollector collector;
    FrameBuilder builder(salt, collector, first);
    for (const std::string& line : lines) ST_CHECK(builder.push(line).has_value());
    ST_CHECK(builder.finish().has_value());
    ST_CHECK(collector.frames.size() == 1);
    return collector.frames.front();
  }

  static SummaryRecord summary(const std::string& end) {
    SummaryRecord record;
    record.end = end;
    return record;
  }

  // A whole bundle: two frames of two lines, an idle seal, a summary.
  ByteVector bundle(const LossCounters& losses = {}) { return bundle_by(keys, losses); }
  ByteVector bundle_by(SealKeySource& seal_keys, const LossCounters& losses = {}) {
    MemorySink sink;
    sink.piece = recipients.empty() ? 0 : piece;
    BundleWriter writer(sink, signer, seal_keys);
    write(writer, losses);
    return sink.written;
  }

  // The shortest whole bundle: these lines in one frame, the last seal, the final note.
  ByteVector short_bundle(SealKeySource& seal_keys, const std::vector<std::string>& lines) {
    MemorySink sink;
    BundleWriter writer(sink, signer, seal_keys);
    ST_CHECK(writer.start(start()).has_value());
    ST_CHECK(writer.append(frame_of(lines, 0), {}, fixture_clocks(1)).has_value());
    ST_CHECK(writer.finish({.reason = "limit", .clocks = fixture_clocks(8)}).has_value());
    return sink.written;
  }

  // The parts of a rotated capture: each with two lines and its summary, all but the last
  // `rotated`.
  std::vector<ByteVector> parts(std::uint32_t count, const std::string& session = {}) {
    std::vector<ByteVector> all;
    std::optional<Digest> previous;
    for (std::uint32_t part = 1; part <= count; ++part) {
      BundleStart start = this->start();
      if (!session.empty()) start.facts.session = session;
      start.facts.part = part;
      start.facts.previous = previous;
      MemorySink sink;
      BundleWriter writer(sink, signer, keys);
      ST_CHECK(writer.start(start).has_value());
      ST_CHECK(writer.append(frame_of({"{\"n\":0}\n", "{\"n\":1}\n"}, 0), {}, fixture_clocks(part))
                   .has_value());
      const BundleEnd end{.reason = part < count ? kRotatedEnd : "limit",
                          .clocks = fixture_clocks(part)};
      ST_CHECK(writer.finish(end).has_value());
      previous = writer.last_frame_digest();
      all.push_back(sink.written);
    }
    return all;
  }

  // The same keys in every run, so that bundles are the same to the byte.
  void fix_keys() {
    host = fixed_key(1);
    requester = fixed_key(2);
    approver = fixed_key(3);
  }

  void write(BundleWriter& writer, const LossCounters& losses) {
    const auto must = [](const Status& status) { ST_CHECK(status.has_value()); };
    must(writer.start(start()));
    must(writer.append(frame_of({"{\"n\":0}\n", "{\"n\":1}\n"}, 0), losses, fixture_clocks(1)));
    must(writer.idle_seal(losses, fixture_clocks(6)));
    must(writer.append(frame_of({"{\"n\":2}\n", "{\"n\":3}\n"}, 2), losses, fixture_clocks(7)));
    SummaryRecord last = summary("limit");
    last.index = writer.leaf_count();
    must(writer.own_line(encode_summary_line(last), losses, fixture_clocks(8)));
    must(writer.finish({.reason = "limit",
                        .losses = losses,
                        .claimed_redacted = {{"token", 3}},
                        .clocks = fixture_clocks(8)}));
  }

  VerifyReport verify(Bytes bytes, std::optional<LedgerSeals> ledger = {}) const {
    const VerifyInputs inputs{.trust = trust(), .on_line = {}, .ledger = std::move(ledger)};
    return verify(bytes, inputs);
  }
  // Whatever opens the seals, the report is the same.
  VerifyReport verify(Bytes bytes, const VerifyInputs& inputs) const {
    VerifyInputs late = inputs;
    late.on_line = {};
    late.make_opener = [](const LeafSalt& salt) { return std::make_unique<LateOpener>(salt); };
    MemorySource source(bytes);
    auto report = verify_bundle(source, inputs);
    const auto late_report = verify_bundle(source, late);
    ST_CHECK(report && late_report);
    ST_CHECK(format_report_json(*report, true) == format_report_json(*late_report, true));
    return *std::move(report);
  }
};

// Passes frames on as scopetrace-capture does.
class WriterSink final : public Sink<DataFrame> {
 public:
  explicit WriterSink(BundleWriter& writer) : writer_(writer) {}
  Status push(DataFrame frame) override { return writer_.append(frame, {}, fixture_clocks(1)); }
  Status finish() override { return {}; }

 private:
  BundleWriter& writer_;
};

// The frames of a whole bundle, and the bytes of frames.
inline std::vector<Frame> frames_of(Bytes bundle) {
  MemorySource source(bundle);
  FrameReader reader(source);
  std::vector<Frame> all;
  Frame frame;
  while (*reader.next(frame) == FrameStatus::kFrame) all.push_back(std::move(frame));
  return all;
}

inline ByteVector join(const std::vector<Frame>& frames) {
  ByteVector bytes;
  for (const Frame& frame : frames) append(bytes, frame.bytes);
  return bytes;
}

}  // namespace scopetrace
