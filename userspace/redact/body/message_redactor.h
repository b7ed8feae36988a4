// SPDX-License-Identifier: Apache-2.0
// Redacts the parts of one HTTP message by its structure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/level.h"
#include "userspace/protocol/message.h"
#include "userspace/redact/redacted_message.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// One thread; borrows the scanner. `side` is "request" or "response": where sightings are told.
class MessageRedactor {
 public:
  MessageRedactor(TextScanner& scanner, Level level, std::string side)
      : scanner_(scanner), level_(level), side_(std::move(side)) {}

  std::string redact_method(std::string_view method) const;
  // A template at level metadata, else path and query with values redacted.
  std::string redact_target(std::string_view target);
  std::vector<RedactedField> redact_fields(const std::vector<HttpField>& fields);
  // The media type comes from `fields`. Nothing when the message has no body.
  std::optional<RedactedBody> redact_body(const HttpBody& body,
                                          const std::vector<HttpField>& fields);
  std::string redact_short(std::string_view text, std::string_view place);

 private:
  TextScanner& scanner_;
  Level level_;
  std::string side_;
};

// The first value of a field, or nothing.
std::optional<std::string_view> field_value(const std::vector<HttpField>& fields,
                                            std::string_view name);

}  // namespace scopetrace
