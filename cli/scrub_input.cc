// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_input.h"

#include <algorithm>

#include "userspace/base/bytes.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/wire_record.h"

namespace scopetrace {
namespace {

// Bytes that the marks in a text stand for.
std::uint64_t sum_of_marks(std::string_view text) {
  constexpr std::string_view kMark = "[WITHHELD:";
  constexpr std::size_t kMaxDigits = 18;
  std::uint64_t sum = 0;
  for (auto at = text.find(kMark); at != text.npos; at = text.find(kMark, at)) {
    at += kMark.size();
    const auto digits = text.substr(at, kMaxDigits);
    const auto end = std::min(digits.find_first_not_of("0123456789"), digits.size());
    sum += parse_decimal(digits.substr(0, end)).value_or(0);
  }
  return sum;
}

// Whether a record is text, in whatever alphabet: UTF-8, or without control characters.
bool is_text(std::string_view record) {
  const auto is_odd = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && !is_space(c)) || c == '\x7f';
  };
  return is_readable(record) || std::none_of(record.begin(), record.end(), is_odd);
}

std::string redact_record(TextScanner& scanner, std::string_view record) {
  if (is_text(record)) return scanner.redact(record);
  return redact_binary_record(scanner, as_bytes(record));
}

}  // namespace

RecordInput::~RecordInput() { wipe(begin_); }

void RecordInput::push(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\0');
    if (end == bytes.npos) return keep(bytes);
    end_record(bytes.substr(0, end), out);
    out += '\0';
    bytes.remove_prefix(end + 1);
  }
}

void RecordInput::finish(std::string& out) {
  if (!begin_.empty() || withheld_ > 0) end_record({}, out);
}

void RecordInput::keep(std::string_view part) {
  if (withheld_ == 0 && begin_.size() + part.size() <= kMaxRecord) {
    begin_.reserve(kMaxRecord);  // no copy is left behind by growing
    begin_ += part;
    return;
  }
  withheld_ += begin_.size() + part.size();
  wipe(begin_);
  begin_.clear();
}

void RecordInput::end_record(std::string_view rest, std::string& out) {
  if (begin_.empty() && withheld_ == 0 && rest.size() <= kMaxRecord) {
    out += redact_record(scanner_, rest);
  } else {
    keep(rest);
    out += withheld_ > 0 ? "[WITHHELD:" + std::to_string(withheld_) + "]"
                         : redact_record(scanner_, begin_);
    withheld_total_ += withheld_;
    withheld_ = 0;
    wipe(begin_);
    begin_.clear();
  }
  ++records_;
}

HttpInput::~HttpInput() { wipe(bytes_); }

void HttpInput::push(std::string_view bytes, std::string&) {
  if (bytes_.empty())
    bytes_.reserve(HttpTextRedactor::kMaxInput);  // takes no memory before it is used
  const std::size_t room = HttpTextRedactor::kMaxInput - bytes_.size();
  bytes_ += bytes.substr(0, room);
  withheld_ += bytes.size() - std::min(bytes.size(), room);
}

void HttpInput::finish(std::string& out) {
  const std::string text = redactor_.redact(bytes_);
  const std::uint64_t brought = sum_of_marks(bytes_);  // an input may have been redacted before
  const std::uint64_t marked = sum_of_marks(text);
  out += text;
  if (withheld_ > 0) out += withheld_mark(withheld_, "over the size limit");
  withheld_ += marked - std::min(brought, marked);
}

}  // namespace scopetrace
