// SPDX-License-Identifier: Apache-2.0
// Encrypted bundles as the bytes they hold, by a run of age. Nothing decrypted reaches the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/growing_source.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/verify.h"
#include "userspace/session/front/age.h"
#include "userspace/session/front/age_file.h"

namespace scopetrace {

// The plain bytes of one encrypted bundle, from front to back.
class DecryptedSource final : public ByteSource {
 public:
  // Starts `age -d` on the file, which must be at its start. `identities` are files as `age -i`
  // takes them: keys of age, or ssh-ed25519 private keys; it asks for their passphrases itself.
  static Result<DecryptedSource> open(UniqueFd file, const std::vector<std::string>& identities);
  // The same of a bundle that is still being written: what can be decrypted of it so far.
  static Result<DecryptedSource> follow(GrowingSource file,
                                        const std::vector<std::string>& identities);
  DecryptedSource(DecryptedSource&& other) noexcept;
  DecryptedSource& operator=(DecryptedSource&&) = delete;
  ~DecryptedSource() override;

  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override;
  Status read(std::uint64_t offset, std::span<std::byte> out) override;
  // Flushes standard output before it waits.
  Result<bool> wait_for_more() override;

  // How the decryption ended, after all was read that came: empty when it ended well. kIo with the
  // remedy when nothing came because no identity fits, or because the header is not whole.
  Result<std::string> finish();
  // After a decryption that did not end well: why the file could not be opened to its end.
  AgeRest rest() const { return judge_age_rest(file_.get(), end_); }

 private:
  // Hands a growing file to age, on a thread of its own.
  class Feeder;

  static Result<DecryptedSource> start(UniqueFd file, int input,
                                       const std::vector<std::string>& identities);
  DecryptedSource(UniqueFd file, UniqueFd output, AgeProcess age);

  UniqueFd file_;
  UniqueFd output_;
  PipeSource source_;
  std::unique_ptr<Feeder> feeder_;  // of a file that grows; ends once age has
  AgeProcess age_;
  std::uint64_t end_ = 0;  // of what came so far
};

// Adds to the report of what came out how the decryption ended: a file that was cut, or not wholly
// written, leaves the verdict INCOMPLETE, a changed one makes it TAMPERED. Errors: those of
// finish().
Status judge_decryption(DecryptedSource& source, VerifyReport& report);

}  // namespace scopetrace
