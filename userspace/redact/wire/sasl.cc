// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/sasl.h"

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

struct Mechanism {
  std::string_view name;
  std::string_view class_name;
};
constexpr Mechanism kMechanisms[] = {{"PLAIN", "basic-auth"},
                                     {"LOGIN", "basic-auth"},
                                     {"XOAUTH2", "bearer"},
                                     {"OAUTHBEARER", "bearer"},
                                     {"CRAM-MD5", "generic-password"},
                                     {"DIGEST-MD5", "generic-password"},
                                     {"EXTERNAL", "generic-password"},
                                     {"GSSAPI", "generic-password"},
                                     {"NTLM", "generic-password"},
                                     {"SCRAM-SHA-1", "generic-password"},
                                     {"GSS-SPNEGO", "generic-password"},
                                     {"SCRAM-SHA-256", "generic-password"},
                                     {"SCRAM-SHA-512", "generic-password"},
                                     {"SCRAM-SHA-256-PLUS", "generic-password"}};

}  // namespace

std::string_view sasl_class(std::string_view mechanism) {
  for (const Mechanism& known : kMechanisms) {
    if (equals_ignoring_case(known.name, mechanism)) return known.class_name;
  }
  return {};
}

void SaslLines::begin(std::string_view mechanism, std::string_view initial, WireText& out) {
  is_active_ = true;
  class_name_ = sasl_class(mechanism);
  if (class_name_.empty()) {
    class_name_ = "generic-password";  // no mechanism, maybe a password
    out.secret({}, mechanism);
  } else {
    out.value(mechanism);
  }
  if (!initial.empty()) out.secret({}, initial, class_name_);
}

void SaslLines::tell(std::string_view line, WireText& out) const {
  out.begin("(answer)");
  if (line == "*") {
    out.word("*");
  } else {
    out.secret({}, line, class_name_);
  }
  out.end();
}

}  // namespace scopetrace
