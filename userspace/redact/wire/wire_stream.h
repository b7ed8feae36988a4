// SPDX-License-Identifier: Apache-2.0
// One direction of one connection: finds the protocol, cuts messages, tells them redacted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "userspace/redact/wire/printable_runs.h"
#include "userspace/redact/wire/wire_protocol.h"
#include "userspace/redact/wire/wire_table.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {

// Takes bytes in order, cut anywhere: what comes out does not depend on the cuts. Holds back what
// is not a whole message; a message above kMaxMessage is a length. Where a stream stops following
// its protocol, or bytes were lost and no line end brings it back, the rest is printable runs in
// which every token that could be a secret is replaced.
class WireStream {
 public:
  static constexpr std::size_t kMaxMessage = 64 * 1024;
  static constexpr std::string_view kUnknown = "unknown";

  // `scanner` is borrowed.
  WireStream(TextScanner& scanner, WireDetail detail);
  ~WireStream();
  WireStream(const WireStream&) = delete;
  WireStream& operator=(const WireStream&) = delete;

  // Appends to `out` what is final.
  void push(std::string_view bytes, std::string& out);
  // Bytes are missing here.
  void lose(std::string& out);
  // Nothing follows. A message that is not whole is a length.
  void finish(std::string& out);

  // A name of the table, kUnknown, or empty while it is not decided.
  std::string_view protocol() const { return name_; }
  std::size_t held_back_bytes() const;

 private:
  enum class Mode { kProbing, kMessages, kSkipping, kDroppingLine, kWithheld, kUnknown };

  std::size_t take(std::string_view bytes);
  std::size_t step(std::string_view bytes);
  std::size_t take_message(std::string_view bytes);
  std::size_t skip(std::string_view bytes);
  std::size_t drop_line(std::string_view bytes);
  std::size_t withhold(std::string_view bytes);
  std::size_t take_runs(std::string_view bytes);
  void choose(std::string_view begin, bool is_whole);
  void end_runs();
  void tell_cut();
  void give_up();

  WireText text_;
  PrintableRuns runs_;
  std::unique_ptr<WireProtocol> protocol_;
  std::string_view name_;
  std::string pending_;
  std::uint64_t left_bytes_ = 0;     // of the message that is skipped
  std::uint64_t dropped_bytes_ = 0;  // not told yet, of a line or rest that is withheld
  Mode mode_ = Mode::kProbing;
};

}  // namespace scopetrace
