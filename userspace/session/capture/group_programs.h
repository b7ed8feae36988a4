// SPDX-License-Identifier: Apache-2.0
// Which of the files that a group's processes execute have a digest that the approval names.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "bpf/event.h"
#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/probe/identity.h"
#include "userspace/session/capture/work_thread.h"

namespace scopetrace {

// The digest of what a process executes, if it still is the process and the program of the record.
// kNotFound when it has gone or executes something else by now; kIo as /proc says.
Result<Digest> read_stranger(const st_member_event& stranger, IdentityReader& reader,
                             const std::string& proc_root = "/proc");

// What was found since the last call.
struct ProgramNews {
  std::vector<st_program> approved;
  // A file could not be hashed, its process had gone, and another process has asked for it
  // meanwhile: everybody has to be told of again, or that one is never looked at.
  bool is_wanted_again = false;
};

// Hashes each file once, on a thread of its own: the approval is about content, the kernel compares
// files. One caller's thread.
class GroupPrograms {
 public:
  static constexpr std::size_t kMaxPrograms = 256;  // different files that are looked at
  static constexpr std::uint32_t kMaxAgain = 8;     // times that one file is wanted again

  GroupPrograms(std::vector<Digest> approved, IdentityReader reader);

  // Looks at the program of this process, unless that is known. Whether it is being looked at.
  bool request(const st_member_event& stranger);
  // Readable when something was looked at.
  int event_fd() const { return event_.get(); }
  ProgramNews take();
  // Returns when all that was requested has been looked at.
  void wait() { thread_.drain(); }

  std::uint64_t rejected() const { return rejected_; }          // files with another digest
  std::uint64_t unidentified() const { return unidentified_; }  // gone before, or over the bound

 private:
  enum class Verdict : std::uint8_t { kPending, kApproved, kRejected };
  using Key = std::array<std::uint64_t, 4>;
  struct Answer {
    st_program program;
    std::optional<Digest> digest;
  };

  // Processes that asked for a file while it was looked at for the first of them.
  struct Waiting {
    bool is_now = false;      // since that look was asked for
    std::uint32_t again = 0;  // times that it was wanted again
  };

  static Key key_of(const st_program& program);
  bool wait_for(const Key& key);
  void look(const st_member_event& stranger);
  bool is_wanted_again(const Key& key);
  void judge(const Answer& answer, ProgramNews& news);

  std::vector<Digest> approved_;
  IdentityReader reader_;  // the thread's
  UniqueFd event_;
  std::map<Key, Verdict> verdicts_;
  std::map<Key, Waiting> waiting_;  // at most kMaxPrograms
  std::uint64_t rejected_ = 0;
  std::uint64_t unidentified_ = 0;
  std::mutex mutex_;
  std::vector<Answer> answers_;
  WorkThread thread_;  // last: ends before what it uses
};

}  // namespace scopetrace
