// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/resolver_client.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "userspace/base/bytes.h"
#include "userspace/base/unique_fd.h"
#include "userspace/resolve/child_process.h"
#include "userspace/resolve/resolver.h"

namespace scopetrace {
namespace {

constexpr int kFileFd = 3;
constexpr int kSocketFd = 4;
constexpr int kDebugFileFd = 5;
constexpr int kFirstFreeFd = 10;  // copies start here, so that placing one never closes the other

// File actions and attributes of posix_spawn(3).
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);  // the caller may read signals by signalfd
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void place(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void close_from(int first) { posix_spawn_file_actions_addclosefrom_np(&actions_, first); }

  Result<ChildProcess> start(const std::string& program, char* const* arguments) {
    std::array<char*, 1> environment{nullptr};
    pid_t process = -1;
    const int error = posix_spawn(&process, program.c_str(), &actions_, &attributes_, arguments,
                                  environment.data());
    if (error != 0) {
      return fail(
          Error(ErrorCode::kIo, "start resolver: " + std::string(std::strerror(error)), error));
    }
    return ChildProcess(process);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Result<UniqueFd> copy_high(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstFreeFd));
  if (!copy) return fail_errno("copy descriptor for the resolver");
  return copy;
}

Result<ChildProcess> start_resolver(int file_fd, int socket_fd, const ResolverOptions& options) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return fail_errno("open /dev/null");
  ST_ASSIGN_OR_RETURN(const UniqueFd null_copy, copy_high(null.get()));
  ST_ASSIGN_OR_RETURN(const UniqueFd file, copy_high(file_fd));
  ST_ASSIGN_OR_RETURN(const UniqueFd socket, copy_high(socket_fd));
  SpawnPlan plan;
  for (int standard = 0; standard <= 2; ++standard) plan.place(null_copy.get(), standard);
  plan.place(file.get(), kFileFd);
  plan.place(socket.get(), kSocketFd);
  UniqueFd debug_file;
  if (options.debug_fd >= 0) {
    ST_ASSIGN_OR_RETURN(debug_file, copy_high(options.debug_fd));
    plan.place(debug_file.get(), kDebugFileFd);
  }
  plan.close_from((debug_file ? kDebugFileFd : kSocketFd) + 1);
  std::vector<std::string> words = {"scopetrace-redact", "--resolve"};
  if (debug_file) words.emplace_back("--debug-file");
  if (options.safe_sites) words.emplace_back("--safe-sites");
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return plan.start(options.program, arguments.data());
}

bool is_known(const GoFacts& go) { return go.is_go <= 1 && go.problem <= GoProblem::kCode; }

// Whether the header is in range and `rest_bytes` are the sites that it counts.
bool adds_up(const ResolverHeader& header, std::size_t rest_bytes) {
  return header.status == ResolverStatus::kFound && header.count <= kMaxSites &&
         rest_bytes == header.count * sizeof(Site) && header.build_id_bytes <= kMaxBuildIdBytes &&
         header.linked <= kLinkedAll && is_known(header.go);
}

Result<ResolverAnswer> read_answer(int socket_fd) {
  std::array<std::byte, sizeof(ResolverHeader) + kMaxSites * sizeof(Site) + 1> buffer;
  const ssize_t size = ::recv(socket_fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size <= 0) return fail(ErrorCode::kIo, "resolver ended without an answer");
  ByteReader reader(Bytes(buffer).first(static_cast<std::size_t>(size)));
  const auto header = reader.read<ResolverHeader>();
  if (!header) return fail(ErrorCode::kCorrupt, "resolver: answer is too short");
  if (header->status == ResolverStatus::kUnsupported) {
    return fail(ErrorCode::kUnsupported, "resolver: not an x86-64 ELF file");
  }
  if (!adds_up(*header, reader.rest().size())) {
    return fail(ErrorCode::kCorrupt, "resolver: the file or its answer is malformed");
  }
  ResolverAnswer answer;
  answer.linked = header->linked;
  answer.build_id = to_hex(Bytes(header->build_id).first(header->build_id_bytes));
  answer.go = header->go;
  answer.sites.resize(header->count);
  if (header->count > 0) {
    std::memcpy(answer.sites.data(), reader.rest().data(), reader.rest().size());
  }
  return answer;
}

}  // namespace

Result<ResolverAnswer> resolve_sites(int file_fd, const ResolverOptions& options) {
  ST_RETURN_IF_ERROR(check_lingering());
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return fail_errno("make resolver socket");
  }
  const UniqueFd ours(pair[0]);
  UniqueFd theirs(pair[1]);
  ST_ASSIGN_OR_RETURN(const ChildProcess child, start_resolver(file_fd, theirs.get(), options));
  theirs = UniqueFd();  // its end of life is then seen here as end of file
  if (!wait_for_answer(ours.get(), options.timeout_ms)) {
    return fail(ErrorCode::kLimit, "resolver took too long and was killed");
  }
  return read_answer(ours.get());
}

}  // namespace scopetrace
