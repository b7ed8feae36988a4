// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/detectors.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "userspace/redact/detect/commands.h"
#include "userspace/redact/detect/headers/auth_lines.h"
#include "userspace/redact/detect/headers/auth_scheme.h"
#include "userspace/redact/detect/numbers/lettered_ids.h"
#include "userspace/redact/detect/numbers/numbers.h"
#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/detect/programs/login_files.h"
#include "userspace/redact/detect/tokens/email.h"
#include "userspace/redact/detect/tokens/jose.h"
#include "userspace/redact/detect/tokens/key_blocks.h"
#include "userspace/redact/detect/tokens/public_ip.h"
#include "userspace/redact/detect/tokens/url_secrets.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

// What a literal leads to.
enum class Trigger : std::uint8_t {
  kShape,
  kJose,
  kPem,
  kBasic,
  kScheme,
  kPlaceholder,
  kEscape,
  kKeyword,
  kCommand
};

// Small, so that all of them stay in the cache.
struct Target {
  Trigger trigger = Trigger::kShape;
  std::uint32_t index = 0;  // of kCommand the command; of kShape in State::shapes_of_literal
};

struct FixedLiteral {
  std::string_view text;
  bool ignores_case;
  Trigger trigger;
};
constexpr FixedLiteral kFixed[] = {
    {"eyJ", false, Trigger::kJose},
    {"-----BEGIN", false, Trigger::kPem},
    {"basic ", true, Trigger::kBasic},
    {"bearer ", true, Trigger::kScheme},
    {"token ", true, Trigger::kScheme},
    {"apikey ", true, Trigger::kScheme},
    {kPlaceholderMark, false, Trigger::kPlaceholder},
    {"\\u00", false, Trigger::kEscape},
    {"\\:", false, Trigger::kEscape},
    {"\\=", false, Trigger::kEscape},
    {"cookie", true, Trigger::kKeyword},
    {"code", true, Trigger::kKeyword},
    {"state", true, Trigger::kKeyword},
    {"nonce", true, Trigger::kKeyword},
    {"auth", true, Trigger::kKeyword},
    {"response", true, Trigger::kKeyword},
};

constexpr std::size_t kMinLiteral = 3;   // shorter ones are looked for in long tokens only
constexpr std::size_t kMaxToken = 4096;  // of a token in which short literals are looked for

// Whether a character may stand in a token between slashes.
bool is_part_char(char c) { return is_token_char(c) && c != '/'; }

// 2026-11-24T10:52 or 2026-11-24 10:52: what most numbers of a log are, and no number that means
// anything.
bool is_timestamp(std::string_view text, std::size_t at) {
  constexpr std::size_t kSize = 16;
  if (at + kSize > text.size() || (at > 0 && (is_alnum(text[at - 1]) || text[at - 1] == '+')))
    return false;
  const char* c = text.data() + at;
  const bool has_marks =
      c[4] == '-' && c[7] == '-' && c[13] == ':' && (c[10] == 'T' || c[10] == ' ');
  return has_marks && (c[0] == '1' || c[0] == '2') && is_digit(c[5]) && is_digit(c[8]);
}

std::uint16_t pair_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(text[at]) << 8 |
                                    static_cast<unsigned char>(text[at + 1]));
}

}  // namespace

void drop_inside(const std::vector<TextRange>& placeholders, std::vector<Finding>& findings) {
  if (placeholders.empty()) return;
  const auto is_inside = [&](const Finding& finding) {
    const auto next =
        std::upper_bound(placeholders.begin(), placeholders.end(), finding.range.begin,
                         [](std::size_t at, const TextRange& range) { return at < range.end; });
    return next != placeholders.end() && next->begin < finding.range.end;
  };
  findings.erase(std::remove_if(findings.begin(), findings.end(), is_inside), findings.end());
}

struct Detectors::State {
  explicit State(const RuleSet& rules)
      : shapes(rules.shapes()),
        names(rules),
        memo(names),
        finds_public_ips(rules.has_detector("public-ip")) {}

  std::vector<ShapeRule> shapes;
  NameTable names;
  NameMemo memo;  // of names
  bool finds_public_ips;
  std::vector<Target> targets;  // by literal
  std::vector<std::vector<std::size_t>> shapes_of_literal;
  std::optional<LiteralScan> literal_scan;
  std::bitset<65536> short_literals;
  std::map<std::uint16_t, std::vector<std::size_t>> short_shapes;
  std::vector<Shape::Stretches> stretches;  // by shape: see Shape::match_around
  std::size_t key_until = 0;                // of the text at hand: where its last key ends
  std::vector<std::size_t> touched;         // shapes whose stretches are of the text at hand

  std::vector<Literal> collect_literals();
  void add_shapes(std::vector<Literal>& literals);
  void match_shape(std::string_view text, std::size_t i, std::size_t at,
                   std::vector<Finding>& findings);
  void verify(ScanText& scan, const LiteralHit& hit, ScanWork& work, NamedValueFinder* named);
  void find_key(ScanText& scan, std::size_t at, std::vector<Finding>& findings);
  void find_in_token(std::string_view text, std::size_t at, std::vector<Finding>& findings);
  void find_sign(std::string_view text, std::size_t at, std::vector<Finding>& findings);
};

void Detectors::State::add_shapes(std::vector<Literal>& literals) {
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string& text = shapes[i].shape.literal();
    if (text.size() < kMinLiteral && is_part_char(text[0])) {
      short_literals.set(pair_at(text, 0));
      short_shapes[pair_at(text, 0)].push_back(i);
      continue;
    }
    const auto [entry, is_new] = index.emplace(text, literals.size());
    if (is_new) {
      literals.push_back({text, false, true, false, false, {}});
      targets.push_back({Trigger::kShape, static_cast<std::uint32_t>(shapes_of_literal.size())});
      shapes_of_literal.emplace_back();
    }
    Literal& literal = literals[entry->second];
    literal.next |= shapes[i].shape.behind_literal();
    literal.begins_word = literal.begins_word && shapes[i].shape.literal_begins_word();
    shapes_of_literal[targets[entry->second].index].push_back(i);
  }
}

std::vector<Literal> Detectors::State::collect_literals() {
  std::vector<Literal> literals;
  for (const FixedLiteral& fixed : kFixed) {
    const bool is_whole = fixed.trigger == Trigger::kKeyword;
    literals.push_back({std::string(fixed.text), fixed.ignores_case, true, is_whole});
    targets.push_back({fixed.trigger});
  }
  for (const NameTable::Keyword& word : names.keywords()) {
    const bool is_fixed =
        std::any_of(std::begin(kFixed), std::end(kFixed),
                    [&](const FixedLiteral& fixed) { return fixed.text == word.text; });
    if (is_fixed) continue;
    literals.push_back({word.text, true, true, word.is_whole, word.ends_word});
    targets.push_back({Trigger::kKeyword});
  }
  std::uint32_t command = 0;
  for (Literal& literal : command_literals()) {
    literals.push_back(std::move(literal));
    targets.push_back({Trigger::kCommand, command++});
  }
  add_shapes(literals);
  return literals;
}

Detectors::Detectors(std::unique_ptr<State> state) : state_(std::move(state)) {}
Detectors::~Detectors() = default;

const NameTable& Detectors::names() const { return state_->names; }
void Detectors::forget() { state_->memo.forget(); }

Result<std::unique_ptr<Detectors>> Detectors::make(const RuleSet& rules) {
  auto state = std::make_unique<State>(rules);
  ST_ASSIGN_OR_RETURN(state->literal_scan, LiteralScan::make(state->collect_literals()));
  state->stretches.resize(state->shapes.size());
  return std::unique_ptr<Detectors>(new Detectors(std::move(state)));
}

void Detectors::State::match_shape(std::string_view text, std::size_t i, std::size_t at,
                                   std::vector<Finding>& findings) {
  if (stretches[i].empty()) touched.push_back(i);
  const auto range = shapes[i].shape.match_around(text, at, stretches[i]);
  if (range) findings.push_back({*range, shapes[i].class_name});
}

// A private key; BEGIN lines inside one are part of it.
void Detectors::State::find_key(ScanText& scan, std::size_t at, std::vector<Finding>& findings) {
  if (at < key_until) return;
  const auto range = private_key_at(scan.text, at);
  if (!range) return;
  // What goes on, or is longer than a stream holds back, is left to who withholds it.
  if (range->end == scan.text.size() || range->end - at > kMaxKeyBytes) scan.wants_more(at);
  key_until = range->end;
  findings.push_back({*range, "private-key"});
}

void Detectors::State::verify(ScanText& scan, const LiteralHit& hit, ScanWork& work,
                              NamedValueFinder* named) {
  const Target target = targets[hit.literal];
  const std::string_view text = scan.text;
  auto& findings = work.findings;
  const auto add = [&](const std::optional<TextRange>& range, std::string_view class_name) {
    if (range) findings.push_back({*range, class_name});
  };
  switch (target.trigger) {
    case Trigger::kShape:
      for (const std::size_t i : shapes_of_literal[target.index])
        match_shape(text, i, hit.begin, findings);
      return;
    case Trigger::kJose:
      return add(jose_at(text, hit.begin), "jwt");
    case Trigger::kPem:
      return find_key(scan, hit.begin, findings);
    case Trigger::kBasic:
      return add(scheme_value_behind(text, hit.end - 1, true), "basic-auth");
    case Trigger::kScheme:
      return add(scheme_value_behind(text, hit.end - 1, false), "bearer");
    case Trigger::kPlaceholder:
      if (const auto stop = placeholder_end(text, hit.begin)) {
        work.placeholders.push_back({hit.begin, *stop});
      }
      return;
    case Trigger::kEscape:
      work.escapes.push_back(hit.begin);
      return;
    case Trigger::kKeyword:
      if (named != nullptr) named->take_keyword(hit.begin, hit.end);
      return;
    case Trigger::kCommand:
      if (named != nullptr) take_command(scan, names, target.index, {hit.begin, hit.end}, findings);
      return;
  }
}

// Shapes whose literal is too short to be searched for everywhere: tried where the token begins and
// behind its slashes.
void Detectors::State::find_in_token(std::string_view text, std::size_t at,
                                     std::vector<Finding>& findings) {
  if (at > 0 && text[at - 1] == ':') take_account_hashes(text, at, findings);
  while (at + 1 < text.size()) {
    if (const auto found = code_id_at(text, at)) findings.push_back(*found);
    if (short_literals.test(pair_at(text, at))) {
      for (const std::size_t i : short_shapes[pair_at(text, at)])
        match_shape(text, i, at, findings);
    }
    const std::size_t limit = std::min(text.size() - 1, at + kMaxToken);
    while (at < limit && is_part_char(text[at])) ++at;
    if (text[at] != '/') return;
    ++at;
  }
}

void Detectors::State::find_sign(std::string_view text, std::size_t at,
                                 std::vector<Finding>& findings) {
  const bool is_escaped = text[at] == '%';
  if (is_escaped && text.substr(at, 3) != "%40") return;
  if (const auto range = email_around(text, at)) findings.push_back({*range, "email"});
  if (is_escaped) return;
  if (const auto range = url_secret_before(text, at)) findings.push_back({*range, "url-password"});
  if (const auto range = login_password_before(text, at, false))
    findings.push_back({*range, "url-password"});
}

void Detectors::find(ScanText& scan, Kind kind, ScanWork& work) {
  const std::string_view text = scan.text;
  state_->key_until = 0;
  work.findings.clear();
  work.placeholders.clear();
  work.escapes.clear();
  scan_chars(text, work.chars);
  state_->literal_scan->find(text, work.chars, work.literals);
  NamedValueFinder named(scan, state_->memo, work.findings);
  if (kind == Kind::kAll) named.begin(), want_bulk_string(scan);
  for (const LiteralHit& hit : work.literals) {
    state_->verify(scan, hit, work, kind == Kind::kAll ? &named : nullptr);
  }
  for (const std::uint32_t at : work.chars.numbers) {
    if (!is_timestamp(text, at)) find_numbers_at(text, at, work.findings);
  }
  for (const std::uint32_t at : work.chars.signs) state_->find_sign(text, at, work.findings);
  for (const std::uint32_t at : work.chars.tokens) state_->find_in_token(text, at, work.findings);
  if (state_->finds_public_ips) find_public_ips(text, work.findings);
  for (const std::size_t i : state_->touched) state_->stretches[i].clear();
  state_->touched.clear();
  drop_inside(work.placeholders, work.findings);
}

}  // namespace scopetrace
