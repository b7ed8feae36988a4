// SPDX-License-Identifier: Apache-2.0
// The stock program age: encrypts a bundle on its way to the disk, decrypts it on its way back.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// A run of age. Move-only; destroying one that was not waited for kills it.
class AgeProcess {
 public:
  // Where a run is out of the reach of its caller's terminal: an end of the capture by Ctrl-C must
  // not end the encryption first. Decryption may have to ask for a passphrase there.
  enum class Terminal { kOwnSession, kShared };

  // Starts age, searched in PATH, with these descriptors as standard input and output. Errors:
  // kUnsupported with the remedy where it is not installed.
  static Result<AgeProcess> start(const std::vector<std::string>& arguments, int in, int out,
                                  Terminal terminal);
  AgeProcess(AgeProcess&& other) noexcept;
  AgeProcess& operator=(AgeProcess&&) = delete;
  ~AgeProcess();

  // Waits for its end, which comes with that of its input. kIo unless it ended well: with the first
  // line that it said, printable, or with how it ended. Call once.
  Status wait();

 private:
  AgeProcess(pid_t process, UniqueFd said) : process_(process), said_(std::move(said)) {}

  pid_t process_;
  UniqueFd said_;  // its standard error
};

// Encrypts what is written to a pipe into `out`. Nothing but ciphertext ever reaches that file.
class Encryption {
 public:
  // First encrypts nothing at all to these recipients, so that a program or a recipient that will
  // not do is found before anything is captured: kUnsupported without age, kRefused with its reason
  // when it does not take a recipient, or is another program of that name.
  static Result<Encryption> start(const std::vector<std::string>& recipients, int out);

  // The end to write to. age ends when nobody holds it any more.
  int pipe() const { return pipe_.get(); }
  void close_pipe() { pipe_ = UniqueFd(); }
  // After the last holder of the pipe: whether all that was written there is in the file.
  Status finish() { return age_.wait(); }

 private:
  Encryption(AgeProcess age, UniqueFd pipe) : age_(std::move(age)), pipe_(std::move(pipe)) {}

  AgeProcess age_;
  UniqueFd pipe_;
};

}  // namespace scopetrace
