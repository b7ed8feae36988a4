// SPDX-License-Identifier: Apache-2.0
// Writes a log of any size on standard output: the input of scripts/bench-redact.
//
// usage: make_log plain|sparse|dense MEGABYTES [SEED]
//   plain    2 % of the lines hold a secret, the rest is access log
//   sparse   2 % hold a secret, 18 % a look-alike, the rest is access log
//   dense    60 % hold a secret, 10 % a look-alike
// exits: 0 written, 1 the output was closed, 2 bad usage
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/corpus/log_lines.h"

namespace {

constexpr std::size_t kChunkBytes = 1 << 20;

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Whole lines only, so the last chunk may go over `size` by one line.
bool write_log(scopetrace::testing::LogLines& lines, std::size_t size) {
  std::string chunk;
  chunk.reserve(2 * kChunkBytes);
  for (std::size_t written = 0; written < size; written += chunk.size()) {
    chunk.clear();
    lines.append(chunk, std::min(kChunkBytes, size - written));
    if (!write_all(chunk)) return false;
  }
  return true;
}

int usage() {
  std::fputs("usage: make_log plain|sparse|dense MEGABYTES [SEED]\n", stderr);
  return 2;
}

std::optional<scopetrace::testing::LogMix> mix_of(std::string_view kind) {
  if (kind == "plain") return scopetrace::testing::kPlainLog;
  if (kind == "sparse") return scopetrace::testing::kSparseLog;
  if (kind == "dense") return scopetrace::testing::kDenseLog;
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) return usage();
  const std::string_view kind = argv[1];
  const auto mix = mix_of(kind);
  if (!mix) return usage();
  const auto rules = scopetrace::RuleSet::parse(scopetrace::standard_profile());
  if (!rules) return 1;
  const std::size_t size = std::strtoull(argv[2], nullptr, 10) * 1'000'000;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  scopetrace::testing::LogLines lines(*rules, *mix, seed);
  return write_log(lines, size) ? 0 : 1;
}
