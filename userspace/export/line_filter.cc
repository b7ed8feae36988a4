// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/line_filter.h"

#include <algorithm>

#include "scopes/policy.h"
#include "userspace/base/clock.h"
#include "userspace/bundle/text_fields.h"
#include "userspace/export/json_members.h"
#include "userspace/redact/body/path_template.h"
#include "userspace/redact/profile_loader.h"

namespace scopetrace {
namespace {

constexpr std::size_t kTagKeyBytes = 32;
constexpr std::size_t kMaxWord = 128;

// A phrase of ours, or a token: nothing that anybody could be told by.
bool is_word(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" _.:/+-<>").find(c) != std::string_view::npos;
  };
  return text.size() <= kMaxWord && std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace

Result<LineFilter> LineFilter::make(const ExportProfile& profile) {
  ST_ASSIGN_OR_RETURN(const RuleSet rules, load_profile(profile.redaction, refuse_own_profile));
  ByteVector key(kTagKeyBytes);
  fill_random(key);
  ST_ASSIGN_OR_RETURN(auto scrubber, TextScrubber::make(rules, std::move(key)));
  return LineFilter(profile, std::move(scrubber));
}

std::optional<ExportLine> LineFilter::apply(std::string_view line, Json content) {
  const auto type = content.is_object() ? content.find("type") : content.end();
  const bool has_type = content.is_object() && type != content.end() && type->is_string();
  const FieldNode* rules =
      has_type ? find_line_rules(type->get_ref<const std::string&>()) : nullptr;
  if (rules == nullptr) {
    ++unknown_lines_;
    return std::nullopt;
  }
  if (!start_ns_) learn_session(content);
  if (profile_.drops(type->get_ref<const std::string&>())) return std::nullopt;
  has_changed_ = false;
  if (!filter_object(content, *rules)) return std::nullopt;
  ExportLine out{.source = line, .content = std::move(content), .text = "", .is_derived = false};
  out.text = dump_line(out.content);
  // A member that stands twice is parsed once: what was not seen does not leave.
  out.is_derived = has_changed_ || out.text != line;
  if (!out.is_derived) return out;
  out.content["derived"] = true;
  out.text = dump_line(out.content);
  if (out.text.size() > kMaxLineBytes) return std::nullopt;
  return out;
}

void LineFilter::learn_session(const Json& line) {
  const Json& time = line.contains("time") ? line["time"] : Json();
  start_ns_ =
      time.is_string() ? parse_nanoseconds(time.get_ref<const std::string&>()).value_or(0) : 0;
  if (!line.contains("third_parties") || !line["third_parties"].is_array()) return;
  for (const Json& party : line["third_parties"]) {
    if (party.is_string()) approved_.push_back(party.get<std::string>());
  }
}

bool LineFilter::filter(Json& value, const FieldNode& node) {
  if (node.is_leaf) return !value.is_structured() && filter_scalar(value, node.kind);
  if (value.is_array() && node.members.contains("[]")) {
    return filter_array(value, node.members.find("[]")->second);
  }
  if (!value.is_object() || node.members.contains("[]")) return false;
  const auto any = node.members.find("{}");
  return any == node.members.end() ? filter_object(value, node) : filter_map(value, any->second);
}

bool LineFilter::filter_object(Json& object, const FieldNode& node) {
  const bool was_empty = object.empty();
  for (auto member = object.begin(); member != object.end();) {
    const auto rule = node.members.find(member.key());
    const bool is_known = rule != node.members.end();
    if (!is_known) ++unknown_members_;
    if (is_known && filter(member.value(), rule->second)) {
      ++member;
    } else {
      has_changed_ = true;
      member = object.erase(member);
    }
  }
  return was_empty || !object.empty();
}

bool LineFilter::filter_array(Json& array, const FieldNode& element) {
  const bool was_empty = array.empty();
  for (auto item = array.begin(); item != array.end();) {
    if (filter(*item, element)) {
      ++item;
    } else {
      has_changed_ = true;
      item = array.erase(item);
    }
  }
  return was_empty || !array.empty();
}

bool LineFilter::filter_map(Json& object, const FieldNode& element) {
  const bool was_empty = object.empty();
  for (auto member = object.begin(); member != object.end();) {
    if (is_word(member.key()) && filter(member.value(), element)) {
      ++member;
    } else {
      has_changed_ = true;
      member = object.erase(member);
    }
  }
  return was_empty || !object.empty();
}

bool LineFilter::filter_scalar(Json& value, FieldKind kind) {
  const FieldAction action = profile_.action(kind);
  if (action == FieldAction::kDrop) return false;
  if (action == FieldAction::kKeep || value.is_null()) return true;
  if (!value.is_string()) return action == FieldAction::kWord || action == FieldAction::kScrub;
  switch (action) {
    case FieldAction::kWord:
      return is_word(value.get_ref<const std::string&>());
    case FieldAction::kScrub:
      return scrub(value);
    case FieldAction::kTemplate:
      return make_template(value);
    case FieldAction::kApproved:
      return approve(value);
    case FieldAction::kOffset:
      return make_offset(value);
    case FieldAction::kKeep:
    case FieldAction::kDrop:
      break;
  }
  return false;
}

bool LineFilter::replace(Json& value, std::string text) {
  if (text != value.get_ref<const std::string&>()) {
    value = std::move(text);
    has_changed_ = true;
  }
  return true;
}

bool LineFilter::scrub(Json& value) {
  return replace(value, scrubber_->redact_text(value.get_ref<const std::string&>()));
}

bool LineFilter::make_template(Json& value) {
  const std::string_view target = value.get_ref<const std::string&>();
  return replace(value, path_template(target.substr(0, target.find_first_of("?#"))));
}

bool LineFilter::approve(Json& value) {
  const std::string_view host = host_without_port(value.get_ref<const std::string&>());
  for (const std::string& pattern : approved_) {
    if (pattern != "any" && matches_host(pattern, host)) return replace(value, pattern);
  }
  return false;
}

bool LineFilter::make_offset(Json& value) {
  const auto at = parse_nanoseconds(value.get_ref<const std::string&>());
  if (!at || *at < *start_ns_) return false;
  return replace(value, format_nanoseconds(*at - *start_ns_));
}

}  // namespace scopetrace
