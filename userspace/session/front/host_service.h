// SPDX-License-Identifier: Apache-2.0
// What other commands than attach ask of scopetrace-capture, which alone may read the host key,
// write the ledger and look into the state folder.
//
// One call, one answer, then the program ends. The privileged side believes nothing of a call: it
// verifies each signature itself and states only what it found. Which task may be asked by whom is
// decided there, by the user id of the peer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

enum class HostTask : std::uint8_t {
  kRequest = 1,           // sign the host block of a draft, note the request; answer: the document
  kNoteApproval = 2,      // note who has signed `text`, an approval; answer: empty
  kRevoke = 3,            // install `text`, a revocation of `about`
  kReview = 4,            // install `text`, the review of a break-glass approval
  kAcceptClock = 5,       // install `text`, a signed acceptance of the clock
  kStatus = 6,            // what this host knows of the approval `about`; answer: JSON
  kLedger = 7,            // answer: the checkpoint, and the entries as read-only descriptor
  kRotateKey = 8,         // new host key, cross-signed; root only; answer: the new trust line
  kNoteVerification = 9,  // note the verdict `text` that the bundle of session `about` failed with
  kDoctor = 10,           // what works here, and for the process `tgid` unless 0; answer: JSON
  kRetain = 11,           // delete bundles by policy, or `text` is `dry-run`; answer: JSON as file
  kNoteDecryption = 12,   // note that the command `text` decrypted the bundle of session `about`
  kNoteExport = 13        // note the export whose signed manifest is `text`; answer: empty
};

struct HostCall {
  HostTask task = HostTask::kStatus;
  std::string root;   // as --root
  std::string text;   // signed text; kRequest: body of the draft, whose host facts are overwritten
  std::string about;  // id of an approval, or its whole text
  std::uint32_t tgid = 0;            // kDoctor; kRequest for a process …
  std::string group;                 // … or `unit=NAME`, `container=ID`, `cgroup=PATH` …
  bool any_executable = false;       // … with exe=any …
  std::vector<std::string> command;  // … or a command, with its program in `fd`
  UniqueFd fd;                       // opened by the user, read-only
};

struct HostAnswer {
  std::string text;
  std::vector<std::string> notes;  // for the user, one sentence each, printable ASCII
  UniqueFd fd;
};

// Starts scopetrace-capture, asks, waits for its end. Errors: those of the task; kNotFound when the
// program is not installed; kUnsupported where set-uid has no effect (nosuid, no_new_privs).
Result<HostAnswer> call_host(HostCall call);

}  // namespace scopetrace
