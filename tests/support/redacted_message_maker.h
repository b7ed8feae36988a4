// SPDX-License-Identifier: Apache-2.0
// Makes redacted messages without a redactor. Tests only.
#pragma once

#include <utility>

#include "userspace/redact/redacted_message.h"

namespace scopetrace {

class RedactedMessageForTest {
 public:
  static RedactedMessage make(RedactedMessage::Content content) {
    return RedactedMessage(std::move(content));
  }
};

}  // namespace scopetrace
