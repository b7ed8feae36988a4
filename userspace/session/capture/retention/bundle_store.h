// SPDX-License-Identifier: Apache-2.0
// Lists and deletes bundles of one folder, whose content may belong to somebody hostile.
//
// What keeps a deletion to what was looked at: every name is looked up in the open folder and never
// followed; a file is first moved into a folder of this program's own, where nobody else can put
// anything in its place, and deleted there only when it is the very file that was looked at
// (device, inode, length, time of change) and has no other name. Anything else is put back.
#pragma once

#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/session/capture/retention/stored_bundle.h"

namespace scopetrace {

class BundleStore {
 public:
  // kRefused unless `folder` and the folder above it belong to root or to this program's user and
  // nobody else may write to them; into `folder` others may where it is sticky. No component of the
  // path may be a symbolic link.
  static Result<BundleStore> open(const std::string& folder);

  // Every bundle, by name. kLimit beyond 100,000 files. What cannot be judged has an obstacle.
  Result<std::vector<StoredBundle>> list() const;

  // The session that the bundle's first file claims to be of; `unknown` when it does not say.
  std::string claimed_session(const StoredBundle& bundle) const;

  // Deletes the file that was listed. kRefused, and the file stays, when it is another one by now,
  // has a second name or is being written to.
  Status remove(const StoredPart& part);

 private:
  BundleStore() = default;
  Result<StoredPart> look_at(const std::string& file_name, bool is_incomplete) const;
  Status open_aside();
  Status remove_aside(const std::string& name, const struct stat& wanted,
                      const std::string& file_name);

  UniqueFd folder_;
  UniqueFd aside_;  // `.removing` in it, 0700; opened by the first removal
};

}  // namespace scopetrace
