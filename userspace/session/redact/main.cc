// SPDX-License-Identifier: Apache-2.0
// The program scopetrace-redact: the only one that reads captured bytes and files of the target.
// Started by scopetrace-capture, with descriptor 3 (payload ring; with --resolve one file,
// read-only) and descriptor 4 (channel). It has no log: errors leave as fixed codes.
#include <csignal>
#include <cstring>

#include "userspace/base/clock.h"
#include "userspace/base/crypto.h"
#include "userspace/base/wiping_heap.h"
#include "userspace/resolve/resolver.h"
#include "userspace/sandbox/sandbox.h"
#include "userspace/session/redact/payload_ring.h"
#include "userspace/session/redact/redact_loop.h"

namespace scopetrace {
namespace {

constexpr int kInputFd = 3;
constexpr int kChannelFd = 4;
constexpr int kDebugFileFd = 5;  // with --resolve --debug-file, read-only

enum ExitStatus { kEnded = 0, kBroken = 1, kNotStartedByCapture = 2, kNoSandbox = 3 };

// libcrypto reads its configuration on first use, which the sandbox would not allow.
void use_crypto_once() {
  Digest bytes{};
  fill_random(bytes);
  (void)hmac_sha256(bytes, bytes);
  (void)Sha256().digest();
}

int run_session() {
  use_crypto_once();
  const auto ring = PayloadRing::map(kInputFd);
  if (!ring) return kNotStartedByCapture;
  const auto sandbox = enter_sandbox(kChannelFd);
  if (!sandbox) return kNoSandbox;
  const ReadyMessage ready{.version = 1, .landlock_abi = sandbox->landlock_abi};
  if (!send_message(kChannelFd, FromRedact(ready))) return kBroken;
  return RedactLoop(ring->memory(), kChannelFd).run() == RedactEnd::kStopped ? kEnded : kBroken;
}

int run_resolver_mode(bool has_debug_file, const PickOptions& options) {
  if (!enter_sandbox(has_debug_file ? kDebugFileFd : kChannelFd)) return kNoSandbox;
  return run_resolver({.file_fd = kInputFd,
                       .socket_fd = kChannelFd,
                       .debug_fd = has_debug_file ? kDebugFileFd : -1,
                       .options = options});
}

// Whether argument `index` is this option.
bool is_option(int argc, char** argv, int index, const char* option) {
  return index < argc && std::strcmp(argv[index], option) == 0;
}

}  // namespace
}  // namespace scopetrace

int main(int argc, char** argv) {
  scopetrace::wipe_freed_memory();
  std::signal(SIGPIPE, SIG_IGN);
  if (scopetrace::is_option(argc, argv, 1, "--resolve")) {
    const bool has_debug_file = scopetrace::is_option(argc, argv, 2, "--debug-file");
    const int next = has_debug_file ? 3 : 2;
    const bool safe_sites = scopetrace::is_option(argc, argv, next, "--safe-sites");
    return scopetrace::run_resolver_mode(has_debug_file, {.safe_sites = safe_sites});
  }
  return argc == 1 ? scopetrace::run_session() : scopetrace::kNotStartedByCapture;
}
