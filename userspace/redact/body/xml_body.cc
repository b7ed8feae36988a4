// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/xml_body.h"

#include <algorithm>
#include <array>
#include <vector>

#include "userspace/redact/body/content.h"
#include "userspace/redact/body/form.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/body/put_back.h"
#include "userspace/redact/body/url.h"
#include "userspace/redact/body/xml_text.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNesting = 64;  // deeper elements are named by themselves alone
constexpr std::size_t kMaxAhead = 512;   // looked ahead for the name that follows its value
constexpr std::size_t kMaxSaid = 128;    // of a text that may be a name

// Elements that hold a value of whatever name stands around or before them.
constexpr std::array<std::string_view, 20> kTyped = {
    "string", "int",   "i4",   "i8",   "integer", "double", "real", "boolean", "base64",
    "date",   "array", "dict", "item", "li",      "member", "long", "float",   "dateTime.iso8601",
    "str",    "arr"};
constexpr std::array<std::string_view, 14> kVoid = {"br",     "img",   "input", "meta", "link",
                                                    "hr",     "area",  "base",  "col",  "embed",
                                                    "source", "track", "wbr",   "param"};
constexpr std::array<std::string_view, 9> kUrlAttributes = {
    "href", "src", "action", "location", "url", "uri", "formaction", "cite", "data"};

template <class List>
bool is_in(const List& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, word); });
}

bool is_value_element(std::string_view local) {
  return is_value_member(local) || is_in(kTyped, local);
}

// Names of XML security that no general rule knows.
std::optional<std::string_view> class_of_element(const NameTable& names, std::string_view local) {
  if (local == "Nonce") return "nonce";
  if (local == "SignatureValue") return "signature";
  if (local == "Assertion") return std::nullopt;  // a structure, its parts decide
  return class_of_member(names, local);
}

struct Element {
  std::string local;  // its own name
  std::string name;   // what its text is called
  std::string said;   // what the next value in it is called
};

class XmlWalk {
 public:
  XmlWalk(TextScanner& scanner, std::string_view text, BodyOptions options)
      : scanner_(scanner), text_(text), options_(options) {}

  std::optional<std::string> run() {
    while (at_ < text_.size()) {
      const std::size_t open = next_markup();
      if (open == text_.size() && options_.is_cut) return std::move(out_);  // its end is not known
      add_text(text_.substr(at_, open - at_));
      at_ = open;
      if (open == text_.size()) break;
      const std::size_t end = markup_end(text_, open);
      if (end == text_.npos) {
        if (!options_.is_cut) return std::nullopt;
        return std::move(out_);
      }
      add_markup(text_.substr(open, end - open));
      at_ = std::max(at_, end);
    }
    return std::move(out_);
  }

 private:
  // The next `<` that begins markup: in loose HTML it also stands for itself.
  std::size_t next_markup() const {
    for (std::size_t at = text_.find('<', at_); at != text_.npos; at = text_.find('<', at + 1)) {
      const char c = at + 1 < text_.size() ? text_[at + 1] : '\0';
      if (is_letter(c) || c == '_' || c == '/' || c == '!' || c == '?' || c < 0) return at;
    }
    return text_.size();
  }

  void add_markup(std::string_view markup) {
    if (markup.starts_with("<![CDATA[")) {
      const std::string_view inner = markup.substr(9, markup.size() - 12);
      out_ += "<![CDATA[" + redacted(name_of_text(), inner) + "]]>";
      note_said(inner);
      return;
    }
    const auto tag = parse_tag(markup);
    if (!tag) return add_other(markup);
    if (tag->is_end) return close(*tag, markup);
    open(*tag);
  }

  // A comment, instruction or declaration.
  void add_other(std::string_view markup) {
    if (!options_.as_shape) out_ += redact_text_at(scanner_, markup, options_.depth);
  }

  void open(const XmlTag& tag) {
    const std::string_view local = local_name(tag.name);
    Element element;
    element.local = local;
    element.name = name_of_element(tag, local);
    add_start(tag, element);
    if (tag.is_empty || is_in(kVoid, local)) return;
    if (stack_.size() >= kMaxNesting) stack_.pop_back();
    stack_.push_back(std::move(element));
    if (equals_ignoring_case(local, "script") || equals_ignoring_case(local, "style")) {
      add_raw_text(tag.name);
    }
  }

  // What the element's text is called: by an attribute, by a neighbour, or by itself.
  std::string name_of_element(const XmlTag& tag, std::string_view local) const {
    for (const XmlAttribute& attribute : tag.attributes) {
      const std::string_view own = local_name(attribute.name);
      const bool is_id = equals_ignoring_case(own, "id");
      if (is_name_member(own) || (is_id && class_of_member(scanner_.names(), attribute.value))) {
        return decode_references(attribute.value);
      }
    }
    if (stack_.empty() || !is_value_element(local)) return std::string(local);
    const Element& parent = stack_.back();
    if (!parent.said.empty()) return parent.said;
    if (is_value_element(parent.local) || is_name_like(parent)) return parent.name;
    std::string ahead = name_behind(local);
    if (!ahead.empty()) return ahead;
    return class_of_element(scanner_.names(), parent.name) ? parent.name : std::string(local);
  }
  // Whether an attribute gave the element its name.
  static bool is_name_like(const Element& element) { return element.name != element.local; }

  // <value>x</value><name>y</name>: the name that comes behind.
  std::string name_behind(std::string_view local) const {
    const std::string_view ahead = text_.substr(at_, kMaxAhead);
    const std::string end_tag = "</" + std::string(local) + ">";
    const auto end = ahead.find(end_tag);
    if (end == ahead.npos) return {};
    const std::string_view rest = trim(ahead.substr(end + end_tag.size()));
    const auto close = rest.find('>');
    if (!rest.starts_with('<') || close == rest.npos) return {};
    if (!is_name_member(local_name(rest.substr(1, close - 1)))) return {};
    const std::string_view behind = rest.substr(close + 1);
    return decode_references(trim(behind.substr(0, behind.find('<'))));
  }

  void add_start(const XmlTag& tag, const Element& element) {
    out_ += "<" + markup_text(tag.name);
    const bool is_password = has_password_type(tag);
    for (const XmlAttribute& attribute : tag.attributes) {
      out_ += markup_text(attribute.before);
      out_ += redacted_attribute(attribute, element, is_password);
    }
    const bool is_over = tag.attributes.size() >= kMaxAttributes;
    out_ += is_over ? tag.is_empty ? "/>" : ">" : markup_text(tag.tail);
  }
  // Names hold no values, unless somebody puts one there.
  std::string markup_text(std::string_view text) {
    return redact_text_at(scanner_, text, options_.depth);
  }
  static bool has_password_type(const XmlTag& tag) {
    return std::any_of(tag.attributes.begin(), tag.attributes.end(), [](const auto& attribute) {
      return equals_ignoring_case(attribute.name, "type") &&
             equals_ignoring_case(attribute.value, "password");
    });
  }
  std::string redacted_attribute(const XmlAttribute& attribute, const Element& element,
                                 bool is_password) {
    const std::string_view local = local_name(attribute.name);
    if (attribute.value.empty()) return {};
    const bool is_namespace = attribute.name == "xmlns" || attribute.name.starts_with("xmlns:");
    if (is_namespace) return markup_text(attribute.value);
    const std::string value = decode_references(attribute.value);
    if (options_.as_shape) return std::string(type_of(value));
    const std::string safe = redacted_named(local, value, element, is_password);
    return safe == value ? std::string(attribute.value) : put_back(kXmlText, attribute.value, safe);
  }

  std::string redacted_named(std::string_view local, const std::string& value,
                             const Element& element, bool is_password) {
    const bool is_link = value.find_first_of("/?") != value.npos && value.find(' ') == value.npos;
    if (is_in(kUrlAttributes, local) && is_link)
      return redact_url(scanner_, value, options_.inner());
    if (is_name_member(local)) return redact_member(scanner_, "", value, options_);
    if (!is_value_member(local)) return redact_member(scanner_, local, value, options_);
    if (is_password) return redact_member(scanner_, "password", value, options_);
    return redact_member(scanner_, is_name_like(element) ? element.name : std::string(local), value,
                         options_);
  }

  void close(const XmlTag& tag, std::string_view markup) {
    out_ += markup_text(markup);
    const std::string_view local = local_name(tag.name);
    for (std::size_t i = stack_.size(); i > 0; --i) {
      if (!equals_ignoring_case(stack_[i - 1].local, local)) continue;
      stack_.resize(i - 1);
      break;
    }
    // A value is named once, but for lists of values.
    if (!stack_.empty() && !is_name_member(local) && !is_value_member(local) &&
        !is_in(kTyped, local)) {
      stack_.back().said.clear();
    }
  }

  std::string_view name_of_text() const {
    return stack_.empty() ? std::string_view() : std::string_view(stack_.back().name);
  }

  void add_text(std::string_view raw) {
    const std::string_view bare = trim(raw);
    if (bare.empty()) {
      out_ += raw;
      return;
    }
    const auto before = static_cast<std::size_t>(bare.data() - raw.data());
    const std::string value = decode_references(bare);
    const std::string safe = redacted(name_of_text(), value);
    out_ += raw.substr(0, before);
    out_ += safe == value ? std::string(bare) : put_back(kXmlText, bare, safe);
    out_ += raw.substr(before + bare.size());
    note_said(value);
  }
  // <name>x</name>: what the next value of the parent is called.
  void note_said(std::string_view value) {
    if (stack_.size() < 2 || value.size() > kMaxSaid) return;
    if (is_name_member(stack_.back().local)) stack_[stack_.size() - 2].said = trim(value);
  }

  std::string redacted(std::string_view name, std::string_view value) {
    if (options_.as_shape) return std::string(type_of(trim(value)));
    const auto class_name = class_of_element(scanner_.names(), local_name(name));
    if (class_name && is_secret_member(scanner_.names(), *class_name, value)) {
      return scanner_.replace(*class_name, value);
    }
    const bool is_name = !stack_.empty() && is_name_member(stack_.back().local) &&
                         stack_.back().name == stack_.back().local;
    return redact_member(scanner_, is_name ? std::string_view() : name, value, options_);
  }

  // What is between <script> and </script> is no markup.
  void add_raw_text(std::string_view name) {
    const std::size_t begin = markup_end(text_, at_);
    const std::string end_tag = "</" + std::string(name);
    const auto end = std::min(text_.find(end_tag, begin), text_.size());
    const std::string_view raw = text_.substr(begin, end - begin);
    if (!options_.as_shape) {
      const RedactedContent inner =
          redact_content(scanner_, raw, {"text/javascript", {}}, options_.inner());
      out_ += inner.withheld.empty() ? inner.text : "";
    }
    at_ = end;
  }

  TextScanner& scanner_;
  std::string_view text_;
  BodyOptions options_;
  std::size_t at_ = 0;
  std::vector<Element> stack_;
  std::string out_;
};

}  // namespace

bool looks_like_xml(std::string_view text) {
  text = trim(text);
  if (text.size() < 4 || text[0] != '<') return false;
  const bool is_open = is_letter(text[1]) || text[1] == '_' || text[1] == '?' || text[1] == '!';
  return is_open && text.find('>') != text.npos;
}

std::optional<std::string> redact_xml(TextScanner& scanner, std::string_view text,
                                      BodyOptions options) {
  return XmlWalk(scanner, text, options).run();
}

}  // namespace scopetrace
