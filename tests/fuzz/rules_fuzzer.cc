// SPDX-License-Identifier: Apache-2.0
// Input: a redaction profile. Properties: what is accepted means the same when it is read again,
// alone and composed; a composed set knows every rule of its parts; each shape takes the texts that
// it generates; no rule makes the check of its examples fail otherwise than by a refusal.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/support/fuzz_target.h"
#include "userspace/redact/detect/rule_examples.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/rules/rules.h"

using namespace scopetrace;  // NOLINT(google-build-using-namespace): one harness, many names

namespace {

constexpr std::size_t kMaxGenerated = 64;  // of a shape's text, so that no run takes long

void require(bool holds) {
  if (!holds) std::abort();
}

void check_shape(const Shape& shape, std::string_view text) {
  if (text.size() > kMaxGenerated || text.find("000") != text.npos) return;
  std::mt19937_64 random(1);
  require(shape.matches_whole(shape.generate(random)));
}

void check_composition(const RuleSet& own) {
  static const RuleSet standard = *RuleSet::parse(standard_profile());
  RuleSet all = standard;
  if (!all.add(own)) return;
  require(all.shapes().size() == standard.shapes().size() + own.shapes().size());
  require(all.names().size() == standard.names().size() + own.names().size());
  require(all.text() == standard.text() + own.text());
  const NameTable table(own);
  for (const std::string& name : own.public_names()) (void)table.class_of(name);
}

}  // namespace

std::vector<std::string> make_seeds() {
  const auto text = [](std::string_view name) {
    return std::string(as_text(builtin_profile(name)));
  };
  return {text("pci"), text("gdpr"), text("hipaa"),
          R"({"profile": "acme", "version": 1,
              "shapes": [{"class": "acme-key", "shape": "acme_[hex]{4,}.[a-f0-9_-]{2}",
                          "examples": ["a «acme_[hex]{8}.[a-f]{2}» b"],
                          "counter_examples": ["acme_x"]}],
              "names": [{"class": "badge", "names": ["badge_no", "*_badge"], "value": "B-[digit]{6}",
                         "examples": ["badge_no=«B-[digit]{6}»"]}],
              "public_names": ["shop_token"], "public_cookies": ["theme"],
              "low_entropy_classes": ["badge"], "personal_classes": ["badge"],
              "detectors": ["public-ip"]})",
          R"({"profile": "x", "version": 1, "names": [{"class": "a", "names": ["b"]}]})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto own = RuleSet::parse_profile(text, "own.json");
  if (!own) {
    require(own.error().message().starts_with("own.json line "));
    return 0;
  }
  count_accepted();
  const auto again = RuleSet::parse(as_bytes(own->text()));
  require(again && again->digest() == own->digest() && again->name() == own->name());
  for (const ShapeRule& rule : own->shapes()) check_shape(rule.shape, rule.shape_text);
  check_composition(*own);
  (void)check_rule_examples(*own, "own.json");
  return 0;
}
