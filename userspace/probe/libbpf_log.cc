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
  std::array<char, 16384> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string& text = collected();
  text += line.data();
  if (text.size() > kMaxLogBytes) text.erase(0, text.size() - kMaxLogBytes);
  return 0;
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
  std::string rest = collected();
  std::string tail;
  for (int lines = 0; lines < kTailLines && !rest.empty();) {
    if (rest.back() == '\n') rest.pop_back();
    const std::size_t start = rest.rfind('\n') + 1;  // npos + 1 is 0
    const std::string line = rest.substr(start);
    rest.erase(start);
    if (line.empty() || line.rfind("libbpf:", 0) == 0 || line.rfind("--", 0) == 0) continue;
    tail = tail.empty() ? line : line + " | " + tail;
    ++lines;
  }
  return tail;
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
