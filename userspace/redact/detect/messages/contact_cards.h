// SPDX-License-Identifier: Apache-2.0
// Personal data in records whose fields have short names or none: vCard, HL7.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// BEGIN:VCARD stands at `at`: names, addresses, telephone numbers and dates of birth below it.
void take_vcard(ScanText& scan, TextRange at, std::vector<Finding>& findings);

// PID| stands at `at`: the segment of HL7 that says who the patient is.
void take_patient(ScanText& scan, TextRange at, std::vector<Finding>& findings);

// "given":["name"] of FHIR stands at `at`: its strings, and the family name next to it.
void take_given_names(ScanText& scan, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
