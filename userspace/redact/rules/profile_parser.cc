// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "userspace/redact/rules/names.h"
#include "userspace/redact/rules/rules.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;  // keeps the order of the file, by which rules are located

constexpr std::size_t kMaxRules = 4096;
constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kMaxClass = 48;
constexpr std::size_t kMaxProfileName = 32;
constexpr std::size_t kMaxShape = 512;
constexpr std::size_t kMinLiteral = 2;
constexpr std::size_t kMaxExamples = 16;  // of one rule
constexpr std::size_t kMaxExample = 1024;

bool is_label(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower(c) || is_digit(c) || c == '-';
  });
}

// Looks at each key while it is parsed: of a key that comes twice, readers take one or the other.
class RepeatedKeys {
 public:
  void see(Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event != Json::parse_event_t::key) return;
    const auto& key = parsed.get_ref<const std::string&>();
    if (!open_.back().insert(key).second && found_.empty()) found_ = key;
  }
  const std::string& found() const { return found_; }  // the first one; empty: none

 private:
  std::vector<std::set<std::string>> open_;
  std::string found_;
};

std::string_view text_of(const Json& json) {
  return json.is_string() ? std::string_view(json.get_ref<const std::string&>())
                          : std::string_view();
}

}  // namespace

// Builds a RuleSet from its JSON text; knows where each rule stands.
class ProfileParser {
 public:
  ProfileParser(std::string_view text, std::string_view origin) : text_(text), origin_(origin) {}

  Result<RuleSet> parse() {
    if (text_.size() > kMaxProfileBytes) return refuse("larger than 1 MiB");
    RepeatedKeys keys;
    const auto see = [&](int, Json::parse_event_t event, const Json& parsed) {
      keys.see(event, parsed);
      return true;
    };
    const Json json = Json::parse(text_.begin(), text_.end(), see, false);
    if (json.is_discarded() || !json.is_object()) return refuse("not a JSON object");
    if (!keys.found().empty()) {
      return refuse("an object has the member '" + keys.found() + "' twice");
    }
    for (const auto& [key, value] : json.items()) ST_RETURN_IF_ERROR(parse_member(key, value));
    cursor_ = 0;
    if (rules_.name_.empty()) return refuse("no profile name");
    if (!json.contains("version")) return refuse("no version");
    if (rules_.shapes_.empty() && rules_.names_.empty()) return refuse("no rules");
    rules_.text_ = text_;
    return std::move(rules_);
  }

 private:
  std::size_t line() const {
    const auto lines_of = [&](std::size_t from, std::size_t to) {
      const std::string_view part = text_.substr(from, to - from);
      return static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    };
    if (cursor_ < counted_until_) return 1 + lines_of(0, cursor_);
    counted_lines_ += lines_of(counted_until_, cursor_);  // places come mostly in order
    counted_until_ = cursor_;
    return 1 + counted_lines_;
  }
  // At the place that was located last.
  tl::unexpected<Error> refuse(const std::string& reason) const {
    return fail(ErrorCode::kCorrupt,
                std::string(origin_) + " line " + std::to_string(line()) + ": " + reason);
  }
  // Rules are read in the order of the file, so the next mention of a text is its place.
  void locate(const Json& value) {
    const auto found =
        text_.find(value.dump(-1, ' ', false, Json::error_handler_t::replace), cursor_);
    if (found != std::string_view::npos) cursor_ = found;
  }

  Status parse_member(const std::string& key, const Json& value) {
    locate(Json(key));
    if (key == "profile") return parse_name(value);
    if (key == "version") return value == 1 ? Status() : refuse("unknown version");
    const std::map<std::string_view, std::vector<std::string>*> lists = {
        {"public_names", &rules_.public_names_},
        {"public_cookies", &rules_.public_cookies_},
        {"low_entropy_classes", &rules_.low_entropy_classes_},
        {"personal_classes", &rules_.personal_classes_},
        {"detectors", &rules_.detectors_}};
    const auto list = lists.find(key);
    if (key != "shapes" && key != "names" && list == lists.end()) {
      return refuse("unknown member '" + key + "'");
    }
    if (!value.is_array()) return refuse(key + " is not a list");
    if (value.size() > kMaxRules) return refuse("too many rules");
    if (list != lists.end()) return parse_list(key, value, *list->second);
    for (const Json& entry : value) {
      ST_RETURN_IF_ERROR(key == "shapes" ? parse_shape(entry) : parse_names(entry));
    }
    return {};
  }

  Status parse_name(const Json& value) {
    rules_.name_ = text_of(value);
    if (is_label(rules_.name_, kMaxProfileName)) return {};
    return refuse("the profile's name is not 1 to 32 of a-z, 0-9 and -");
  }

  // The class of a rule, whose members are all of those named.
  Result<std::string> parse_class(const Json& entry,
                                  std::initializer_list<std::string_view> known) {
    if (!entry.is_object()) return refuse("a rule is not an object");
    if (entry.contains("class")) locate(entry["class"]);
    for (const auto& [key, value] : entry.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      locate(Json(key));
      return refuse("unknown member '" + key + "' of a rule");
    }
    if (!entry.contains("class")) return refuse("a rule has no class");
    const std::string_view name = text_of(entry["class"]);
    if (is_label(name, kMaxClass)) return std::string(name);
    return refuse("a class is not 1 to 48 of a-z, 0-9 and -");
  }

  Result<Shape> parse_shape_text(const std::string& class_name, const Json& value) {
    locate(value);
    const std::string_view text = text_of(value);
    if (text.empty() || text.size() > kMaxShape) {
      return refuse(class_name + ": a shape is a text of at most 512 characters");
    }
    auto shape = Shape::parse(text);
    if (!shape) return refuse(class_name + ": " + shape.error().message());
    return shape;
  }

  Status parse_shape(const Json& entry) {
    ShapeRule rule;
    ST_ASSIGN_OR_RETURN(rule.class_name,
                        parse_class(entry, {"class", "shape", "examples", "counter_examples"}));
    if (!entry.contains("shape")) return refuse(rule.class_name + ": no shape");
    ST_ASSIGN_OR_RETURN(rule.shape, parse_shape_text(rule.class_name, entry["shape"]));
    rule.shape_text = text_of(entry["shape"]);
    if (rule.shape.literal().size() < kMinLiteral) {
      return refuse(rule.class_name + ": the literal is too short, at least two characters");
    }
    if (!seen_shapes_.insert(rule.class_name + "\n" + rule.shape_text).second) {
      return refuse(rule.class_name + ": the same shape twice");
    }
    ST_ASSIGN_OR_RETURN(rule.examples, parse_examples(rule.class_name, entry));
    rules_.shapes_.push_back(std::move(rule));
    return {};
  }

  Status parse_names(const Json& entry) {
    NameRule rule;
    ST_ASSIGN_OR_RETURN(rule.class_name, parse_class(entry, {"class", "names", "value", "examples",
                                                             "counter_examples"}));
    if (!entry.contains("names") || !entry["names"].is_array() || entry["names"].empty()) {
      return refuse(rule.class_name + ": no names");
    }
    const auto [known, is_new] = has_value_.emplace(rule.class_name, entry.contains("value"));
    if (!is_new && known->second != entry.contains("value")) {
      return refuse(rule.class_name +
                    ": some rules of the class have a value shape, some have not");
    }
    ST_RETURN_IF_ERROR(parse_list("names", entry["names"], rule.names));
    if (entry.contains("value")) {
      ST_ASSIGN_OR_RETURN(rule.value, parse_shape_text(rule.class_name, entry["value"]));
    }
    ST_ASSIGN_OR_RETURN(rule.examples, parse_examples(rule.class_name, entry));
    rules_.names_.push_back(std::move(rule));
    return {};
  }

  Result<RuleExamples> parse_examples(const std::string& class_name, const Json& entry) {
    RuleExamples examples;
    examples.line = line();
    const auto read = [&](const char* key, std::vector<std::string>& texts) -> Status {
      if (!entry.contains(key)) return {};
      if (!entry[key].is_array() || entry[key].size() > kMaxExamples) {
        return refuse(class_name + ": " + key + " is not a list of at most 16 texts");
      }
      for (const Json& text : entry[key]) {
        if (text_of(text).empty() || text_of(text).size() > kMaxExample) {
          return refuse(class_name + ": an example is not a text of at most 1,024 bytes");
        }
        texts.emplace_back(text_of(text));
      }
      return {};
    };
    ST_RETURN_IF_ERROR(read("examples", examples.found));
    ST_RETURN_IF_ERROR(read("counter_examples", examples.kept));
    return examples;
  }

  Status parse_list(std::string_view key, const Json& list, std::vector<std::string>& out) {
    for (const Json& entry : list) {
      locate(entry);
      const std::string_view word = text_of(entry);
      if (word.empty() || word.size() > kMaxWord) {
        return refuse("an entry of " + std::string(key) + " is not a text of 1 to 64 bytes");
      }
      if (const char* reason = fault_of_entry(key, word)) {
        return refuse("'" + std::string(word) + "' " + reason);
      }
      out.emplace_back(word);
    }
    return {};
  }

  static const char* fault_of_entry(std::string_view key, std::string_view word) {
    if (key == "detectors") {
      const auto* end = std::end(kKnownDetectors);
      return std::find(std::begin(kKnownDetectors), end, word) == end ? "is not a detector"
                                                                      : nullptr;
    }
    if (key.ends_with("_classes")) return is_label(word, kMaxClass) ? nullptr : "is not a class";
    const std::string_view bare = word.substr(key == "names" && word.starts_with("*_") ? 2 : 0);
    if (bare.find('*') != bare.npos) return "has a * elsewhere than in *_ at its begin";
    return compact_name(bare).empty() ? "is not a name" : nullptr;
  }

  std::string_view text_;
  std::string_view origin_;
  std::size_t cursor_ = 0;
  mutable std::size_t counted_until_ = 0, counted_lines_ = 0;  // by line()
  std::set<std::string> seen_shapes_;
  std::map<std::string, bool> has_value_;  // by class: whether its name rules have a value shape
  RuleSet rules_;
};

Result<RuleSet> RuleSet::parse_profile(std::string_view text, std::string_view origin) {
  return ProfileParser(text, origin).parse();
}

}  // namespace scopetrace
