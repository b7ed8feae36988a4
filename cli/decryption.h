// SPDX-License-Identifier: Apache-2.0
// Encrypted bundles as the bytes they hold, by a run of age. Nothing decrypted reaches the disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/verify.h"
#include "userspace/session/front/age.h"

namespace scopetrace {

// Whether a file begins as those of age do. Reads it at its start, moves nothing.
bool is_age_file(int fd);

// The plain bytes of one encrypted bundle, from front to back.
class DecryptedSource final : public ByteSource {
 public:
  // Starts `age -d` on the file, which must be at its start. `identities` are files as `age -i`
  // takes them: keys of age, or ssh-ed25519 private keys; it asks for their passphrases itself.
  static Result<DecryptedSource> open(UniqueFd file, const std::vector<std::string>& identities);

  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override;
  Status read(std::uint64_t offset, std::span<std::byte> out) override;

  // How the decryption ended, after all was read that came: empty when it ended well. kIo with the
  // remedy when nothing came because no identity fits, or because the header is not whole.
  Result<std::string> finish();
  // Whether more is left of the file than a piece that was cut: then it was not cut but changed.
  Result<bool> is_changed() const;

 private:
  DecryptedSource(UniqueFd file, UniqueFd output, AgeProcess age)
      : file_(std::move(file)),
        output_(std::move(output)),
        source_(output_.get()),
        age_(std::move(age)) {}

  UniqueFd file_;
  UniqueFd output_;
  PipeSource source_;
  AgeProcess age_;
  std::uint64_t end_ = 0;  // of what came so far
};

// Adds to the report of what came out how the decryption ended: a cut file leaves the verdict
// INCOMPLETE, a changed one makes it TAMPERED. Errors: those of finish().
Status judge_decryption(DecryptedSource& source, VerifyReport& report);

}  // namespace scopetrace
