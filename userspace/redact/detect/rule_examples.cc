// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/rule_examples.h"

#include <algorithm>
#include <memory>
#include <random>

#include "userspace/redact/detect/detectors.h"

namespace scopetrace {
namespace {

constexpr std::string_view kOpen = "«";
constexpr std::string_view kClose = "»";
constexpr std::uint64_t kSeed = 7;

// An example with its shapes filled in.
struct FilledText {
  std::string text;
  std::vector<TextRange> marked;
};

Result<FilledText> fill(std::string_view example) {
  std::mt19937_64 random(kSeed);
  FilledText filled;
  while (true) {
    const auto open = example.find(kOpen);
    filled.text += example.substr(0, open);
    if (open == example.npos) return filled;
    const auto close = example.find(kClose, open);
    if (close == example.npos) return fail(ErrorCode::kCorrupt, "« without »");
    const auto begin = open + kOpen.size();
    ST_ASSIGN_OR_RETURN(const Shape shape, Shape::parse(example.substr(begin, close - begin)));
    const std::size_t at = filled.text.size();
    filled.text += shape.generate(random);
    filled.marked.push_back({at, filled.text.size()});
    example.remove_prefix(close + kClose.size());
  }
}

// What the rule's shape matches in a text.
std::vector<TextRange> matches_of(const ShapeRule& rule, std::string_view text) {
  std::vector<TextRange> ranges;
  const std::string& literal = rule.shape.literal();
  for (auto at = text.find(literal); at != text.npos; at = text.find(literal, at + 1)) {
    if (const auto range = rule.shape.match_around(text, at)) ranges.push_back(*range);
  }
  return ranges;
}

// Looks for rules in texts: shapes alone, names with the profile they stand in.
class Finder {
 public:
  explicit Finder(const RuleSet& profile) : profile_(profile) {}

  Result<std::vector<TextRange>> find(const ShapeRule& rule, std::string_view text) {
    return matches_of(rule, text);
  }
  Result<std::vector<TextRange>> find(const NameRule& rule, std::string_view text) {
    if (!detectors_) {
      ST_ASSIGN_OR_RETURN(detectors_, Detectors::make(profile_));
    }
    ScanText scan{text};
    TableColumns columns;
    scan.columns = &columns;
    detectors_->find(scan, Detectors::Kind::kAll, work_);
    std::vector<TextRange> ranges;
    for (const Finding& finding : work_.findings) {
      if (finding.class_name == rule.class_name) ranges.push_back(finding.range);
    }
    return ranges;
  }

 private:
  const RuleSet& profile_;
  std::unique_ptr<Detectors> detectors_;
  ScanWork work_;
};

bool covers(const std::vector<TextRange>& ranges, TextRange marked) {
  return std::any_of(ranges.begin(), ranges.end(), [&](TextRange range) {
    return range.begin <= marked.begin && marked.end <= range.end;
  });
}

template <class Rule>
Status check_found(Finder& finder, const Rule& rule, std::string_view example) {
  ST_ASSIGN_OR_RETURN(const FilledText filled, fill(example));
  if (filled.marked.size() != 1)
    return fail(ErrorCode::kCorrupt, "has not one part between « and »");
  ST_ASSIGN_OR_RETURN(const auto ranges, finder.find(rule, filled.text));
  if (covers(ranges, filled.marked[0])) return {};
  return fail(ErrorCode::kCorrupt, "is not found");
}

template <class Rule>
Status check_kept(Finder& finder, const Rule& rule, std::string_view example) {
  ST_ASSIGN_OR_RETURN(const FilledText filled, fill(example));
  ST_ASSIGN_OR_RETURN(const auto ranges, finder.find(rule, filled.text));
  if (ranges.empty()) return {};
  return fail(ErrorCode::kCorrupt, "is found");
}

template <class Rule>
Status check_rule(Finder& finder, const Rule& rule, std::string_view origin) {
  const auto say = [&](const char* kind, const std::string& example) {
    return [=, &rule](const Error& error) {
      return Error(ErrorCode::kCorrupt,
                   std::string(origin) + " line " + std::to_string(rule.examples.line) + ": " +
                       rule.class_name + ": " + kind + " '" + example + "' " + error.message());
    };
  };
  for (const std::string& example : rule.examples.found) {
    ST_RETURN_IF_ERROR(check_found(finder, rule, example).map_error(say("example", example)));
  }
  for (const std::string& example : rule.examples.kept) {
    ST_RETURN_IF_ERROR(
        check_kept(finder, rule, example).map_error(say("counter example", example)));
  }
  return {};
}

}  // namespace

Status check_rule_examples(const RuleSet& profile, std::string_view origin) {
  Finder finder(profile);
  for (const ShapeRule& rule : profile.shapes()) {
    ST_RETURN_IF_ERROR(check_rule(finder, rule, origin));
  }
  for (const NameRule& rule : profile.names()) {
    ST_RETURN_IF_ERROR(check_rule(finder, rule, origin));
  }
  return {};
}

}  // namespace scopetrace
