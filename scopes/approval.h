// SPDX-License-Identifier: Apache-2.0
// The approval: signed text that says what may be captured, where, how long, and by whose leave.
// docs/formats.md section 2. This file knows its fields; scopes/quorum.h its signatures;
// scopes/approval_check.h whether it fits this host, this process and this moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/signed_text.h"
#include "userspace/base/crypto.h"
#include "userspace/base/level.h"

namespace scopetrace {

// Event families, as bits of Approval::capture.
enum CaptureFamily : std::uint32_t {
  kCaptureTls = 1,
  kCaptureSockets = 2,
  kCaptureFiles = 4,
  kCaptureProcess = 8,
  kCaptureLogs = 16,
};
// `tls,sockets,files,process,logs`, any non-empty selection in that order.
std::string format_capture(std::uint32_t families);
std::optional<std::uint32_t> parse_capture(std::string_view text);

// What is captured.
enum class TargetKind : std::uint8_t { kProcess, kCommand, kUnit, kContainer, kCgroup };
struct ApprovalTarget {
  TargetKind kind = TargetKind::kProcess;
  std::uint32_t tgid = 0;         // kProcess only, as are the next two …
  std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat, clock ticks since boot
  std::uint32_t uid = 0;          // real user id
  std::string unit = "none";      // kProcess: for people; kUnit: the name
  std::string image = "none";     // kProcess: container id for people
  std::string group;              // kContainer: 64 hex; kCgroup: path
  std::vector<Digest>
      executables;  // exactly one for kProcess and kCommand, else 1 to 8; empty: any
};
std::string format_target(const ApprovalTarget& target);
Result<ApprovalTarget> parse_target(std::string_view text);

// Which requests: any, failed (status >= 400, reset, time-out), or those whose header `name` has
// one of the values.
enum class RequestKind : std::uint8_t { kAny, kFailed, kHeader };
struct RequestMatch {
  RequestKind kind = RequestKind::kAny;
  std::string header;  // lower case; kHeader only
  std::string value;   // exact; kHeader only
};

// All fields of `scopetrace-approval v1`, in the order of the text.
struct Approval {
  bool is_break_glass = false;  // `scopetrace-break-glass v1`: scopes/break_glass.h
  std::string id;               // UUID version 7
  std::string requester;
  std::string ticket = "none";
  std::string reason;
  std::string host;
  std::string host_key;  // SHA256:… fingerprint
  std::string boot_id;
  ApprovalTarget target;
  std::string context;  // redacted command line, for the reviewer
  bool children = false;
  bool inbound = false;
  std::vector<std::string> third_parties;  // `any` alone, or up to 32 names, `*.` in front allowed
  std::vector<RequestMatch> requests;      // one kAny or kFailed alone, or up to 8 kHeader
  std::uint32_t capture = kCaptureTls | kCaptureSockets | kCaptureProcess;
  Level level = Level::kHeaders;
  std::vector<std::string> presets = {"standard"};  // standard, pci, gdpr, hipaa, own ones
  Digest redaction{};                               // digest of the composed rule set
  std::vector<std::string> learn;                   // env, files; empty: none
  std::vector<std::string> recipients;              // up to 16
  std::vector<std::string> replay;                  // up to 8 URLs; empty: none
  std::uint64_t not_before_s = 0;                   // seconds since the epoch
  std::uint64_t not_after_s = 0;                    // the last valid second
  std::uint64_t max_seconds = 900;                  // over all uses
  std::uint64_t max_bytes = 256 << 20;              // over all uses
  std::uint64_t max_events_per_second = 50'000;
  std::uint64_t max_cpu_percent = 5;  // of one CPU
  std::uint64_t uses = 1;             // 1 to 5
  std::uint64_t approvals = 1;        // that the requester asks for; policy may add
  Digest policy{};                    // in force when it was asked for
  std::string nonce;                  // 32 hexadecimal digits

  bool has_any_third_party() const {
    return third_parties.size() == 1 && third_parties[0] == "any";
  }
  bool has_any_request() const {
    return requests.size() == 1 && requests[0].kind == RequestKind::kAny;
  }
};

// Keys and order of the text; both kinds have the same.
extern const SignedTextSchema kApprovalSchema;
extern const SignedTextSchema kBreakGlassSchema;

// The body to sign. kUsage names the first field that breaks a rule.
Result<std::string> format_approval(const Approval& approval);

// An approval with the text it came from.
struct ApprovalText {
  Approval approval;
  SignedText text;

  Digest body_digest() const { return sha256(as_bytes(text.body)); }
};
// Parses a document with its blocks and validates every field with its bounds. kCorrupt names the
// field; a break-glass text is kUnsupported. Signatures are not looked at.
Result<ApprovalText> parse_approval(std::string_view text);
// The same for a body without blocks.
Result<ApprovalText> parse_approval_body(std::string_view body);

// Unites the blocks of documents whose bodies are byte for byte the same; equal blocks count once
// and blocks of the first come first. kRefused when bodies differ, kLimit above 16 blocks.
Result<std::string> merge_approvals(const std::vector<ApprovalText>& parts);

}  // namespace scopetrace
