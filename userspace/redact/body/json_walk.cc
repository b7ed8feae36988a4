// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/json_walk.h"

#include <vector>

#include "userspace/redact/detect/named_values.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNesting = 64;
constexpr unsigned kMaxInner = 3;  // strings within strings

struct Frame {
  bool is_object = false;
  bool has_key = false;         // a key was read, its value comes next
  std::string key;              // of the value that comes next
  std::string said_name;        // of {"name": …, "value": …}
  std::string inherited_class;  // everything inside belongs to a sensitive name
};

class Walker {
 public:
  Walker(TextScanner& scanner, std::string_view text, JsonOptions options, unsigned depth)
      : scanner_(scanner), text_(text), options_(options), depth_(depth) {}

  std::optional<std::string> run() {
    while (at_ < text_.size()) {
      if (!step()) return std::nullopt;
      if (is_over_) return std::move(out_);
    }
    if (!frames_.empty() && !options_.is_cut) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool step() {
    const char c = text_[at_];
    if (is_space(c) || c == ':') return copy();
    if (c == ',') {
      if (!frames_.empty()) frames_.back().has_key = false;
      return copy();
    }
    if (c == '{' || c == '[') return open(c == '{');
    if (c == '}' || c == ']') return close(c == '}');
    if (c == '"') return take_string();
    return take_scalar();
  }
  bool copy() {
    out_ += text_[at_++];
    return true;
  }
  bool open(bool is_object) {
    if (frames_.size() >= kMaxNesting) return false;
    Frame frame;
    frame.is_object = is_object;
    frame.inherited_class = class_here(" ");
    frames_.push_back(std::move(frame));
    return copy();
  }
  bool close(bool is_object) {
    if (frames_.empty() || frames_.back().is_object != is_object) return false;
    frames_.pop_back();
    return copy();
  }

  // The class that names give to a value at this place; empty for none.
  std::string class_here(std::string_view value) const {
    if (frames_.empty()) return {};
    const Frame& frame = frames_.back();
    if (!frame.inherited_class.empty()) return frame.inherited_class;
    if (!frame.is_object) return {};
    if (const auto found = scanner_.names().class_of(frame.key, value)) return std::string(*found);
    if (const auto found = contextual_class(frame.key, value)) return std::string(*found);
    if (frame.key != "value" || frame.said_name.empty()) return {};
    const auto found = scanner_.names().class_of(frame.said_name, value);
    return found ? std::string(*found) : std::string();
  }

  bool take_string() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return take_cut_tail();
    const std::string_view raw = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    if (!frames_.empty() && frames_.back().is_object && !frames_.back().has_key) {
      return take_key(raw);
    }
    if (options_.as_shape) return put("\"string\"");
    const std::string value = unescape_json(raw);
    const std::string redacted = redact_value(value);
    out_ += '"';
    out_ += redacted == value ? std::string(raw) : escape_json(redacted);
    out_ += '"';
    if (!frames_.empty() && (frames_.back().key == "name" || frames_.back().key == "key" ||
                             frames_.back().key == "header")) {
      frames_.back().said_name = value;
    }
    return true;
  }
  bool take_key(std::string_view raw) {
    Frame& frame = frames_.back();
    frame.key = unescape_json(raw);
    frame.has_key = true;
    const std::string redacted = scanner_.redact(frame.key, depth_ + 1);
    return put('"' + (redacted == frame.key ? std::string(raw) : escape_json(redacted)) + '"');
  }
  bool put(std::string_view text) {
    out_ += text;
    return true;
  }

  std::string redact_value(const std::string& value) {
    const std::string class_name = class_here(value);
    if (!class_name.empty() && is_plausible_value(class_name, value)) {
      return scanner_.replace(class_name, value);
    }
    const std::string_view inner = trim(value);
    const bool is_nested = !inner.empty() && (inner[0] == '{' || inner[0] == '[');
    if (is_nested && depth_ < kMaxInner) {
      if (auto walked = redact_json(scanner_, value, {}, depth_ + 1)) return *std::move(walked);
    }
    return scanner_.redact(value, depth_);
  }

  bool take_scalar() {
    std::size_t end = at_;
    while (end < text_.size() && !is_space(text_[end]) && text_[end] != ',' && text_[end] != '}' &&
           text_[end] != ']') {
      ++end;
    }
    const std::string_view raw = text_.substr(at_, end - at_);
    if (end == text_.size() && options_.is_cut) return take_cut_tail();
    const bool is_word = raw == "true" || raw == "false" || raw == "null";
    const bool is_number = raw.find_first_not_of("0123456789+-.eE") == raw.npos;
    if (!is_word && !is_number) return false;
    at_ = end;
    if (options_.as_shape) {
      return put(is_number ? "\"number\"" : raw == "null" ? "\"null\"" : "\"boolean\"");
    }
    if (is_word) return put(raw);
    const std::string redacted = redact_value(std::string(raw));
    return put(redacted == raw ? std::string(raw) : '"' + redacted + '"');
  }

  // The last token of a cut text may be the beginning of a secret: it is dropped.
  bool take_cut_tail() {
    is_over_ = options_.is_cut;
    return options_.is_cut;
  }

  TextScanner& scanner_;
  std::string_view text_;
  JsonOptions options_;
  unsigned depth_;
  std::size_t at_ = 0;
  std::vector<Frame> frames_;
  std::string out_;
  bool is_over_ = false;
};

}  // namespace

std::optional<std::string> redact_json(TextScanner& scanner, std::string_view text,
                                       JsonOptions options, unsigned depth) {
  return Walker(scanner, text, options, depth).run();
}

}  // namespace scopetrace
