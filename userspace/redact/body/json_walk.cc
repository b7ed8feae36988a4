// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/json_walk.h"

#include <algorithm>
#include <vector>

#include "userspace/redact/body/form.h"
#include "userspace/redact/body/graphql.h"
#include "userspace/redact/body/header_fields.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/body/put_back.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNesting = 64;
constexpr std::size_t kMaxAhead = 4096;         // looked ahead for the name that follows its value
constexpr std::size_t kMaxDocument = 64 << 10;  // of GraphQL, searched for variables
constexpr std::size_t kMaxVariables = 256;      // that are looked up in it
constexpr std::size_t kMinCardDigits = 12;      // of a member of a card's object that is its number

struct Frame {
  bool is_object = false;
  bool has_key = false;         // a key was read, its value comes next
  bool has_looked = false;      // ahead, for the name that follows
  bool is_in_list = false;      // directly inside an array
  std::size_t values = 0;       // seen so far
  std::string key;              // of the value that comes next
  std::string name;             // what this array's values are called: the key it stands under
  std::string said_name;        // of {"name": …, "value": …} and ["name", "value"]
  std::string inherited_class;  // everything inside belongs to a sensitive name
};

// Names and values of header fields one after the other, as some servers keep them.
bool is_header_list(std::string_view name) {
  return name.size() >= 7 && equals_ignoring_case(name.substr(name.size() - 7), "headers");
}

// Where the string that begins at `at` ends (its closing quote); the text's size when it does not.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"';) at += text[at] == '\\' ? 2 : 1;
  return std::min(at, text.size());
}

// Members of one object, one string after the other: those on its own level.
class MembersAhead {
 public:
  explicit MembersAhead(std::string_view text) : text_(text.substr(0, kMaxAhead)) {}

  // The next string of this level, undecoded; nothing at the object's end.
  std::optional<std::string_view> next() {
    for (; at_ < text_.size() && depth_ >= 0; ++at_) {
      if (text_[at_] != '"') {
        step(text_[at_]);
        continue;
      }
      const std::size_t begin = at_ + 1;
      at_ = string_end(text_, at_);
      if (depth_ == 0) return text_.substr(begin, at_++ - begin);
    }
    return std::nullopt;
  }
  // Whether the string that next() gave is a key.
  bool is_key() const {
    const auto behind = text_.find_first_not_of(" \t\r\n", at_);
    return behind != text_.npos && text_[behind] == ':';
  }

 private:
  void step(char c) {
    if (c == '{' || c == '[') ++depth_;
    if (c == '}' || c == ']') --depth_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

// The name that a later member of the object at hand says, when the value stands first.
std::string name_ahead(std::string_view text) {
  MembersAhead members(text);
  std::string_view key;
  while (const auto raw = members.next()) {
    const bool is_key = members.is_key();
    if (!is_key && is_name_member(key)) return unescape_json(*raw);
    key = is_key ? *raw : std::string_view();
  }
  return {};
}

class Walker {
 public:
  Walker(TextScanner& scanner, std::string_view text, BodyOptions options)
      : scanner_(scanner), text_(text), options_(options) {}

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
    if (!frames_.empty()) {
      Frame& outer = frames_.back();
      frame.is_in_list = !outer.is_object;
      frame.name = name_here();
      frame.inherited_class = class_inside(frame.name);
      ++outer.values;
    }
    frames_.push_back(std::move(frame));
    return copy();
  }
  bool close(bool is_object) {
    if (frames_.empty() || frames_.back().is_object != is_object) return false;
    frames_.pop_back();
    return copy();
  }

  // What the value at this place is called: by its key, by the name that a neighbour says, or by
  // the array it is in.
  std::string name_here() {
    Frame& frame = frames_.back();
    if (!frame.is_object) {
      const bool is_pair = is_header_list(frame.name) ? frame.values % 2 == 1
                                                      : frame.is_in_list && frame.values == 1;
      return is_pair && !frame.said_name.empty() ? frame.said_name : frame.name;
    }
    if (frame.name == "variables") return name_of_variable(frame.key);
    if (!is_value_member(frame.key)) return frame.key;
    if (frame.said_name.empty() && !frame.has_looked) {
      frame.said_name = name_ahead(text_.substr(value_end()));
      frame.has_looked = true;
    }
    return frame.said_name.empty() ? frame.key : frame.said_name;
  }
  static bool is_document_key(const Frame& frame) {
    return frame.is_object && (frame.key == "query" || frame.key == "mutation");
  }
  // A variable of a GraphQL document is called as the argument that it is given to.
  std::string name_of_variable(const std::string& key) {
    if (class_of_member(scanner_.names(), key) || variables_ >= kMaxVariables) return key;
    if (variables_++ == 0 && document_.empty()) document_ = document_ahead();
    const std::string_view argument = argument_of_variable(document_, key);
    return argument.empty() ? key : std::string(argument);
  }
  std::string document_ahead() const {
    const auto found = text_.find("\"query\"", at_);
    const auto begin = found == text_.npos ? found : text_.find('"', found + 7);
    if (begin == text_.npos) return {};
    const std::string_view raw = text_.substr(begin + 1, string_end(text_, begin) - begin - 1);
    return unescape_json(raw.substr(0, kMaxDocument));
  }
  // Behind the value at this place when it is a string, else its begin.
  std::size_t value_end() const {
    if (at_ >= text_.size() || text_[at_] != '"') return at_;
    return std::min(string_end(text_, at_) + 1, text_.size());
  }
  // The class of what is inside an object or array of that name; empty for none.
  std::string class_inside(std::string_view name) const {
    const Frame& outer = frames_.back();
    const auto own = class_of_container(scanner_.names(), name);
    if (own) return std::string(*own);
    const bool is_described = outer.is_object && is_descriptive_member(outer.key);
    return is_described ? std::string() : outer.inherited_class;
  }

  bool take_string() {
    const std::size_t end = string_end(text_, at_);
    if (end >= text_.size()) return take_cut_tail();
    const std::string_view raw = text_.substr(at_ + 1, end - at_ - 1);
    const bool is_key = !frames_.empty() && frames_.back().is_object && !frames_.back().has_key;
    if (is_key) {
      at_ = end + 1;
      return take_key(raw);
    }
    const std::string value = unescape_json(raw);
    const std::string redacted = options_.as_shape ? "string" : redact_value(value);
    at_ = end + 1;
    out_ += '"';
    out_ += redacted == value ? std::string(raw) : put_back(kJsonString, raw, redacted);
    out_ += '"';
    note_name(value);
    return true;
  }
  // A string that says how its neighbour is called.
  void note_name(const std::string& value) {
    if (frames_.empty()) return;
    Frame& frame = frames_.back();
    ++frame.values;
    if (frame.is_object ? is_name_member(frame.key) : frame.values % 2 == 1) {
      frame.said_name = value;
    }
  }
  bool take_key(std::string_view raw) {
    Frame& frame = frames_.back();
    frame.key = unescape_json(raw);
    frame.has_key = true;
    const std::string redacted = redact_text_at(scanner_, frame.key, options_.depth + 1);
    return put('"' + (redacted == frame.key ? std::string(raw) : escape_json(redacted)) + '"');
  }
  bool put(std::string_view text) {
    out_ += text;
    return true;
  }

  std::string redact_value(const std::string& value) {
    if (frames_.empty()) return redact_member(scanner_, "", value, options_);
    const Frame& frame = frames_.back();
    if (is_document_key(frame) && looks_like_graphql_under_query(value)) {
      document_ = value.substr(0, kMaxDocument);
      return redact_graphql(scanner_, value, options_.inner());
    }
    if (is_inherited(frame, value)) return scanner_.replace(frame.inherited_class, value);
    return redact_member(scanner_, name_here(), value, options_);
  }
  // Whether the class of the object or array around it makes this value a secret.
  bool is_inherited(const Frame& frame, std::string_view value) const {
    if (frame.inherited_class.empty()) return false;
    if (frame.is_object && is_descriptive_member(frame.key)) return false;
    if (!frame.is_object && is_credential_field(frame.name, value))
      return false;  // its scheme stays
    if (frame.inherited_class == "cookie" && frame.is_object &&
        scanner_.names().is_public_cookie(is_value_member(frame.key) ? frame.said_name
                                                                     : frame.key)) {
      return false;
    }
    if (frame.inherited_class == "pan" && count_digits(value) < kMinCardDigits) return false;
    return is_secret_member(scanner_.names(), frame.inherited_class, value);
  }

  bool take_scalar() {
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n,}]", at_), text_.size());
    const std::string_view raw = text_.substr(at_, end - at_);
    if (end == text_.size() && options_.is_cut) return take_cut_tail();
    const bool is_word = raw == "true" || raw == "false" || raw == "null";
    const bool is_number = raw.find_first_not_of("0123456789+-.eE") == raw.npos;
    if (!is_word && !is_number) return false;
    if (!frames_.empty()) ++frames_.back().values;
    if (options_.as_shape) {
      put('"' + std::string(type_of(raw)) + '"');
    } else {
      put(is_word ? std::string(raw) : safe_number(raw));
    }
    at_ = end;
    return true;
  }
  std::string safe_number(std::string_view raw) {
    const std::string redacted = redact_value(std::string(raw));
    return redacted == raw ? redacted : '"' + redacted + '"';
  }

  // The last token of a cut text may be the beginning of a secret: it is dropped.
  bool take_cut_tail() {
    is_over_ = options_.is_cut;
    return options_.is_cut;
  }

  TextScanner& scanner_;
  std::string_view text_;
  BodyOptions options_;
  std::size_t at_ = 0;
  std::vector<Frame> frames_;
  std::string out_;
  bool is_over_ = false;
  std::string document_;       // of GraphQL, when the text holds one
  std::size_t variables_ = 0;  // looked up in it
};

}  // namespace

std::optional<std::string> redact_json(TextScanner& scanner, std::string_view text,
                                       BodyOptions options) {
  return Walker(scanner, text, options).run();
}

}  // namespace scopetrace
