// SPDX-License-Identifier: Apache-2.0
// How the bytes of one input become redacted bytes, piece by piece and in bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/redact/body/http_text.h"
#include "userspace/redact/text/stream_redactor.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// One input: pushed in pieces of any size, then finished once. The output does not depend on the
// pieces. Each input is on its own: nothing is matched from the end of one into the next.
class ScrubInput {
 public:
  virtual ~ScrubInput() = default;

  // Appends to `out` what is final now.
  virtual void push(std::string_view bytes, std::string& out) = 0;
  // The input is over: appends the rest.
  virtual void finish(std::string& out) = 0;

  // Parts that were redacted on their own so far, and bytes that came out as a length.
  virtual std::uint64_t records() const = 0;
  virtual std::uint64_t withheld_bytes() const = 0;
};

// Plain text, one record. A file that ends without a line end is whole all the same.
class TextInput : public ScrubInput {
 public:
  // `scanner` is borrowed.
  explicit TextInput(TextScanner& scanner) : redactor_(scanner) {}

  void push(std::string_view bytes, std::string& out) override { redactor_.push(bytes, out); }
  void finish(std::string& out) override { out += redactor_.finish_whole(); }
  std::uint64_t records() const override { return 1; }
  std::uint64_t withheld_bytes() const override { return redactor_.withheld_total(); }

 private:
  StreamRedactor redactor_;
};

// Records that end in NUL, each redacted as if it were alone: record N of the input is record N of
// the output. What is no text is told as the messages of its protocol, or as its printable runs and
// lengths. Empty records stay; bytes behind the last NUL are a record that is written without
// one. A record longer than kMaxRecord is withheld as a length.
class RecordInput : public ScrubInput {
 public:
  static constexpr std::size_t kMaxRecord = std::size_t{4} << 20;

  // `scanner` is borrowed.
  explicit RecordInput(TextScanner& scanner) : scanner_(scanner) {}
  ~RecordInput() override;
  RecordInput(const RecordInput&) = delete;
  RecordInput& operator=(const RecordInput&) = delete;

  void push(std::string_view bytes, std::string& out) override;
  void finish(std::string& out) override;
  std::uint64_t records() const override { return records_; }
  std::uint64_t withheld_bytes() const override { return withheld_total_; }

 private:
  void keep(std::string_view part);
  void end_record(std::string_view rest, std::string& out);

  TextScanner& scanner_;
  std::string begin_;           // of a record whose end has not come
  std::uint64_t withheld_ = 0;  // bytes of a record that is too long
  std::uint64_t withheld_total_ = 0;
  std::uint64_t records_ = 0;
};

// Raw HTTP messages, one after another, as one record: decoded, and redacted by their structure. An
// input longer than HttpTextRedactor::kMaxInput is withheld as a length from there on.
class HttpInput : public ScrubInput {
 public:
  // `redactor` is borrowed.
  explicit HttpInput(HttpTextRedactor& redactor) : redactor_(redactor) {}
  ~HttpInput() override;
  HttpInput(const HttpInput&) = delete;
  HttpInput& operator=(const HttpInput&) = delete;

  void push(std::string_view bytes, std::string& out) override;
  void finish(std::string& out) override;
  std::uint64_t records() const override { return 1; }
  std::uint64_t withheld_bytes() const override { return withheld_; }

 private:
  HttpTextRedactor& redactor_;
  std::string bytes_;
  std::uint64_t withheld_ = 0;
};

}  // namespace scopetrace
