// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/redact_text.h"

#include "userspace/redact/detect/detectors.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

struct TextScrubber::State {
  State(std::unique_ptr<Detectors> d, ByteVector key)
      : detectors(std::move(d)), scanner(*detectors, std::move(key)) {}
  std::unique_ptr<Detectors> detectors;
  TextScanner scanner;
};

TextScrubber::TextScrubber(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextScrubber::~TextScrubber() = default;

Result<std::unique_ptr<TextScrubber>> TextScrubber::make(const RuleSet& rules,
                                                         ByteVector pseudonym_key) {
  ST_ASSIGN_OR_RETURN(auto detectors, Detectors::make(rules));
  auto state = std::make_unique<State>(std::move(detectors), std::move(pseudonym_key));
  return std::unique_ptr<TextScrubber>(new TextScrubber(std::move(state)));
}

std::string TextScrubber::redact_text(std::string_view text) {
  return state_->scanner.redact(text);
}

}  // namespace scopetrace
