// SPDX-License-Identifier: Apache-2.0
// Looks for every planted value in all bytes of the given files and of all files below the given
// folders, raw and decompressed.
//
// usage: scopetrace-planted-check MANIFEST PATH…
// exits: 0 none found, 1 some found (name, form and place are printed, never the value) or a file
// could
//        not be searched, 2 bad usage
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/planted_search.h"

namespace {

using namespace scopetrace;           // NOLINT(google-build-using-namespace): a program of one file
using namespace scopetrace::testing;  // NOLINT(google-build-using-namespace)

struct Totals {
  std::size_t files = 0;
  std::size_t bytes = 0;
  std::size_t failures = 0;
};

std::vector<std::string> files_below(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  return files;
}

void print_hits(const std::string& path, const std::vector<Hit>& hits, const char* layer) {
  for (const Hit& hit : hits) {
    std::printf("%s: planted %s, %s, at byte %zu of the %s bytes\n", path.c_str(), hit.name.c_str(),
                hit.form.c_str(), hit.offset, layer);
  }
}

void check_file(const std::vector<Needle>& needles, const std::string& path, Totals& totals) {
  const Result<FileSearch> search = search_file(needles, path);
  if (!search) {
    std::fprintf(stderr, "scopetrace-planted-check: %s\n", search.error().message().c_str());
    ++totals.failures;
    return;
  }
  print_hits(path, search->raw, "raw");
  print_hits(path, search->decompressed, "decompressed");
  ++totals.files;
  totals.bytes += search->raw_bytes + search->decompressed_bytes;
  totals.failures += search->raw.size() + search->decompressed.size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: scopetrace-planted-check MANIFEST PATH…\n", stderr);
    return 2;
  }
  const auto planted = read_manifest(argv[1]);
  if (!planted || planted->empty()) {
    std::fprintf(stderr, "scopetrace-planted-check: no planted values in %s\n", argv[1]);
    return 2;
  }
  const std::vector<Needle> needles = make_needles(*planted);
  Totals totals;
  for (int i = 2; i < argc; ++i) {
    for (const std::string& path : files_below(argv[i])) check_file(needles, path, totals);
  }
  std::printf("%zu planted values in %zu forms, %zu files, %zu bytes: %zu found\n", planted->size(),
              needles.size(), totals.files, totals.bytes, totals.failures);
  return totals.failures == 0 && totals.bytes > 0 ? 0 : 1;
}
