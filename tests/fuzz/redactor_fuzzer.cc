// SPDX-License-Identifier: Apache-2.0
// Input: a target, header block and body of one request; the first byte chooses the content type.
// Property: a token planted into the body never survives, whatever surrounds it, and the finished
// text is clean for the leak guard's own question.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fuzz_target.h"
#include "userspace/protocol/message.h"
#include "userspace/redact/redactor.h"

namespace {

using namespace scopetrace;

constexpr std::array kTypes = {"application/json", "application/x-www-form-urlencoded",
                               "multipart/form-data; boundary=b", "text/plain"};

// Built from parts: nothing token-like is written down.
std::string planted_token() {
  std::mt19937_64 random(5);
  return Shape::parse(
             "gh"
             "p_[alnum]{36}")
      ->generate(random);
}

class Survivors final : public Sink<RedactedMessage> {
 public:
  explicit Survivors(std::string token) : token_(std::move(token)) {}
  Status push(RedactedMessage message) override {
    const auto& exchange = std::get<RedactedExchange>(message.content());
    const auto& request = *exchange.request;
    check(request.target);
    for (const RedactedField& field : request.fields) check(field.value);
    if (request.body) check(request.body->text);
    return {};
  }
  Status finish() override { return {}; }

 private:
  void check(const std::string& text) const {
    if (text.find(token_) != std::string::npos) std::abort();
  }
  std::string token_;
};

HttpExchange make_exchange(std::string_view input, const std::string& token) {
  const std::size_t half = input.size() / 2;
  std::string body(input.substr(0, half));
  body += " " + token + " ";
  body += input.substr(half);
  HttpExchange exchange;
  exchange.request = HttpRequest{};
  exchange.request->method = "POST";
  exchange.request->target = "/a?x=" + std::string(input.substr(0, 64)) + "&t=" + token;
  const char* type = kTypes[input.empty() ? 0 : static_cast<unsigned char>(input[0]) % 4];
  exchange.request->fields = {{"Host", "a.example"}, {"Content-Type", type}, {"X-Note", body}};
  exchange.request->body.state = BodyState::kComplete;
  exchange.request->body.content = std::move(body);
  return exchange;
}

}  // namespace

std::vector<std::string> make_seeds() {
  return {"{\"a\":[1,true,null,\"x\\u0041\"],\"password\":\"y\"}", "a=b&c=%7B%22d%22%3A1%7D",
          "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n--b--",
          "https://u:p@h/ -----BEGIN RSA PRIVATE KEY-----\nx",
          "[REDACTED:a:b] [REDACTED:[REDACTED::]]"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const RuleSet rules = *RuleSet::parse(standard_profile());
  static const std::string token = planted_token();
  static Survivors survivors(token);
  const auto make = [] {
    RedactorConfig config;
    config.level = Level::kRedacted;
    config.third_parties = {"any"};
    config.requests = {"any"};
    config.families = {"tls"};
    config.pseudonym_key = ByteVector(32);
    return *Redactor::make(std::move(config), rules, survivors);
  };
  static const std::unique_ptr<Redactor> redactor = make();
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 65536));
  if (!redactor->input().push(make_exchange(input, token))) std::abort();
  count_accepted();
  return 0;
}
