// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detectors.h"

#include <hs.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "userspace/redact/named_values.h"
#include "userspace/redact/text_class.h"
#include "userspace/redact/value_scan.h"
#include "userspace/redact/verify.h"

namespace scopetrace {
namespace {

struct FreeDatabase {
  void operator()(hs_database_t* database) const { hs_free_database(database); }
};
struct FreeScratch {
  void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
};

// What a literal leads to.
enum class Trigger { kShape, kAt, kUrl, kJose, kPem, kBasic, kScheme };

struct Literal {
  std::string text;
  bool ignores_case = false;
  Trigger trigger = Trigger::kShape;
  std::vector<std::size_t> shapes;  // indices of the rules that share it
};

std::vector<Literal> fixed_literals() {
  return {{"@", false, Trigger::kAt, {}},           {"%40", false, Trigger::kAt, {}},
          {"://", false, Trigger::kUrl, {}},        {"eyJ", false, Trigger::kJose, {}},
          {"-----BEGIN", false, Trigger::kPem, {}}, {"basic ", true, Trigger::kBasic, {}},
          {"bearer ", true, Trigger::kScheme, {}},  {"token ", true, Trigger::kScheme, {}},
          {"apikey ", true, Trigger::kScheme, {}}};
}

// One occurrence of a literal.
struct Hit {
  std::size_t literal;
  std::size_t begin;
};

constexpr std::string_view kMark = "[REDACTED:";
constexpr std::size_t kMaxClass = 32;

// The end of the placeholder that begins at `at`, or nothing: [REDACTED:<class>] with or without
// :<16 hex>. Strict, so that a mark in captured text hides nothing behind it.
std::optional<std::size_t> placeholder_end(std::string_view text, std::size_t at) {
  std::size_t end = at + kMark.size();
  const std::size_t limit = std::min(text.size(), end + kMaxClass);
  while (end < limit && (is_lower(text[end]) || is_digit(text[end]) || text[end] == '-')) ++end;
  if (end < text.size() && text[end] == ']') return end + 1;
  const std::string_view tag = text.substr(std::min(end, text.size()), 18);
  const bool is_tag = tag.size() == 18 && tag.front() == ':' && tag.back() == ']' &&
                      std::all_of(tag.begin() + 1, tag.end() - 1,
                                  [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  return is_tag ? std::optional(end + 18) : std::nullopt;
}

// The ranges of placeholders: nothing inside is scanned again.
std::vector<TextRange> placeholder_ranges(std::string_view text) {
  std::vector<TextRange> ranges;
  for (std::size_t at = text.find(kMark); at != text.npos; at = text.find(kMark, at)) {
    const auto end = placeholder_end(text, at);
    if (end) ranges.push_back({at, *end});
    at = end.value_or(at + kMark.size());
  }
  return ranges;
}

bool overlaps(const TextRange& a, const TextRange& b) { return a.begin < b.end && b.begin < a.end; }

// Removes findings from `first` on that touch a placeholder.
void drop_inside_placeholders(std::string_view text, std::vector<Finding>& findings,
                              std::size_t first) {
  const std::vector<TextRange> placeholders = placeholder_ranges(text);
  if (placeholders.empty()) return;
  const auto is_inside = [&](const Finding& finding) {
    const auto next =
        std::upper_bound(placeholders.begin(), placeholders.end(), finding.range.begin,
                         [](std::size_t at, const TextRange& range) { return at < range.end; });
    return next != placeholders.end() && overlaps(*next, finding.range);
  };
  findings.erase(std::remove_if(findings.begin() + static_cast<std::ptrdiff_t>(first),
                                findings.end(), is_inside),
                 findings.end());
}

}  // namespace

struct Detectors::State {
  explicit State(const RuleSet& rules) : shapes(rules.shapes()), names(rules) {}

  std::vector<ShapeRule> shapes;
  NameTable names;
  std::vector<Literal> literals;
  std::unique_ptr<hs_database_t, FreeDatabase> database;
  std::unique_ptr<hs_scratch_t, FreeScratch> scratch;
  std::vector<Hit> hits;
  std::vector<Shape::Stretches>
      stretches;  // by shape, of the text at hand: see Shape::match_around

  void collect_literals();
  Status compile();
  void verify(std::string_view text, const Hit& hit, std::vector<Finding>& findings);
};

void Detectors::State::collect_literals() {
  literals = fixed_literals();
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string& text = shapes[i].shape.literal();
    const auto [entry, is_new] = index.emplace(text, literals.size());
    if (is_new) literals.push_back({text, false, Trigger::kShape, {}});
    literals[entry->second].shapes.push_back(i);
  }
}

Status Detectors::State::compile() {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Literal& literal : literals) {
    texts.push_back(literal.text.c_str());
    lengths.push_back(literal.text.size());
    flags.push_back(literal.ignores_case ? HS_FLAG_CASELESS : 0);
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  hs_database_t* raw_database = nullptr;
  hs_compile_error_t* error = nullptr;
  const auto compiled = hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(),
                                             static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                                             nullptr, &raw_database, &error);
  if (compiled != HS_SUCCESS) {
    hs_free_compile_error(error);
    return fail(ErrorCode::kCorrupt, "the rule set's literals cannot be compiled");
  }
  database.reset(raw_database);
  hs_scratch_t* raw_scratch = nullptr;
  if (hs_alloc_scratch(raw_database, &raw_scratch) != HS_SUCCESS) {
    return fail(ErrorCode::kIo, "no scratch space for the detectors");
  }
  scratch.reset(raw_scratch);
  return {};
}

Detectors::Detectors(std::unique_ptr<State> state) : state_(std::move(state)) {}
Detectors::~Detectors() = default;

const NameTable& Detectors::names() const { return state_->names; }

Result<std::unique_ptr<Detectors>> Detectors::make(const RuleSet& rules) {
  auto state = std::make_unique<State>(rules);
  state->collect_literals();
  ST_RETURN_IF_ERROR(state->compile());
  return std::unique_ptr<Detectors>(new Detectors(std::move(state)));
}

void Detectors::State::verify(std::string_view text, const Hit& hit,
                              std::vector<Finding>& findings) {
  const Literal& literal = literals[hit.literal];
  const std::size_t end = hit.begin + literal.text.size();
  const auto add = [&](const std::optional<TextRange>& range, std::string_view class_name) {
    if (range) findings.push_back({*range, class_name});
  };
  switch (literal.trigger) {
    case Trigger::kShape:
      for (const std::size_t i : literal.shapes) {
        add(shapes[i].shape.match_around(text, hit.begin, stretches[i]), shapes[i].class_name);
      }
      return;
    case Trigger::kAt:
      return add(email_around(text, hit.begin), "email");
    case Trigger::kUrl:
      return add(url_password_behind(text, hit.begin), "url-password");
    case Trigger::kJose:
      return add(jose_at(text, hit.begin), "jwt");
    case Trigger::kPem:
      return add(private_key_at(text, hit.begin), "private-key");
    case Trigger::kBasic:
      return add(scheme_value_behind(text, end - 1, true), "basic-auth");
    case Trigger::kScheme:
      return add(scheme_value_behind(text, end - 1, false), "bearer");
  }
}

void Detectors::find_values(std::string_view text, std::vector<Finding>& findings) {
  const std::size_t first = findings.size();
  struct Context {
    State& state;
  } context{*state_};
  state_->hits.clear();
  const auto on_match = [](unsigned id, unsigned long long, unsigned long long to, unsigned,
                           void* opaque) {
    State& state = static_cast<Context*>(opaque)->state;
    state.hits.push_back({id, static_cast<std::size_t>(to) - state.literals[id].text.size()});
    return 0;
  };
  hs_scan(state_->database.get(), text.data(), static_cast<unsigned>(text.size()), 0,
          state_->scratch.get(), on_match, &context);
  state_->stretches.resize(state_->shapes.size());
  for (Shape::Stretches& stretches : state_->stretches) stretches.clear();
  std::size_t key_end = 0;  // BEGIN lines inside a private key are part of it
  for (const Hit& hit : state_->hits) {
    const bool is_key = state_->literals[hit.literal].trigger == Trigger::kPem;
    if (is_key && hit.begin < key_end) continue;
    const std::size_t before = findings.size();
    state_->verify(text, hit, findings);
    if (is_key && findings.size() > before) key_end = findings.back().range.end;
  }
  find_numbers(text, findings);
  find_ibans(text, findings);
  drop_inside_placeholders(text, findings, first);
}

void Detectors::find_named(std::string_view text, std::vector<Finding>& findings) const {
  const std::size_t first = findings.size();
  find_named_values(text, state_->names, findings);
  drop_inside_placeholders(text, findings, first);
}

}  // namespace scopetrace
