// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/template.h"

#include <array>

#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

constexpr std::string_view kPlaceholder = "«", kPlaceholderEnd = "»";
constexpr std::string_view kKeep = "⟨", kKeepEnd = "⟩";
constexpr std::string_view kBlock = "⟦", kBlockEnd = "⟧";

constexpr std::array<std::string_view, 12> kUsers = {"bob",  "alice",  "mkowalski", "svc-build",
                                                     "root", "deploy", "jdoe",      "postgres",
                                                     "app",  "nina",   "reporting", "ops"};
constexpr std::array<std::string_view, 8> kHosts = {
    "api.example.com",  "db-3.internal", "vendor.example.net", "cache.prod.svc",
    "mail.example.org", "10.0.4.17",     "localhost",          "hub.example.io"};
constexpr std::array<std::string_view, 12> kWords = {"orders", "worker",  "invoice", "sync",
                                                     "mailer", "catalog", "export",  "billing",
                                                     "search", "ledger",  "queue",   "preview"};

std::string filler(std::string_view what, Random& random) {
  if (what == "n") return std::to_string(10 + below(random, 9000));
  if (what == "user") return std::string(pick(random, kUsers));
  if (what == "host") return std::string(pick(random, kHosts));
  if (what == "word") return std::string(pick(random, kWords));
  if (what == "ip") return "10." + generate("[1-9]{1}.[1-9]{1}.[1-9]{2}", random);
  if (what == "uuid") {
    return generate("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", random);
  }
  if (what == "time") {
    return generate("2026-0[1-9]{1}-1[0-9]{1}T0[1-9]{1}:[1-5]{1}[0-9]{1}:[1-5]{1}[0-9]{1}", random);
  }
  return what == "nul" ? std::string(1, '\0') : std::string();
}

void append(std::vector<TextRange>& to, const std::vector<TextRange>& from, std::size_t offset) {
  for (const TextRange& range : from) to.push_back({range.begin + offset, range.end + offset});
}

void append(Rendered& to, const Rendered& part) {
  append(to.secrets, part.secrets, to.text.size());
  append(to.keeps, part.keeps, to.text.size());
  to.text += part.text;
}

// Where `range` stands once all of `text` is encoded.
TextRange map_charwise(std::string_view encoding, std::string_view text, TextRange range) {
  const std::size_t begin = encode(encoding, text.substr(0, range.begin)).size();
  const std::string_view inside = text.substr(range.begin, range.end - range.begin);
  return {begin, begin + encode(encoding, inside).size()};
}

// The characters of base64 that nothing but `range` decides.
TextRange map_base64(TextRange range) { return {(range.begin * 4 + 2) / 3, range.end * 4 / 3}; }

Rendered encode_block(std::string_view encoding, const Rendered& inside) {
  Rendered block{encode(encoding, inside.text), {}, {}};
  const bool is_mapped = is_charwise(encoding);
  for (const TextRange& range : inside.secrets) {
    block.secrets.push_back(is_mapped ? map_charwise(encoding, inside.text, range)
                                      : map_base64(range));
  }
  if (!is_mapped) return block;
  for (const TextRange& range : inside.keeps) {
    block.keeps.push_back(map_charwise(encoding, inside.text, range));
  }
  return block;
}

// Reads one template from the left.
class Renderer {
 public:
  Renderer(std::string_view pattern, const Filling& filling, Random& random)
      : rest_(pattern), filling_(filling), random_(random) {}

  // Everything up to `end`, which is taken too; with an empty `end`, all of the template.
  Rendered read_until(std::string_view end) {
    Rendered out;
    while (!at_end_of(end)) {
      ST_CHECK(!rest_.empty());
      append(out, read_part());
    }
    return out;
  }

 private:
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  bool at_end_of(std::string_view end) { return end.empty() ? rest_.empty() : take(end); }

  std::string_view take_up_to(std::string_view token) {
    const std::size_t size = rest_.find(token);
    ST_CHECK(size != std::string_view::npos);
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(size + token.size());
    return part;
  }

  Rendered read_part() {
    if (take(kPlaceholder)) return read_placeholder(take_up_to(kPlaceholderEnd));
    if (take(kKeep)) return read_keep();
    if (take(kBlock)) return read_block();
    const std::string_view c = rest_.substr(0, 1);
    rest_.remove_prefix(1);
    return {std::string(c), {}, {}};
  }

  Rendered read_keep() {
    Rendered inside = read_until(kKeepEnd);
    inside.keeps.push_back({0, inside.text.size()});
    return inside;
  }

  Rendered read_block() {
    const std::string_view encoding = take_up_to(":");
    return encode_block(encoding, read_until(kBlockEnd));
  }

  Rendered read_placeholder(std::string_view what) {
    const std::size_t bar = what.find('|');
    const std::string_view head = what.substr(0, bar);
    const std::string_view tail = bar == std::string_view::npos ? "" : what.substr(bar + 1);
    if (head == "gen") return {generate(tail, random_), {}, {}};
    if (head == "value") {
      std::string value = encode(tail.empty() ? "raw" : tail, filling_.value);
      const TextRange range{0, value.size()};
      return {std::move(value), {range}, {}};
    }
    const std::string name = write_name(head, filling_.name);
    const std::string text = name.empty() ? filler(head, random_) : name;
    ST_CHECK(!text.empty());
    return {text, {}, {}};
  }

  std::string_view rest_;
  const Filling& filling_;
  Random& random_;
};

}  // namespace

Rendered render(std::string_view pattern, const Filling& filling, Random& random) {
  return Renderer(pattern, filling, random).read_until("");
}

}  // namespace scopetrace::testing
