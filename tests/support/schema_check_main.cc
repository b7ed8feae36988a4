// SPDX-License-Identifier: Apache-2.0
// Checks every line of bundles against docs/schemas/.
//
// usage: scopetrace-schema-check BUNDLE…        exits: 0 all lines follow them, 1 some do not, 2
// bad usage
#include <cstdio>

#include "tests/support/bundle_schema.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  int status = 0;
  for (int i = 1; i < argc; ++i) {
    for (const std::string& fault : scopetrace::schema_faults(argv[i])) {
      std::printf("%s: %s\n", argv[i], fault.c_str());
      status = 1;
    }
  }
  if (status == 0) std::printf("every line follows its schema\n");
  return status;
}
