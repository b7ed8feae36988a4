// SPDX-License-Identifier: Apache-2.0
// SASL exchanges inside line protocols: which lines are credentials. RFC 4422, RFC 4954.
#pragma once

#include <string_view>

namespace scopetrace {

class WireText;

// The class of what such a mechanism sends; empty for one that is not known.
std::string_view sasl_class(std::string_view mechanism);

// The client's side. Active from the AUTH command on: how many answers follow is for the server to
// say, so that every line up to the next command is taken for one.
class SaslLines {
 public:
  // Tells the mechanism and its initial response, "" for none.
  void begin(std::string_view mechanism, std::string_view initial, WireText& out);
  // Lines were lost: any line that is no command may be an answer.
  void expect_answers() { is_active_ = true; }
  void end() { is_active_ = false; }
  bool is_active() const { return is_active_; }
  // Tells a line that is no command.
  void tell(std::string_view line, WireText& out) const;

 private:
  std::string_view class_name_ = "generic-password";
  bool is_active_ = false;
};

}  // namespace scopetrace
