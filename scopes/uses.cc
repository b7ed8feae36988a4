// SPDX-License-Identifier: Apache-2.0
#include "scopes/uses.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "scopes/approval_rules.h"
#include "scopes/ledger_reader.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxUseFile = 1024;

std::string use_path(const std::string& folder, const Approval& approval, std::uint64_t number) {
  return folder + "/" + approval.id + "." + std::to_string(number);
}

// `<digest> <seconds> <bytes>` and LF: the body, and what the use was granted or has spent.
struct UseRecord {
  std::string digest;
  std::uint64_t seconds = 0;
  std::uint64_t bytes = 0;
};

std::string format_use(const std::string& digest, std::uint64_t seconds, std::uint64_t bytes) {
  return digest + " " + std::to_string(seconds) + " " + std::to_string(bytes) + "\n";
}

Result<UseRecord> read_use(const std::string& path) {
  ST_ASSIGN_OR_RETURN(std::string text, read_file(path, kMaxUseFile));
  if (text.ends_with('\n')) text.pop_back();
  const auto parts = split_list(text, ' ');
  const auto seconds = parts.size() == 3 ? parse_decimal(parts[1]) : std::nullopt;
  const auto bytes = parts.size() == 3 ? parse_decimal(parts[2]) : std::nullopt;
  if (!seconds || !bytes) return fail(ErrorCode::kTampered, path + ": was changed");
  return UseRecord{parts[0], *seconds, *bytes};
}

// The content and the folder's entry are on disk afterwards.
Status write_and_sync(int fd, const std::string& folder, const std::string& text) {
  ST_RETURN_IF_ERROR(write_all(fd, as_bytes(text)));
  if (::fsync(fd) != 0) return fail_errno("fsync");
  ST_ASSIGN_OR_RETURN(const UniqueFd parent, open_file(folder, O_RDONLY | O_DIRECTORY));
  if (::fsync(parent.get()) != 0) return fail_errno("fsync");
  return {};
}

// A new file, whole or not at all; kExists when another was faster.
Status write_new(const std::string& folder, const std::string& path, const std::string& text) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd,
                      open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  Status written = write_and_sync(fd.get(), folder, text);
  if (written) return {};
  ::unlink(path.c_str());  // an empty one would read as a use that was tampered with
  return fail(std::move(written).error().with_context(path));
}

// What a use counts for: what it settled on, else all it was granted.
Result<UseRecord> read_spent(const std::string& path) {
  ST_ASSIGN_OR_RETURN(const UseRecord granted, read_use(path));
  auto settled = read_use(path + ".spent");
  if (!settled && settled.error().code() == ErrorCode::kNotFound) return granted;
  if (settled && settled->digest != granted.digest) {
    return fail(ErrorCode::kTampered, path + ".spent: was changed");
  }
  return settled;
}

// The first use that nobody has consumed, with the rest of the budget.
Result<UseGrant> next_use(const std::string& folder, const ApprovalText& document) {
  const Approval& approval = document.approval;
  UseGrant next{1, approval.max_seconds, approval.max_bytes};
  for (; next.number <= approval.uses; ++next.number) {
    if (next.seconds == 0 || next.bytes == 0) {
      return fail(ErrorCode::kRefused, "the seconds or bytes of the approval are used up");
    }
    const std::string path = use_path(folder, approval, next.number);
    if (::access(path.c_str(), F_OK) != 0) return next;
    ST_ASSIGN_OR_RETURN(const UseRecord spent, read_spent(path));
    if (spent.digest != format_digest(document.body_digest())) {
      return fail(ErrorCode::kTampered, "another text has used the approval id " + approval.id);
    }
    next.seconds -= std::min(next.seconds, spent.seconds);
    next.bytes -= std::min(next.bytes, spent.bytes);
  }
  return fail(ErrorCode::kRefused,
              "approval is used up: all " + std::to_string(approval.uses) + " uses are consumed");
}

}  // namespace

Result<std::uint64_t> count_uses(const std::string& folder, const Approval& approval) {
  std::uint64_t count = 0;
  while (count < approval.uses) {
    const std::string path = use_path(folder, approval, count + 1);
    if (::access(path.c_str(), F_OK) == 0) {
      ++count;
    } else if (errno == ENOENT) {
      break;
    } else {
      return fail_errno(path);
    }
  }
  return count;
}

Status check_uses(const std::string& ledger_folder, const Approval& approval, std::uint64_t uses) {
  std::uint64_t noted = 0;
  ST_RETURN_IF_ERROR(find_in_ledger(ledger_folder, ledger_needle("approval", approval.id),
                                    [&](const LedgerRecord& entry) -> Status {
                                      const bool is_use = entry.event == "attach" &&
                                                          entry.value("approval") == approval.id;
                                      noted += is_use ? 1 : 0;
                                      return {};
                                    }));
  if (noted <= uses) return {};
  return fail(Error(ErrorCode::kRefused, "the ledger knows of " + std::to_string(noted) +
                                             " uses of this approval, the state folder of " +
                                             std::to_string(uses))
                  .with_hint("ask for a new approval, and look who removed what"));
}

Result<UseBudget> remaining_budget(const std::string& folder, const ApprovalText& document) {
  ST_ASSIGN_OR_RETURN(const UseGrant next, next_use(folder, document));
  return UseBudget{next.seconds, next.bytes};
}

Result<UseGrant> consume_use(const std::string& folder, const ApprovalText& document,
                             const UseBudget& wanted) {
  ST_RETURN_IF_ERROR(make_folders(folder, 0700));
  while (true) {
    ST_ASSIGN_OR_RETURN(UseGrant grant, next_use(folder, document));
    grant.seconds = std::min(grant.seconds, wanted.seconds);
    grant.bytes = std::min(grant.bytes, wanted.bytes);
    const Status made =
        write_new(folder, use_path(folder, document.approval, grant.number),
                  format_use(format_digest(document.body_digest()), grant.seconds, grant.bytes));
    if (made) return grant;
    if (made.error().code() != ErrorCode::kExists) return fail(made.error());
  }  // another process took this number: see what it left
}

Status release_use(const std::string& folder, const Approval& approval, const UseGrant& grant) {
  const std::string path = use_path(folder, approval, grant.number);
  return ::unlink(path.c_str()) == 0 ? Status() : fail_errno(path);
}

Status settle_use(const std::string& folder, const Approval& approval, const UseGrant& grant,
                  std::uint64_t seconds, std::uint64_t bytes) {
  const std::string path = use_path(folder, approval, grant.number);
  ST_ASSIGN_OR_RETURN(const UseRecord granted, read_use(path));
  return write_new(
      folder, path + ".spent",
      format_use(granted.digest, std::min(seconds, grant.seconds), std::min(bytes, grant.bytes)));
}

}  // namespace scopetrace
