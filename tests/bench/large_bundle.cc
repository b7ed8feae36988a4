// SPDX-License-Identifier: Apache-2.0
// Writes a bundle of any size from the lines on standard input, which are taken again and again
// with numbers of their own, and the trust file that accepts it.
//
// usage: large_bundle FOLDER MIB <LINES      makes FOLDER/large.jsonl.zst, FOLDER/allowed_signers
#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/support/bundle_fixture.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

// A line around its number.
struct NumberedLine {
  std::string before;
  std::string after;
};

std::vector<NumberedLine> read_lines() {
  constexpr std::string_view kNumber = "\"n\":";
  std::vector<NumberedLine> lines;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t at = line.find(kNumber);
    if (at == std::string::npos) continue;  // line 0 has none
    const std::size_t digits = at + kNumber.size();
    lines.push_back(
        {line.substr(0, digits), line.substr(line.find_first_not_of("0123456789", digits)) + "\n"});
  }
  return lines;
}

Status write_large_bundle(BundleFixture& fixture, int fd, std::uint64_t wanted_bytes) {
  const std::vector<NumberedLine> lines = read_lines();
  if (lines.empty()) return fail(ErrorCode::kUsage, "standard input has no lines of a bundle");
  FileSink sink(fd);
  BundleWriter writer(sink, fixture.signer, fixture.keys);
  const BundleStart start = fixture.start();
  ST_RETURN_IF_ERROR(writer.start(start));
  WriterSink frames(writer);
  FrameBuilder builder(start.leaf_salt, frames);
  std::uint64_t written_bytes = 0;
  for (std::uint64_t n = 0; written_bytes < wanted_bytes; ++n) {
    const NumberedLine& line = lines[n % lines.size()];
    std::string text = line.before + std::to_string(n) + line.after;
    written_bytes += text.size();
    ST_RETURN_IF_ERROR(builder.push(std::move(text)));
  }
  ST_RETURN_IF_ERROR(builder.finish());
  return writer.finish({.reason = "limit", .clocks = fixture_clocks(2)});
}

Status run(const std::string& folder, std::uint64_t wanted_bytes) {
  BundleFixture fixture;
  std::string trust;
  const Trust parsed = fixture.trust();
  for (const TrustLine& line : parsed.signers.lines()) trust += format_trust_line(line) + "\n";
  ST_RETURN_IF_ERROR(write_file_atomically(folder + "/allowed_signers", trust, 0600));
  ST_ASSIGN_OR_RETURN(const UniqueFd fd,
                      open_file(folder + "/large.jsonl.zst", O_WRONLY | O_CREAT | O_EXCL, 0600));
  return write_large_bundle(fixture, fd.get(), wanted_bytes);
}

}  // namespace
}  // namespace scopetrace

int main(int argc, char** argv) {
  const std::uint64_t mib = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (mib == 0) return 2;
  const scopetrace::Status done = scopetrace::run(argv[1], mib << 20);
  if (!done) std::fprintf(stderr, "large_bundle: %s\n", done.error().message().c_str());
  return done ? 0 : 1;
}
