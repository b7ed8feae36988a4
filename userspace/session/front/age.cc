// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/age.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "userspace/base/file.h"
#include "userspace/base/pipe.h"
#include "userspace/session/front/age_file.h"

extern char** environ;

namespace scopetrace {
namespace {

constexpr std::size_t kMaxSaid = 4096;
constexpr std::size_t kMaxHeader = 64 * 1024;  // 16 recipients take 3 KiB

// What a child of ours starts with: no blocked signals, and a broken pipe ends it.
class SpawnSetup {
 public:
  SpawnSetup(int in, int out, int error, bool has_own_session) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, error, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    const int session = has_own_session ? POSIX_SPAWN_SETSID : 0;
    posix_spawnattr_setflags(
        &attributes_, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | session));
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  // 0 or an errno.
  int spawn(const std::vector<std::string>& words, pid_t* child) const {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    return ::posix_spawnp(child, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

int reap(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// `age: error: no identity matched …`: what it says in one line, without the name it has already.
std::string first_line(std::string text) {
  text = text.substr(0, text.find('\n'));
  for (const std::string_view prefix : {"age: ", "error: "}) {
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  }
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return text;
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  }
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

std::vector<std::string> encrypt_arguments(const std::vector<std::string>& recipients) {
  std::vector<std::string> arguments = {"--encrypt"};
  for (const std::string& recipient : recipients) {
    arguments.insert(arguments.end(), {"--recipient", recipient});
  }
  return arguments;
}

Error as_refusal(Error error) {
  if (error.code() == ErrorCode::kUnsupported) return error;
  return Error(ErrorCode::kRefused,
               "the approval's recipients cannot be encrypted to: " + error.message())
      .with_hint("ask for an approval that names other keys: token request --recipient KEY");
}

// Encrypts nothing, to see whether it would.
Status try_out(const std::vector<std::string>& arguments) {
  ST_ASSIGN_OR_RETURN(const UniqueFd nothing, open_file("/dev/null", O_RDONLY));
  ST_ASSIGN_OR_RETURN(Pipe pipe, make_pipe());
  ST_ASSIGN_OR_RETURN(AgeProcess age, AgeProcess::start(arguments, nothing.get(), pipe.writer.get(),
                                                        AgeProcess::Terminal::kOwnSession));
  pipe.writer = UniqueFd();
  const auto header = read_all(pipe.reader.get(), kMaxHeader);
  pipe.reader = UniqueFd();
  ST_RETURN_IF_ERROR(age.wait());
  if (header && header->starts_with(kAgeMagic)) return {};
  return fail(ErrorCode::kIo, "the program age in PATH does not write what age writes");
}

}  // namespace

Result<AgeProcess> AgeProcess::start(const std::vector<std::string>& arguments, int in, int out,
                                     Terminal terminal) {
  ST_ASSIGN_OR_RETURN(Pipe said, make_pipe());
  std::vector<std::string> words = {"age"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const SpawnSetup setup(in, out, said.writer.get(), terminal == Terminal::kOwnSession);
  pid_t child = -1;
  const int error = setup.spawn(words, &child);
  if (error == 0) {
    // It holds plain bytes as soon as it gets any. 1, not 0, forbids cores to a pipe too
    // (fs/coredump.c).
    const rlimit no_core = {1, 1};
    ::prlimit(child, RLIMIT_CORE, &no_core, nullptr);
    return AgeProcess(child, std::move(said.reader));
  }
  if (error != ENOENT)
    return fail(Error(ErrorCode::kIo, std::string("age: ") + std::strerror(error), error));
  return fail(Error(ErrorCode::kUnsupported, "the program age, which encrypts bundles, is missing")
                  .with_hint("apt-get install age"));
}

AgeProcess::AgeProcess(AgeProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)), said_(std::move(other.said_)) {}

AgeProcess::~AgeProcess() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  reap(process_);
}

Status AgeProcess::wait() {
  const auto said = read_all(said_.get(), kMaxSaid);  // until it ends, or talks too much
  said_ = UniqueFd();
  const int status = reap(std::exchange(process_, -1));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string reason = said ? first_line(*said) : "";
  return fail(ErrorCode::kIo, "age: " + (reason.empty() ? describe_end(status) : reason));
}

Result<Encryption> Encryption::start(const std::vector<std::string>& recipients, int out) {
  const std::vector<std::string> arguments = encrypt_arguments(recipients);
  ST_RETURN_IF_ERROR(try_out(arguments).map_error(as_refusal));
  ST_ASSIGN_OR_RETURN(Pipe pipe, make_pipe());
  ST_ASSIGN_OR_RETURN(AgeProcess age, AgeProcess::start(arguments, pipe.reader.get(), out,
                                                        AgeProcess::Terminal::kOwnSession));
  return Encryption(std::move(age), std::move(pipe.writer));
}

}  // namespace scopetrace
