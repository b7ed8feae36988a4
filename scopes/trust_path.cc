// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "scopes/trust.h"

namespace scopetrace {
namespace {

constexpr mode_t kOthersMayWrite = 022;

Result<struct stat> facts_of(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return fail_errno(path);
  return facts;
}

Status refuse(const std::string& path, const char* why) {
  return fail(Error(ErrorCode::kRefused, path + ": " + why)
                  .with_hint("chown root:root " + path + " && chmod go-w " + path));
}

Status check_file(const std::string& path, TrustPathRule rule) {
  ST_ASSIGN_OR_RETURN(const struct stat facts, facts_of(path));
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorCode::kRefused, path + ": is not a regular file");
  }
  const bool own = rule == TrustPathRule::kVerify && facts.st_uid == ::geteuid();
  if (facts.st_uid != 0 && !own) return refuse(path, "does not belong to root");
  if ((facts.st_mode & kOthersMayWrite) != 0) return refuse(path, "can be written by others");
  return {};
}

bool is_at_or_above(const std::string& folder, const std::string& root) {
  if (folder == "/") return true;
  return root == folder || root.starts_with(folder + "/");
}

// A parent folder. `may_be_sticky`: it is a parent of the root that was named, such as /tmp.
Status check_folder(const std::string& path, bool may_be_sticky) {
  ST_ASSIGN_OR_RETURN(const struct stat facts, facts_of(path));
  if (!S_ISDIR(facts.st_mode)) return fail(ErrorCode::kRefused, path + ": is not a folder");
  if (facts.st_uid != 0) return refuse(path, "does not belong to root");
  if ((facts.st_mode & kOthersMayWrite) == 0) return {};
  if (may_be_sticky && (facts.st_mode & S_ISVTX) != 0) return {};
  return refuse(path, "can be written by others");
}

// Absolute, without `.`, `..` and double slashes; links are kept, so that lstat sees them.
std::string absolute_path(const std::string& path) {
  std::string full = path;
  if (!path.starts_with('/')) {
    char buffer[PATH_MAX];
    if (::getcwd(buffer, sizeof(buffer)) != nullptr) full = std::string(buffer) + "/" + path;
  }
  std::string clean;
  std::size_t at = 0;
  while (at < full.size()) {
    const auto end = std::min(full.find('/', at + 1), full.size());
    const std::string part = full.substr(at, end - at);
    at = end;
    if (part == "/" || part == "/.") continue;
    if (part == "/..") {
      clean.erase(clean.empty() ? 0 : clean.rfind('/'));
    } else {
      clean += part;
    }
  }
  return clean.empty() ? "/" : clean;
}

}  // namespace

Status check_trust_path(const std::string& path, TrustPathRule rule, const std::string& root) {
  const std::string full = absolute_path(path);
  ST_RETURN_IF_ERROR(check_file(full, rule));
  if (rule == TrustPathRule::kVerify) return {};
  const std::string base = root.empty() ? "" : absolute_path(root);
  std::string folder = full;
  while (folder != "/") {
    const auto slash = folder.rfind('/');
    folder = slash == 0 ? "/" : folder.substr(0, slash);
    ST_RETURN_IF_ERROR(check_folder(folder, !base.empty() && is_at_or_above(folder, base)));
  }
  return {};
}

}  // namespace scopetrace
