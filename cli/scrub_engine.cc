// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_engine.h"

#include "userspace/base/crypto.h"

namespace scopetrace {
namespace {

constexpr std::size_t kKeyBytes = 32;

ByteVector make_key() {
  ByteVector key(kKeyBytes);
  fill_random(key);
  return key;
}

}  // namespace

Result<std::unique_ptr<ScrubEngine>> ScrubEngine::make(const RuleSet& rules, ScrubFormat format) {
  std::unique_ptr<ScrubEngine> engine(new ScrubEngine(format));
  if (format == ScrubFormat::kHttp) {
    ST_ASSIGN_OR_RETURN(engine->http_, HttpTextRedactor::make(rules, make_key()));
    return engine;
  }
  ST_ASSIGN_OR_RETURN(engine->detectors_, Detectors::make(rules));
  engine->scanner_ = std::make_unique<TextScanner>(*engine->detectors_, make_key());
  engine->scanner_->forget();  // inputs are independent: nothing is learned from one for the next
  return engine;
}

std::unique_ptr<ScrubInput> ScrubEngine::begin_input() {
  if (format_ == ScrubFormat::kHttp) return std::make_unique<HttpInput>(*http_);
  if (format_ == ScrubFormat::kRecords) return std::make_unique<RecordInput>(*scanner_);
  return std::make_unique<TextInput>(*scanner_);
}

void ScrubEngine::forget() {
  if (scanner_) scanner_->forget();
}

std::map<std::string, std::uint64_t> ScrubEngine::by_class() const {
  return scanner_ ? scanner_->by_class() : http_->by_class();
}

}  // namespace scopetrace
