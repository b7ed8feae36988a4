// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/group_programs.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "scopes/target.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

bool is_same(const st_program& a, const st_program& b) {
  return a.inode == b.inode && a.device == b.device && a.changed_s == b.changed_s &&
         a.changed_ns == b.changed_ns;
}

}  // namespace

// While a process executes a file, nobody can write to it: what was hashed between two looks at the
// same program is that program.
Result<Digest> read_stranger(const st_member_event& stranger, IdentityReader& reader,
                             const std::string& proc_root) {
  const std::string path = proc_root + "/" + std::to_string(stranger.own_tgid) + "/exe";
  ST_ASSIGN_OR_RETURN(const UniqueFd file, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  ST_ASSIGN_OR_RETURN(const Digest digest, read_program_digest(file.get()));
  ST_ASSIGN_OR_RETURN(const ProcessIdentity now, reader.read(stranger.own_tgid));
  const bool is_same_process = now.start_ns == stranger.start_ns && now.execs == stranger.execs;
  if (is_same_process && is_same(now.program, stranger.program)) return digest;
  return fail(ErrorCode::kNotFound, "the process executes something else by now");
}

GroupPrograms::GroupPrograms(std::vector<Digest> approved, IdentityReader reader)
    : approved_(std::move(approved)),
      reader_(std::move(reader)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ST_CHECK(event_);
}

GroupPrograms::Key GroupPrograms::key_of(const st_program& program) {
  return {program.inode, program.device, static_cast<std::uint64_t>(program.changed_s),
          program.changed_ns};
}

bool GroupPrograms::request(const st_member_event& stranger) {
  const Key key = key_of(stranger.program);
  const auto known = verdicts_.find(key);
  if (known != verdicts_.end()) return known->second == Verdict::kPending && wait_for(key);
  if (verdicts_.size() >= kMaxPrograms || stranger.own_tgid == 0) {
    ++unidentified_;
    return false;
  }
  verdicts_[key] = Verdict::kPending;
  thread_.post(0, [this, stranger]() -> Status {
    look(stranger);
    return {};
  });
  return true;
}

// Notes that one more process waits for the verdict. Always true.
bool GroupPrograms::wait_for(const Key& key) {
  if (waiting_.size() < kMaxPrograms || waiting_.contains(key)) waiting_[key].is_now = true;
  return true;
}

void GroupPrograms::look(const st_member_event& stranger) {
  const auto digest = read_stranger(stranger, reader_);
  {
    const std::lock_guard lock(mutex_);
    answers_.push_back({stranger.program, digest ? std::optional(*digest) : std::nullopt});
  }
  const std::uint64_t one = 1;
  ST_CHECK(::write(event_.get(), &one, sizeof(one)) == sizeof(one));
}

// Bounded: a file of which no look succeeds would be asked for without end.
bool GroupPrograms::is_wanted_again(const Key& key) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end() || !std::exchange(found->second.is_now, false)) return false;
  return found->second.again++ < kMaxAgain;
}

// One that could not be hashed is forgotten: its next process is looked at again.
void GroupPrograms::judge(const Answer& answer, ProgramNews& news) {
  const Key key = key_of(answer.program);
  if (!answer.digest) {
    ++unidentified_;
    verdicts_.erase(key);
    news.is_wanted_again |= is_wanted_again(key);
    return;
  }
  waiting_.erase(key);
  const bool is_approved =
      std::find(approved_.begin(), approved_.end(), *answer.digest) != approved_.end();
  verdicts_[key] = is_approved ? Verdict::kApproved : Verdict::kRejected;
  if (!is_approved) ++rejected_;
  if (is_approved) news.approved.push_back(answer.program);
}

ProgramNews GroupPrograms::take() {
  std::uint64_t count = 0;
  if (::read(event_.get(), &count, sizeof(count)) != sizeof(count)) return {};
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  ProgramNews news;
  for (const Answer& answer : answers) judge(answer, news);
  return news;
}

}  // namespace scopetrace
