// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/nats.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "userspace/base/bytes.h"
#include "userspace/redact/body/json_walk.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxControl = 32 * 1024;   // bytes of a line; servers allow 4 KiB
constexpr std::uint64_t kMaxPayload = 1U << 30;  // servers allow 64 MiB
constexpr std::array kWithJson = {"CONNECT", "INFO"};
constexpr std::array kWithPayload = {"PUB", "HPUB", "MSG", "HMSG"};
constexpr std::array kSecretMembers = {"pass", "auth_token", "jwt", "sig", "nonce"};
constexpr std::array kPlain = {"SUB", "UNSUB", "PING", "PONG", "+OK", "-ERR"};

template <class Words>
std::string_view find_word(std::string_view word, const Words& words) {
  for (const std::string_view known : words) {
    if (equals_ignoring_case(known, word)) return known;
  }
  return {};
}

// Replaces the string that is the value of this member, wherever it stands.
void mask_member(std::string& json, std::string_view name, WireText& out) {
  const std::string key = '"' + std::string(name) + '"';
  for (auto at = json.find(key); at != std::string::npos; at = json.find(key, at + 1)) {
    const auto colon = json.find_first_not_of(" \t", at + key.size());
    if (colon == std::string::npos || json[colon] != ':') continue;
    const auto open = json.find_first_not_of(" \t", colon + 1);
    if (open == std::string::npos || json[open] != '"') continue;
    auto close = open + 1;
    while (close < json.size() && json[close] != '"') close += json[close] == '\\' ? 2U : 1U;
    const std::string value = json.substr(open + 1, std::min(close, json.size()) - open - 1);
    if (value.empty()) continue;
    json.replace(open + 1, value.size(), out.scanner().replace("generic-password", value));
  }
}

class Nats final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (payload_bytes_) return Extent::of(static_cast<std::size_t>(*payload_bytes_) + 2);
    return line_extent(begin, kMaxControl);
  }
  void tell(std::string_view message, WireText& out) override;
  void skip(std::size_t size_bytes, WireText& out) override;

 private:
  void tell_control(std::string_view line, WireText& out);
  static void tell_options(std::string_view json, WireText& out);

  std::optional<std::uint64_t> payload_bytes_;
};

void Nats::tell(std::string_view message, WireText& out) {
  const std::string_view line = without_line_end(message);
  if (!payload_bytes_) return tell_control(line, out);
  payload_bytes_.reset();
  out.field("payload", line);
  out.end();
}

void Nats::skip(std::size_t size_bytes, WireText& out) {
  payload_bytes_.reset();
  out.binary(size_bytes);
  out.end();
}

void Nats::tell_control(std::string_view line, WireText& out) {
  const auto word_end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, word_end);
  const std::string_view rest = trim(line.substr(word_end));
  std::string_view known = find_word(word, kWithJson);
  if (!known.empty()) {
    out.begin(known);
    tell_options(rest, out);
    return out.end();
  }
  known = find_word(word, kWithPayload);
  if (known.empty()) {
    known = find_word(word, kPlain);
    out.begin(known.empty() ? "(line)" : known);
    out.value(known.empty() ? line : rest);
    return out.end();
  }
  out.begin(known);
  out.value(rest);
  const auto blank = rest.find_last_of(" \t");
  payload_bytes_ = parse_decimal(blank == rest.npos ? rest : rest.substr(blank + 1));
  if (payload_bytes_) payload_bytes_ = std::min(*payload_bytes_, kMaxPayload);
  if (!payload_bytes_) out.end();
}

void Nats::tell_options(std::string_view json, WireText& out) {
  if (out.is_shape()) return;
  std::string masked(json);
  for (const std::string_view name : kSecretMembers) mask_member(masked, name, out);
  auto told = redact_json(out.scanner(), masked, {});
  wipe(masked);
  if (!told) return out.secret({}, json);
  out.value(*told);
}

}  // namespace

Match match_nats(std::string_view begin) {
  return match_any(begin, {"CONNECT {", "INFO {", "CONNECT\t{", "INFO\t{"});
}

std::unique_ptr<WireProtocol> make_nats() { return std::make_unique<Nats>(); }

}  // namespace scopetrace
