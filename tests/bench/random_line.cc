// SPDX-License-Identifier: Apache-2.0
// Measures access to any line of a large bundle: writes one, forgets it from the page cache, and
// reads lines at random places, each by a reader that was just opened and by one that stays open.
//
// usage: random_line FILE BYTES      FILE must not exist; it stays, for other measurements
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/support/bundle_fixture.h"
#include "userspace/base/file.h"
#include "userspace/bundle/line_access.h"

namespace scopetrace {
namespace {

constexpr int kReads = 200;

// A line whose digits do not compress to less than a third, so that a file of some size is made
// soon.
std::string make_line(std::mt19937_64& random, std::uint64_t n) {
  std::string line = R"({"type":"message","n":)" + std::to_string(n) + R"(,"text":")";
  for (int i = 0; i < 24; ++i) line += std::to_string(random());
  return line + "\"}\n";
}

Status write_large_bundle(int fd, std::uint64_t wanted_bytes) {
  BundleFixture fixture;
  FileSink sink(fd);
  BundleWriter writer(sink, fixture.signer, fixture.keys);
  const BundleStart start = fixture.start();
  ST_RETURN_IF_ERROR(writer.start(start));
  WriterSink frames(writer);
  FrameBuilder builder(start.leaf_salt, frames);
  std::mt19937_64 random(7);
  for (std::uint64_t n = 0; writer.bytes_written() < wanted_bytes; ++n) {
    ST_RETURN_IF_ERROR(builder.push(make_line(random, n)));
  }
  ST_RETURN_IF_ERROR(builder.finish());
  return writer.finish({.reason = "limit", .clocks = fixture_clocks(2)});
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void print(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%-28s median %.2f ms, p99 %.2f ms, max %.2f ms\n", what, times[times.size() / 2],
              times[times.size() * 99 / 100], times.back());
}

Status measure(int fd, bool is_opened_each_time, const char* what) {
  ST_ASSIGN_OR_RETURN(FileSource source, FileSource::open(fd));
  ST_ASSIGN_OR_RETURN(LineAccess kept, LineAccess::open(source));
  std::mt19937_64 random(11);
  std::vector<double> times;
  for (int i = 0; i < kReads; ++i) {
    const std::uint64_t n = random() % kept.size();
    if (is_opened_each_time) ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    const auto start = std::chrono::steady_clock::now();
    if (is_opened_each_time) {
      ST_ASSIGN_OR_RETURN(LineAccess fresh, LineAccess::open(source));
      ST_RETURN_IF_ERROR(fresh.line(n).map([](const std::string&) {}));
    } else {
      ST_RETURN_IF_ERROR(kept.line(n).map([](const std::string&) {}));
    }
    times.push_back(milliseconds_since(start));
  }
  print(what, std::move(times));
  return {};
}

Status run(const char* path, std::uint64_t bytes) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600));
  ST_RETURN_IF_ERROR(write_large_bundle(fd.get(), bytes));
  ST_RETURN_IF_ERROR(measure(fd.get(), true, "opened, nothing cached"));
  return measure(fd.get(), false, "opened before, cached");
}

}  // namespace
}  // namespace scopetrace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const scopetrace::Status done = scopetrace::run(argv[1], std::strtoull(argv[2], nullptr, 10));
  if (!done) std::fprintf(stderr, "random_line: %s\n", done.error().message().c_str());
  return done ? 0 : 1;
}
