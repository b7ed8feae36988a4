// SPDX-License-Identifier: Apache-2.0
#include "scopes/ledger.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scopes/ledger_reader.h"
#include "scopes/target.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;

std::string entries_path(const std::string& folder) { return folder + "/entries.jsonl"; }
std::string checkpoint_path(const std::string& folder) { return folder + "/checkpoint"; }

tl::unexpected<Error> tampered(const std::string& what) {
  return fail(ErrorCode::kTampered, "ledger: " + what);
}

// Count and head as the signed checkpoint states them; an empty ledger has none.
Result<LedgerHead> read_checkpoint(const std::string& folder, const PublicKey& host_key) {
  auto text = read_file(checkpoint_path(folder), kMaxSignedText);
  if (!text && text.error().code() == ErrorCode::kNotFound) return LedgerHead();
  if (!text) return fail(std::move(text).error());
  ST_ASSIGN_OR_RETURN(const VerifiedCheckpoint found, parse_checkpoint(*text));
  if (!(found.key == host_key)) return tampered("the checkpoint is not by the host key");
  return LedgerHead{found.checkpoint.count, found.checkpoint.head};
}

bool is_entry(const LedgerEntry& entry) {
  const auto printable = [](const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  };
  return !entry.event.empty() && printable(entry.event) &&
         std::all_of(entry.fields.begin(), entry.fields.end(), [&](const auto& field) {
           return printable(field.first) && printable(field.second);
         });
}

std::string format_line(const LedgerEntry& entry, const LedgerHead& before,
                        const std::string& boot_id, const ClockPair& now) {
  Json json;
  json["n"] = before.count;
  json["previous"] = format_digest(before.head);
  json["event"] = entry.event;
  json["time"] = format_nanoseconds(now.realtime_ns);
  json["boot"] = boot_id;
  json["boottime_ns"] = std::to_string(now.boottime_ns);
  Json fields = Json::object();
  for (const auto& [key, value] : entry.fields) fields[key] = value;
  json["fields"] = std::move(fields);
  return json.dump() + "\n";
}

// The end of the file up to `size`, as much as one line may have and one byte.
Result<std::string> read_tail(int fd, std::size_t size) {
  std::string tail(std::min(size, kMaxLedgerLine + 1), '\0');
  const ssize_t n = ::pread(fd, tail.data(), tail.size(), static_cast<off_t>(size - tail.size()));
  if (n != static_cast<ssize_t>(tail.size())) return fail_errno("read ledger");
  return tail;
}

// Bytes of a last line that has no end: what a crash within write(2) leaves.
Result<std::size_t> measure_torn_line(int fd, std::size_t size) {
  ST_ASSIGN_OR_RETURN(const std::string tail, read_tail(fd, size));
  const auto end = tail.rfind('\n');
  if (end == std::string::npos && size > tail.size()) return tampered("a line is too long");
  return end == std::string::npos ? tail.size() : tail.size() - end - 1;
}

// The last of the whole lines that end at `size`, LF included; empty when there is none.
Result<std::string> read_last_line(int fd, std::size_t size) {
  ST_ASSIGN_OR_RETURN(std::string tail, read_tail(fd, size));
  const auto before = tail.size() < 2 ? std::string::npos : tail.rfind('\n', tail.size() - 2);
  if (before == std::string::npos && size > tail.size()) return tampered("a line is too long");
  return before == std::string::npos ? tail : tail.substr(before + 1);
}

// Where the chain ends. One line after the checkpoint is what a crash between the two writes
// leaves.
Result<LedgerHead> judge_last_line(const std::string& last, const LedgerHead& checkpoint) {
  if (last.empty()) {
    if (checkpoint.count == 0) return checkpoint;
    return tampered("the entries are gone");
  }
  const Digest digest = sha256(as_bytes(last));
  if (checkpoint.count > 0 && digest == checkpoint.head) return checkpoint;
  const auto entry = parse_ledger_line(last);
  if (entry && entry->n == checkpoint.count && entry->previous == checkpoint.head) {
    return LedgerHead{checkpoint.count + 1, digest};
  }
  return tampered("does not end where its checkpoint says");
}

// The head, of a file that is locked. A torn line was never acknowledged to anybody; it is taken
// back, but only when the lines before it end as they must: an entry that was cut stays evidence.
Result<LedgerHead> find_head(int fd, const LedgerHead& checkpoint) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return fail_errno("ledger");
  const auto size = static_cast<std::size_t>(facts.st_size);
  ST_ASSIGN_OR_RETURN(const std::size_t torn, measure_torn_line(fd, size));
  ST_ASSIGN_OR_RETURN(const std::string last, read_last_line(fd, size - torn));
  ST_ASSIGN_OR_RETURN(const LedgerHead head, judge_last_line(last, checkpoint));
  if (torn > 0 && ::ftruncate(fd, static_cast<off_t>(size - torn)) != 0) {
    return fail_errno("ledger: take a torn line back");
  }
  return head;
}

Result<UniqueFd> open_locked(const std::string& folder) {
  ST_ASSIGN_OR_RETURN(
      UniqueFd fd, open_file(entries_path(folder), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0600));
  if (::flock(fd.get(), LOCK_EX) != 0) return fail_errno("lock ledger");
  return fd;
}

Status write_entry(int fd, std::string_view line) {
  const auto in_ledger = [](Error error) { return std::move(error).with_context("ledger"); };
  ST_RETURN_IF_ERROR(write_all(fd, as_bytes(line)).map_error(in_ledger));
  if (::fsync(fd) != 0) return fail_errno("fsync ledger");
  return {};
}

// Off this ledger, and off this host where logs are forwarded: the proof of a later rollback.
void copy_to_syslog(std::string_view checkpoint) {
  ::syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", format_checkpoint_line(checkpoint).c_str());
}

}  // namespace

Result<Ledger> Ledger::open(std::string folder, std::string host, const SigningKey& host_key) {
  ST_RETURN_IF_ERROR(make_folders(folder, 0700));
  Ledger ledger(std::move(folder), std::move(host), host_key);
  ST_ASSIGN_OR_RETURN([[maybe_unused]] const LedgerHead head, ledger.head());
  return ledger;
}

Result<Ledger> Ledger::take_over(const std::string& folder, const SigningKey& host_key,
                                 const PublicKey& former) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_locked(folder));
  ST_ASSIGN_OR_RETURN(const std::string text, read_file(checkpoint_path(folder), kMaxSignedText));
  ST_ASSIGN_OR_RETURN(const VerifiedCheckpoint found, parse_checkpoint(text));
  Ledger ledger(folder, found.checkpoint.host, host_key);
  if (found.key == host_key.public_key()) return ledger;  // done before an interruption
  if (!(found.key == former)) return tampered("the checkpoint is not by the host key");
  ST_ASSIGN_OR_RETURN(const LedgerHead head,
                      find_head(fd.get(), {found.checkpoint.count, found.checkpoint.head}));
  ST_RETURN_IF_ERROR(ledger.write_checkpoint(head, found.checkpoint.boot, ClockPair::now()));
  return ledger;
}

Result<LedgerHead> Ledger::head() const {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_locked(folder_));
  ST_ASSIGN_OR_RETURN(const LedgerHead checkpoint,
                      read_checkpoint(folder_, host_key_->public_key()));
  return find_head(fd.get(), checkpoint);
}

Result<LedgerHead> Ledger::append(const LedgerEntry& entry) {
  if (!is_entry(entry)) return fail(ErrorCode::kUsage, "ledger: entry is not printable ASCII");
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_locked(folder_));
  ST_ASSIGN_OR_RETURN(const LedgerHead checkpoint,
                      read_checkpoint(folder_, host_key_->public_key()));
  ST_ASSIGN_OR_RETURN(const LedgerHead before, find_head(fd.get(), checkpoint));
  ST_ASSIGN_OR_RETURN(const HostFacts facts, read_host());
  const ClockPair now = ClockPair::now();
  const std::string line = format_line(entry, before, facts.boot_id, now);
  if (line.size() > kMaxLedgerLine) return fail(ErrorCode::kLimit, "ledger: entry above 64 KiB");
  const LedgerHead after{before.count + 1, sha256(as_bytes(line))};
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  Status written = write_entry(fd.get(), line);
  auto checkpoint_text =
      written ? write_checkpoint(after, facts.boot_id, now) : fail(std::move(written).error());
  if (!checkpoint_text) {
    // A full disk must not leave a line that looks like somebody's: the next one would not fit.
    if (end < 0 || ::ftruncate(fd.get(), end) != 0) return fail_errno("ledger: take a line back");
    return fail(std::move(checkpoint_text).error());
  }
  copy_to_syslog(*checkpoint_text);
  return after;
}

Result<std::string> Ledger::write_checkpoint(const LedgerHead& after, const std::string& boot_id,
                                             const ClockPair& now) const {
  ST_ASSIGN_OR_RETURN(std::string text,
                      sign_checkpoint({host_, after.count, after.head, boot_id, now}, *host_key_));
  ST_RETURN_IF_ERROR(write_file_atomically(checkpoint_path(folder_), text, 0600));
  return text;
}

Result<LedgerHead> verify_ledger(const std::string& folder, const PublicKey& host_key) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(entries_path(folder), O_RDONLY));
  ST_ASSIGN_OR_RETURN(const LedgerHead checkpoint, read_checkpoint(folder, host_key));
  LedgerHead head;
  ST_RETURN_IF_ERROR(read_ledger(fd.get(), [&](const LedgerRecord& entry) -> Status {
    if (entry.n != head.count || entry.previous != head.head) {
      return tampered("line " + std::to_string(head.count + 1) +
                      " does not follow the line before it");
    }
    head = {head.count + 1, entry.digest};
    return {};
  }));
  if (head.count == checkpoint.count && head.head == checkpoint.head) return head;
  return tampered("does not end where its checkpoint says");
}

}  // namespace scopetrace
