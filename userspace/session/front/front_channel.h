// SPDX-License-Identifier: Apache-2.0
// The channel between scopetrace (the user's) and scopetrace-capture (privileged): messages of a
// SOCK_SEQPACKET pair, descriptor 3 of capture. Each side treats the other's bytes as hostile.
//
//   front → capture: REQUEST (once, with the output's descriptor), STOP, ABANDON
//   capture → front: READY (probes are enabled), STATUS, then one of ERROR (nothing was started) or
//                    ENDED (a bundle is there). End of file from the front means STOP.
//   Where the bundle is in parts: NEED_OUTPUT from capture, answered by OUTPUT with the descriptor
//   of the next part (or none, and that ends the capture); PART_SEALED when the oldest part that
//   has no final name yet is whole. Other commands: CALL (host_service.h), answered by ANSWER or
//   ERROR.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {

inline constexpr int kFrontChannelFd = 3;
inline constexpr std::size_t kMaxFrontMessage = 128 * 1024;  // an approval takes up to 64 KiB

// Smaller parts would hold little more than their own evidence.
inline constexpr std::uint64_t kMinRotateBytes = 1 << 20;

// What the user asks for. Everything but the approval and the target can only narrow it.
struct CaptureRequest {
  std::string approval;           // the signed text, byte for byte
  std::string root;               // as --root; empty: the real places
  std::uint32_t tgid = 0;         // as the caller sees it; 0 with a group
  std::string group;              // `unit=NAME`, `container=ID` or `cgroup=PATH`; empty: a process
  bool is_command = false;        // the front end started it and holds it stopped after exec
  std::uint64_t max_seconds = 0;  // 0: as the approval says; so below
  std::uint64_t max_bytes = 0;
  std::uint64_t max_events_per_second = 0;
  std::string level;                       // empty: as the approval says
  std::vector<std::string> third_parties;  // empty: as the approval says
  std::vector<std::string> requests;       // "header=value"; empty: as the approval says
  std::string capture;                     // "tls,sockets"; empty: as the approval says
  bool timing = false;                     // durations of system calls
  std::uint64_t rotate_bytes = 0;          // begin another part at this size of one; 0: never
  std::uint32_t rotate_seconds = 0;        // … and after so long; 0: never

  bool is_rotated() const { return rotate_bytes != 0 || rotate_seconds != 0; }
};

struct CaptureReady {
  std::string session;             // its id
  std::uint64_t limit_ns = 0;      // how long it may run
  std::uint64_t attach_ns = 0;     // from the request to the first enabled probe
  std::vector<std::string> notes;  // what is not covered, one sentence each, printable ASCII
};

struct CaptureStatus {
  std::uint64_t elapsed_ns = 0;
  std::uint64_t events = 0;         // records that the programs sent
  std::uint64_t lines = 0;          // of the bundle
  std::uint64_t exchanges = 0;      // the redactor's claim
  std::uint64_t lost_events = 0;    // kernel, and user as claimed
  std::uint64_t cpu_ns = 0;         // of the programs
  std::uint64_t bytes_written = 0;  // of the bundle, all parts
  std::uint32_t part = 0;           // that is being written; 0: the bundle is in one
  bool is_paused = false;
};

struct CaptureEnded {
  std::string reason;  // text of an EndReason
  CaptureStatus last;
  bool is_sealed = false;                     // the final note is written
  std::uint32_t sealed_parts = 0;             // with the last one, if that is sealed
  std::optional<std::int32_t> target_status;  // wait(2) status word of the target, when it exited
};

enum class FrontMessageType : std::uint16_t {
  kRequest = 1,
  kStop = 2,
  kAbandon = 3,
  kCall = 4,
  kOutput = 5,
  kReady = 16,
  kStatus = 17,
  kError = 18,
  kEnded = 19,
  kAnswer = 20,
  kNeedOutput = 21,
  kPartSealed = 22
};

// One message as it came: its type, its text and the descriptors that came with it (at most 1).
struct FrontMessage {
  FrontMessageType type = FrontMessageType::kStop;
  std::string body;
  UniqueFd fd;
};

// Sends one message, with a descriptor unless `fd` is -1. kIo when the peer is gone.
Status send_front_message(int socket, FrontMessageType type, const std::string& body, int fd = -1);
// The next message; kNotFound at end of file, kCorrupt when it is not one of ours.
Result<FrontMessage> receive_front_message(int socket);

std::string encode_request(const CaptureRequest& request);
Result<CaptureRequest> decode_request(const std::string& body);
std::string encode_ready(const CaptureReady& ready);
Result<CaptureReady> decode_ready(const std::string& body);
std::string encode_status(const CaptureStatus& status);
Result<CaptureStatus> decode_status(const std::string& body);
std::string encode_ended(const CaptureEnded& ended);
Result<CaptureEnded> decode_ended(const std::string& body);
// The descriptor of a call or an answer travels beside its text.
std::string encode_call(const HostCall& call);
Result<HostCall> decode_call(const std::string& body);
std::string encode_answer(const HostAnswer& answer);
Result<HostAnswer> decode_answer(const std::string& body);
std::string encode_error(const Error& error);
Result<Error> decode_error(const std::string& body);

}  // namespace scopetrace
