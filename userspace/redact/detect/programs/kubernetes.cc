// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/kubernetes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/rules/plausible.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxManifest = 8192;  // bytes behind the word that are read
constexpr int kMaxDepth = 64;

bool holds_secrets(std::string_view key) { return key == "data" || key == "stringData"; }

// Names of hosts and ports: where the service is that the other entries are for.
bool is_place(std::string_view key, std::string_view value) {
  const std::string name = to_lower(key);
  if (name.ends_with("port")) return value.size() <= 5 && count_digits(value) == value.size();
  if (!name.ends_with("host") && !name.ends_with("hostname")) return false;
  return value.find('.') != value.npos && !is_random_token(value) &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '-'; });
}

// What a manifest says of itself, and what it would be a secret of.
class Manifest {
 public:
  explicit Manifest(std::string_view text) : text_(text) {}

  void take_kind(std::string_view kind) { is_secret_ = kind == "Secret", is_known_ = true; }
  // `key` is the name of the entry; empty for one that goes on.
  void take_value(TextRange value, std::string_view key = {}) {
    const std::string_view written = text_.substr(value.begin, value.end - value.begin);
    if (is_place(key, written)) return;
    if (is_plausible_value("generic-secret", written)) values_.push_back({value, "generic-secret"});
  }
  bool is_said() const { return is_known_; }
  bool is_other() const { return is_known_ && !is_secret_; }
  void add_to(std::vector<Finding>& findings) const {
    if (is_secret_) findings.insert(findings.end(), values_.begin(), values_.end());
  }

 private:
  std::string_view text_;
  std::vector<Finding> values_;
  bool is_known_ = false;
  bool is_secret_ = false;
};

// One line of YAML.
struct Line {
  std::size_t begin;
  std::size_t end;     // without its line end
  std::size_t first;   // behind the blanks
  std::size_t indent;  // with the mark of a list: "- key" stands below "  key"
};

Line line_at(std::string_view text, std::size_t begin) {
  std::size_t end = std::min(text.find('\n', begin), text.size());
  std::size_t first = std::min(text.find_first_not_of(' ', begin), end);
  if (text.substr(first, 2) == "- ") first = std::min(text.find_first_not_of(' ', first + 1), end);
  const Line line{begin, end, first, first - begin};
  while (end > first && is_space(text[end - 1])) --end;
  return {line.begin, end, line.first, line.indent};
}

class YamlReader {
 public:
  YamlReader(std::string_view text, Manifest& manifest) : text_(text), manifest_(manifest) {}

  // False when the text ends before the manifest does.
  bool read(std::size_t at);

 private:
  std::string_view slice(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }
  bool ends_at(const Line& line, std::size_t indent) const;
  // What a manifest says once; before its kind, it may say the version.
  bool is_said_again(const Line& line) const {
    return slice(line.first, line.end).starts_with(manifest_.is_said() ? "kind:" : "apiVersion");
  }
  bool is_next_at(const Line& line, std::size_t indent) const;
  void take_line(const Line& line, std::size_t indent);
  void take_member(const Line& line);
  void take_entry(const Line& line);
  void take_flow(std::size_t begin, std::size_t end);
  void take_scalar(std::size_t begin, std::size_t end, std::string_view key);

  std::string_view text_;
  Manifest& manifest_;
  bool is_in_data_ = false;
  std::size_t entry_indent_ = 0;  // of the entries of data; deeper lines go on with a value
};

bool YamlReader::ends_at(const Line& line, std::size_t indent) const {
  const bool is_next =
      slice(line.begin, line.end).starts_with("---") ||
      (line.indent == indent && text_[line.first] == '-') ||
      (line.first > line.begin + 1 && text_[line.first - 2] == '-' && line.indent <= indent);
  return line.indent < indent || is_next;
}

// Whether another document or manifest begins.
bool YamlReader::is_next_at(const Line& line, std::size_t indent) const {
  return ends_at(line, indent) || (line.indent == indent && is_said_again(line));
}

void YamlReader::take_line(const Line& line, std::size_t indent) {
  if (line.indent == indent) return take_member(line);
  if (is_in_data_) take_entry(line);
}

bool YamlReader::read(std::size_t at) {
  Line line = line_at(text_, line_begin(text_, at));
  const std::size_t indent = line.indent;
  for (bool is_first = true;; is_first = false) {
    const bool is_empty = line.first >= line.end || text_[line.first] == '#';
    if (!is_empty && !is_first && is_next_at(line, indent)) return true;
    if (!is_empty) take_line(line, indent);
    if (manifest_.is_other()) return true;
    const auto next = text_.find('\n', line.begin);
    if (next == text_.npos || next + 1 >= text_.size()) return false;
    line = line_at(text_, next + 1);
  }
}

void YamlReader::take_member(const Line& line) {
  const std::string_view written = slice(line.first, line.end);
  const auto colon = written.find(':');
  const std::string_view key = written.substr(0, colon);
  is_in_data_ = colon != written.npos && holds_secrets(key);
  entry_indent_ = 0;
  if (colon == written.npos) return;
  std::string_view value = trim(written.substr(colon + 1));
  if (is_in_data_ && value.starts_with('{')) take_flow(line.first + colon + 1, line.end);
  if (key != "kind") return;
  if (value.size() > 1 && is_quote(value[0])) value = value.substr(1, value.size() - 2);
  manifest_.take_kind(value.substr(0, value.find_first_of(" #")));
}

// name: value, name: | and the lines of a value below.
void YamlReader::take_entry(const Line& line) {
  if (entry_indent_ == 0) entry_indent_ = line.indent;
  if (line.indent > entry_indent_) return manifest_.take_value({line.first, line.end});
  const std::string_view written = slice(line.first, line.end);
  const auto colon = written.find(':');
  if (colon == written.npos) return;
  take_scalar(line.first + colon + 1, line.end, written.substr(0, colon));
}

void YamlReader::take_scalar(std::size_t begin, std::size_t end, std::string_view key) {
  while (begin < end && is_blank(text_[begin])) ++begin;
  if (begin >= end || text_[begin] == '|' || text_[begin] == '>') return;
  if (end - begin > 1 && is_quote(text_[begin]) && text_[end - 1] == text_[begin]) ++begin, --end;
  if (end > begin) manifest_.take_value({begin, end}, key);
}

// {name: value, name: value}
void YamlReader::take_flow(std::size_t begin, std::size_t end) {
  while (begin < end) {
    const auto colon = std::min(text_.find(':', begin), end);
    const auto stop = std::min(text_.find_first_of(",}", colon), end);
    if (colon < stop) take_scalar(colon + 1, stop, trim(slice(begin, colon)));
    begin = stop + 1;
  }
}

class JsonReader {
 public:
  JsonReader(std::string_view text, Manifest& manifest) : cursor_{text, 0}, manifest_(manifest) {}

  // From the quotation mark of a key on. False when the text ends before the manifest does.
  bool read(std::size_t at);

 private:
  std::string_view slice(TextRange range) const {
    return cursor_.text.substr(range.begin, range.end - range.begin);
  }
  std::optional<TextRange> take_string();
  bool take_key(TextRange& key);
  bool take_entries();
  bool skip_value();

  Cursor cursor_;
  Manifest& manifest_;
  int versions_ = 0;
};

std::optional<TextRange> JsonReader::take_string() {
  const auto quote = quote_at(cursor_.text, cursor_.at);
  if (!quote) return std::nullopt;
  const std::size_t begin = cursor_.at + quote->size;
  const StringEnd end = string_end(cursor_.text, begin, *quote);
  if (!end.is_closed) return std::nullopt;
  cursor_.at = end.end + quote->size;
  return TextRange{begin, end.end};
}

// "key": with what is blank around it
bool JsonReader::take_key(TextRange& key) {
  cursor_.skip_spaces();
  const auto word = take_string();
  cursor_.skip_spaces();
  if (!word || !cursor_.takes(":")) return false;
  key = *word;
  cursor_.skip_spaces();
  return true;
}

bool JsonReader::read(std::size_t at) {
  cursor_.at = at;
  for (TextRange key; take_key(key);) {
    if (slice(key) == "apiVersion" && ++versions_ > 1) return true;
    const bool is_data = holds_secrets(slice(key)) && cursor_.peek() == '{';
    if (slice(key) == "kind") {
      const auto kind = take_string();
      if (kind) manifest_.take_kind(slice(*kind));
    } else if (is_data ? !take_entries() : !skip_value()) {
      return false;
    }
    if (manifest_.is_other()) return true;
    cursor_.skip_spaces();
    if (!cursor_.takes(",")) break;
  }
  return cursor_.at < cursor_.text.size();
}

// {"name":"value"}
bool JsonReader::take_entries() {
  ++cursor_.at;
  for (TextRange key; take_key(key);) {
    const auto value = take_string();
    if (!value) break;
    manifest_.take_value(*value, slice(key));
    cursor_.skip_spaces();
    if (!cursor_.takes(",")) break;
  }
  cursor_.skip_spaces();
  return cursor_.takes("}");
}

// A string, a number, or everything between brackets.
bool JsonReader::skip_value() {
  int depth = 0;
  while (!cursor_.is_over() && depth < kMaxDepth) {
    const char c = cursor_.peek();
    if (depth == 0 && is_in(c, ",}]")) return true;
    if (quote_at(cursor_.text, cursor_.at)) {
      if (!take_string()) return false;
      continue;
    }
    depth += is_in(c, "{[") ? 1 : is_in(c, "}]") ? -1 : 0;
    ++cursor_.at;
  }
  return false;
}

}  // namespace

std::vector<std::string_view> manifest_words() {
  return {"apiVersion", "kind: Secret", "kind: \"Secret\"", "kind\":\"Secret\"",
          "kind\": \"Secret\""};
}

void take_manifest(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const std::string_view text =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxManifest));
  const char behind = at.end < text.size() ? text[at.end] : ':';
  const bool is_key = behind == ':' || is_quote(behind) || behind == '\\';
  if (text[at.begin] == 'a' && !is_key) return;
  Manifest manifest(text);
  const auto quote = quote_begin(text, at.begin);
  const bool is_whole =
      quote ? JsonReader(text, manifest).read(*quote) : YamlReader(text, manifest).read(at.begin);
  if (!is_whole && !manifest.is_other() && text.size() == scan.text.size())
    wants_line(scan, at.begin);
  manifest.add_to(findings);
}

}  // namespace scopetrace
