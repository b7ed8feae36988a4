// SPDX-License-Identifier: Apache-2.0
// What the tests of redaction share. Secrets are generated, never written down.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "userspace/base/sink.h"
#include "userspace/protocol/message.h"
#include "userspace/redact/detect/detectors.h"
#include "userspace/redact/redactor.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

inline const RuleSet& standard_rules() {
  static const RuleSet rules = *RuleSet::parse(standard_profile());
  return rules;
}

inline ByteVector test_key() { return ByteVector(32, std::byte{7}); }

// `size` characters of letters and digits, at least one of each.
inline std::string make_secret(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  return "a7" + Shape::parse("[alnum]{" + std::to_string(size - 2) + "}")->generate(random);
}

// A token that gives itself away wherever it stands.
inline std::string make_token(std::uint64_t seed = 5) {
  std::mt19937_64 random(seed);
  return Shape::parse(
             "gh"  // in two parts: nothing token-like is written down
             "p_[alnum]{36}")
      ->generate(random);
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A scanner with its detectors.
struct Scanner {
  std::unique_ptr<Detectors> detectors = *Detectors::make(standard_rules());
  TextScanner scanner{*detectors, test_key()};
};

// Keeps what the Redactor makes.
class RedactedSink final : public Sink<RedactedMessage> {
 public:
  Status push(RedactedMessage message) override {
    messages.push_back(std::move(message));
    return {};
  }
  Status finish() override {
    is_finished = true;
    return {};
  }

  std::vector<RedactedMessage> messages;
  bool is_finished = false;
};

inline RedactorConfig make_config(Level level) {
  RedactorConfig config;
  config.level = level;
  config.third_parties = {"api.example.com"};
  config.requests = {"any"};
  config.families = {"tls", "sockets", "process"};
  config.pseudonym_key = test_key();
  return config;
}

// A redactor and what it made.
struct Pipeline {
  explicit Pipeline(RedactorConfig config)
      : redactor(*Redactor::make(std::move(config), standard_rules(), sink)) {}

  void push(Message message) {
    ASSERT_TRUE(redactor->input().push(std::move(message)).has_value());
  }
  const RedactedExchange& exchange() const {
    return std::get<RedactedExchange>(sink.messages.back().content());
  }
  template <class Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> out;
    for (const RedactedMessage& message : sink.messages) {
      if (const auto* kind = std::get_if<Kind>(&message.content())) out.push_back(*kind);
    }
    return out;
  }

  RedactedSink sink;
  std::unique_ptr<Redactor> redactor;
};

inline HttpExchange make_exchange() {
  HttpExchange exchange;
  exchange.conn_id = 5;
  exchange.request = HttpRequest{.method = "POST",
                                 .target = "/v1/items/42?page=2",
                                 .version = "1.1",
                                 .fields = {{"Host", "api.example.com"}},
                                 .body = {},
                                 .trailers = {},
                                 .first_ns = 100,
                                 .last_ns = 200};
  exchange.response = HttpResponse{.status = 200,
                                   .reason = "OK",
                                   .version = "1.1",
                                   .fields = {},
                                   .body = {},
                                   .trailers = {},
                                   .first_ns = 500,
                                   .last_ns = 900};
  return exchange;
}

inline HttpBody make_body(std::string content, BodyState state = BodyState::kComplete) {
  HttpBody body;
  body.state = state;
  body.wire_bytes = body.decoded_bytes = content.size();
  body.content = std::move(content);
  return body;
}

}  // namespace scopetrace
