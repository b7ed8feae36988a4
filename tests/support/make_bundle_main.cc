// SPDX-License-Identifier: Apache-2.0
// Writes the worked example of docs/bundle-format.md and the trust file that accepts it. The same
// bytes in every run.
//
// usage: make_bundle FOLDER        makes FOLDER/sample.jsonl.zst and FOLDER/allowed_signers
#include <cstdio>

#include "tests/support/bundle_fixture.h"
#include "userspace/base/file.h"

using namespace scopetrace;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  BundleFixture fixture;
  fixture.fix_keys();
  FixedSealKeys seal_keys;
  const ByteVector bundle = fixture.bundle_by(seal_keys);
  std::string trust;
  const Trust parsed = fixture.trust();
  for (const TrustLine& line : parsed.signers.lines()) trust += format_trust_line(line) + "\n";
  const bool is_written =
      write_file_atomically(folder + "/sample.jsonl.zst", as_text(bundle), 0600).has_value() &&
      write_file_atomically(folder + "/allowed_signers", trust, 0600).has_value();
  return is_written ? 0 : 1;
}
