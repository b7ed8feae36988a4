// SPDX-License-Identifier: Apache-2.0
// Takes out of lines what a profile does not let leave.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/bundle/json_line.h"
#include "userspace/export/profile.h"
#include "userspace/redact/text/redact_text.h"

namespace scopetrace {

// A line that may leave.
struct ExportLine {
  std::string_view source;  // as it stands in the bundle, LF included
  Json content;             // what leaves of it
  std::string text;         // the same as a line; equal to `source` unless it is derived
  bool is_derived = false;  // something was taken away or redacted again

  bool is_session() const { return content.value("type", "") == "session"; }
};

// Only ever takes away or redacts again. A type, a member or a form that the rules of line_fields.h
// do not know does not leave, whatever the profile. Lines are hostile.
class LineFilter {
 public:
  // Errors: kCorrupt when the profile's rules cannot be compiled.
  static Result<LineFilter> make(const ExportProfile& profile);

  // What leaves of a line; nothing when none of it does. `content` is the line parsed, discarded if
  // it is no JSON. Line 0 comes first.
  std::optional<ExportLine> apply(std::string_view line, Json content);

  std::uint64_t unknown_members() const { return unknown_members_; }  // taken out, of all lines
  std::uint64_t unknown_lines() const { return unknown_lines_; }      // no type that is known

 private:
  LineFilter(ExportProfile profile, std::unique_ptr<TextScrubber> scrubber)
      : profile_(std::move(profile)), scrubber_(std::move(scrubber)) {}

  // Each returns whether the value stays.
  bool filter(Json& value, const FieldNode& node);
  bool filter_object(Json& object, const FieldNode& node);
  bool filter_array(Json& array, const FieldNode& element);
  bool filter_map(Json& object, const FieldNode& element);
  bool filter_scalar(Json& value, FieldKind kind);
  bool scrub(Json& value);
  bool make_template(Json& value);
  bool approve(Json& value);
  bool make_offset(Json& value);
  bool replace(Json& value, std::string text);
  void learn_session(const Json& line);

  ExportProfile profile_;
  std::unique_ptr<TextScrubber> scrubber_;
  std::vector<std::string> approved_;      // third parties of line 0
  std::optional<std::uint64_t> start_ns_;  // of the session, CLOCK_REALTIME
  bool has_changed_ = false;               // the line at hand
  std::uint64_t unknown_members_ = 0;
  std::uint64_t unknown_lines_ = 0;
};

}  // namespace scopetrace
