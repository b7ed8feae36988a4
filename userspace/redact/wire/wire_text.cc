// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/wire_text.h"

#include <algorithm>
#include <array>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/printable_runs.h"

namespace scopetrace {
namespace {

// Names of fields that hold secrets in these protocols and mean other things elsewhere.
constexpr std::array kWireNames = {"pass",
                                   "passwords",
                                   "requirepass",
                                   "masterauth",
                                   "auth-pass",
                                   "userpassword",
                                   "unicodepwd",
                                   "authpassword",
                                   "ntpwdhistory",
                                   "lmpwdhistory",
                                   "sambantpassword",
                                   "sambalmpassword",
                                   "krbprincipalkey",
                                   "rolpassword",
                                   "passwordhash",
                                   "authentication_string",
                                   "sasl.jaas.config",
                                   "ssl.keystore.key"};

}  // namespace

std::string binary_note(std::size_t size_bytes) {
  return "[binary " + std::to_string(size_bytes) + " bytes]";
}

void WireText::begin(std::string_view kind) {
  end();
  line_.assign(kind);
}

void WireText::end() {
  if (!line_.empty()) write_line();
}

void WireText::write_line() {
  line_ += '\n';
  raw(line_);
  wipe(line_);
  line_.clear();
}

void WireText::withhold(std::size_t size_bytes) {
  begin("[withheld");
  line_ += is_shape() ? "]" : " " + std::to_string(size_bytes) + " bytes]";
  end();
}

void WireText::raw(std::string_view text) {
  if (is_shape()) {
    out_->append(text);
  } else {
    stream_.push(text, *out_);
  }
}

void WireText::finish() {
  end();
  if (!is_shape()) *out_ += stream_.finish();
}

void WireText::label(std::string_view name) {
  line_ += ' ';
  if (!name.empty()) line_.append(name).append(1, '=');
}

void WireText::word(std::string_view word) {
  if (is_shape()) return;
  label({});
  line_ += word;
}

void WireText::value(std::string_view value) {
  if (is_shape() || value.empty()) return;
  label({});
  line_ += is_readable(value) ? std::string(value) : binary_note(value.size());
}

void WireText::field(std::string_view name, std::string_view value) {
  if (is_shape()) return;
  const std::string shown = is_readable(name) ? std::string(name) : binary_note(name.size());
  const std::string_view class_name = class_of(name);
  if (!class_name.empty() && (!is_readable(value) || is_plausible_value(class_name, value))) {
    return secret(shown, value, class_name);
  }
  label(shown);
  line_ += is_readable(value) ? scanner_.redact_named(name, value) : binary_note(value.size());
}

void WireText::secret(std::string_view name, std::string_view value, std::string_view class_name) {
  if (is_shape()) return;
  label(name);
  if (!value.empty()) line_ += scanner_.replace(class_name, value);
}

void WireText::binary(std::size_t size_bytes) {
  if (is_shape()) return;
  label({});
  line_ += binary_note(size_bytes);
}

void WireText::runs(std::string_view bytes) {
  if (is_shape() || bytes.empty()) return;
  label({});
  PrintableRuns runs(*this);
  runs.push(bytes, line_);
  runs.finish(line_);
}

void WireText::line(std::string_view line) {
  end();
  if (is_shape()) return;
  line_ = is_readable(line) ? std::string(line) : binary_note(line.size());
  write_line();
}

std::string_view WireText::class_of(std::string_view name) const {
  if (const auto class_name = scanner_.names().class_of(name)) return *class_name;
  const auto is_name = [&](const char* known) { return equals_ignoring_case(name, known); };
  return std::any_of(kWireNames.begin(), kWireNames.end(), is_name) ? "generic-password" : "";
}

}  // namespace scopetrace
