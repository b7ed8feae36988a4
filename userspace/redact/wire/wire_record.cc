// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/wire_record.h"

#include "userspace/redact/wire/wire_stream.h"

namespace scopetrace {

std::optional<std::string> redact_wire_record(TextScanner& scanner, Bytes record) {
  WireStream stream(scanner, WireDetail::kRedacted);
  std::string out;
  stream.push(as_text(record), out);
  stream.finish(out);
  if (stream.protocol().empty() || stream.protocol() == WireStream::kUnknown) return std::nullopt;
  return out;
}

std::string redact_binary_record(TextScanner& scanner, Bytes record) {
  if (auto told = redact_wire_record(scanner, record)) return *std::move(told);
  WireText text(scanner, WireDetail::kRedacted);
  PrintableRuns runs(text);
  runs.set_strict(true);
  std::string kept;
  runs.push(as_text(record), kept);
  runs.finish(kept);
  std::string safe = scanner.redact(kept);
  wipe(kept);
  return safe;
}

}  // namespace scopetrace
