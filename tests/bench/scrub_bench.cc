// SPDX-License-Identifier: Apache-2.0
// Redacts standard input to standard output as a filter does: what the engine costs without a
// command line around it. The measured bytes, seconds and peak memory go to standard error.
//
// usage: scrub_bench [BLOCK_KIB] < LOG > /dev/null
// exits: 0 done, 1 reading or writing failed
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "userspace/redact/detect/detectors.h"
#include "userspace/redact/text/stream_redactor.h"
#include "userspace/redact/text/text_scanner.h"

namespace {

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}
}  // namespace

int main(int argc, char** argv) {
  const auto rules = scopetrace::RuleSet::parse(scopetrace::standard_profile());
  if (!rules) return 1;
  auto detectors = scopetrace::Detectors::make(*rules);
  if (!detectors) return 1;
  scopetrace::TextScanner scanner(**detectors, scopetrace::ByteVector(32));
  scopetrace::StreamRedactor stream(scanner);
  rusage start{};
  getrusage(RUSAGE_SELF, &start);
  std::string buffer((argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 64) * 1024, '\0');
  std::string out;
  std::size_t total = 0;
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0) return 1;
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
    out.clear();
    stream.push(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), out);
    if (!write_all(out)) return 1;
  }
  out = stream.finish();
  if (!write_all(out)) return 1;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  const double user = seconds(used.ru_utime), system = seconds(used.ru_stime);
  std::fprintf(stderr, "%.1f MB user %.3f s system %.3f s: %.0f MB/s; start %.1f ms, %ld KiB\n",
               static_cast<double>(total) / 1e6, user, system,
               static_cast<double>(total) / 1e6 / (user + system),
               (seconds(start.ru_utime) + seconds(start.ru_stime)) * 1e3, used.ru_maxrss);
  return 0;
}
