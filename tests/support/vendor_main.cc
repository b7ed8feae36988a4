// SPDX-License-Identifier: Apache-2.0
// The test vendor as a program.
//
// usage: scopetrace-test-vendor SEED CA_FILE [KEY_FILE]
//   Writes its certificate to CA_FILE (and its key to KEY_FILE, for other servers under the same
//   name), then prints `listening PORT`. Reads commands from standard input, a line each: `held`
//   answers `held` once a request for /v1/hold waits; `release` lets it go on. Ends with standard
//   input.
#include <iostream>
#include <string>

#include "tests/support/vendor.h"
#include "userspace/base/bytes.h"
#include "userspace/base/file.h"

int main(int argc, char** argv) {
  using namespace scopetrace;  // NOLINT(google-build-using-namespace): a program of one file
  const auto seed = argc >= 3 ? parse_decimal(argv[1]) : std::nullopt;
  if (!seed || argc > 4) {
    std::cerr << "usage: scopetrace-test-vendor SEED CA_FILE [KEY_FILE]\n";
    return 2;
  }
  testing::Vendor vendor(testing::make_planted(*seed));
  Status written = write_file_atomically(argv[2], vendor.identity().certificate_pem(), 0644);
  if (written && argc == 4) {
    written = write_file_atomically(argv[3], vendor.identity().key_pem(), 0600);
  }
  if (!written) {
    std::cerr << "scopetrace-test-vendor: " << written.error().message() << "\n";
    return 1;
  }
  std::cout << "listening " << vendor.port() << std::endl;
  for (std::string command; std::getline(std::cin, command);) {
    if (command == "release") vendor.release();
    if (command == "held") {
      vendor.wait_until_held();
      std::cout << "held" << std::endl;
    }
  }
  return 0;
}
