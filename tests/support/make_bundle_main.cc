// SPDX-License-Identifier: Apache-2.0
// Writes the worked example of docs/bundle-format.md and the trust file that accepts it. The same
// bytes in every run. Beside it a capture in three parts, FOLDER/parts.0001.jsonl.zst and on.
//
// usage: make_bundle FOLDER [RECIPIENT]    makes FOLDER/sample.jsonl.zst and
// FOLDER/allowed_signers;
//        with a recipient the bundle is one that was padded for age, and not encrypted yet
#include <cstdio>

#include "tests/support/bundle_fixture.h"
#include "userspace/base/file.h"

using namespace scopetrace;

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  const std::string folder = argv[1];
  BundleFixture fixture;
  fixture.fix_keys();
  if (argc == 3) fixture.recipients = {argv[2]};
  FixedSealKeys seal_keys;
  const ByteVector bundle = fixture.bundle_by(seal_keys);
  std::string trust;
  const Trust parsed = fixture.trust();
  for (const TrustLine& line : parsed.signers.lines()) trust += format_trust_line(line) + "\n";
  bool is_written =
      write_file_atomically(folder + "/sample.jsonl.zst", as_text(bundle), 0600).has_value() &&
      write_file_atomically(folder + "/allowed_signers", trust, 0600).has_value();
  std::uint32_t number = 0;
  for (const ByteVector& part : fixture.parts(3)) {
    const std::string path = folder + "/parts.000" + std::to_string(++number) + ".jsonl.zst";
    is_written = is_written && write_file_atomically(path, as_text(part), 0600).has_value();
  }
  return is_written ? 0 : 1;
}
