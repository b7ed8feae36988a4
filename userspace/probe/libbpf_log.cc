// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/libbpf_log.h"

#include <bpf/libbpf.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace scopetrace {
namespace {

constexpr std::size_t kMaxLogBytes = 256 * 1024;  // the end is kept
constexpr int kTailLines = 3;

std::string& collected() {
  static std::string text;
  return text;
}

int collect(libbpf_print_level level, const char* format, va_list arguments) noexcept {
  if (level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, format, arguments);
  std::string line(size > 0 ? static_cast<std::size_t>(size) + 1 : 1, '\0');
  std::vsnprintf(line.data(), line.size(), format, again);  // a verifier's log is one call
  va_end(again);
  line.pop_back();
  std::string& text = collected();
  text += line;
  if (text.size() > kMaxLogBytes) text.erase(0, text.size() - kMaxLogBytes);
  return 0;
}

// The last lines, with or without those that libbpf adds to the verifier's.
std::string tail_of(std::string rest, bool with_libbpf) {
  std::string tail;
  for (int lines = 0; lines < kTailLines && !rest.empty();) {
    if (rest.back() == '\n') rest.pop_back();
    const std::size_t start = rest.rfind('\n') + 1;  // npos + 1 is 0
    const std::string line = rest.substr(start);
    rest.erase(start);
    if (line.empty() || line.starts_with("--")) continue;
    if (line.starts_with("libbpf:") && !with_libbpf) continue;
    tail = tail.empty() ? line : line + " | " + tail;
    ++lines;
  }
  return tail;
}

}  // namespace

LibbpfLog::LibbpfLog() {
  collected().clear();
  libbpf_set_print(collect);
}

LibbpfLog::~LibbpfLog() {
  libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
}

std::string LibbpfLog::tail() const {
  const std::string verifier = tail_of(collected(), false);
  return verifier.empty() ? tail_of(collected(), true) : verifier;
}

tl::unexpected<Error> fail_bpf(std::string_view action, int errnum, std::string_view log_tail) {
  std::string message = std::string(action) + ": " + std::strerror(errnum);
  // EACCES with a log is the verifier speaking.
  if (errnum == EPERM || (errnum == EACCES && log_tail.empty())) {
    return fail(Error(ErrorCode::kUnsupported, message + "; missing CAP_BPF or CAP_PERFMON", errnum)
                    .with_hint("run as root, or install with scripts/setup so that "
                               "scopetrace-capture has its file capabilities"));
  }
  if (!log_tail.empty()) message += ": " + std::string(log_tail);
  return fail(Error(ErrorCode::kIo, std::move(message), errnum));
}

}  // namespace scopetrace
