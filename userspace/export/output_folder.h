// SPDX-License-Identifier: Apache-2.0
// Where an export goes: a new folder that appears whole or not at all.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// One file of an export, written from its start to its end; only its owner may read it.
class ExportFile {
 public:
  ExportFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  // Gathers up to 64 KiB, then writes. Error: kIo with the path.
  Status write(std::string_view text);
  // Writes what was gathered and brings all of it to the disk.
  Status close();
  // Of what was written.
  Digest digest() const { return hash_.digest(); }

 private:
  Status flush();

  std::string path_;
  UniqueFd fd_;
  std::string pending_;
  Sha256 hash_;
};

// `<path>.incomplete` until finish(), then `<path>`: what bears its name is whole. After a failure
// the unfinished folder is taken away again.
class OutputFolder {
 public:
  // Error: kExists when either name is taken.
  static Result<OutputFolder> make(const std::string& path);
  OutputFolder(OutputFolder&&) noexcept = default;
  OutputFolder& operator=(OutputFolder&&) noexcept = default;
  ~OutputFolder();

  // Creates a file. The name has no slash. It lives as long as this.
  Result<ExportFile*> add(const std::string& name);
  // Closes all files that are open. No more are written to.
  Status close_files();
  // Of the closed files, by name.
  std::map<std::string, Digest> digests() const;
  // Gives the folder its name. Error: kExists when that was taken meanwhile.
  Status finish();

 private:
  explicit OutputFolder(std::string path) : path_(std::move(path)) {}
  std::string unfinished() const { return path_ + ".incomplete"; }
  Status sync_folder() const;

  std::string path_;  // empty: nothing to take away
  std::map<std::string, std::unique_ptr<ExportFile>> files_;
};

}  // namespace scopetrace
