// SPDX-License-Identifier: Apache-2.0
// What tests compare of messages: everything but times.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/protocol/dissect.h"

namespace scopetrace {

inline std::string describe(const HttpBody& body) {
  return std::to_string(static_cast<int>(body.state)) + "|" + body.content + "|" +
         std::to_string(body.wire_bytes) + "|" + std::to_string(body.decoded_bytes) + "|" +
         body.reason;
}

inline std::string describe(const std::vector<HttpField>& fields) {
  std::string out;
  for (const HttpField& field : fields) {
    out += " " + field.name + "=" + field.value + (field.is_never_indexed ? "!" : "");
  }
  return out;
}

inline std::string describe(const HttpExchange& exchange) {
  std::string out = "outcome " + std::to_string(static_cast<int>(exchange.outcome));
  if (const auto& request = exchange.request) {
    out += " " + request->method + " " + request->target + describe(request->fields) + " " +
           describe(request->body);
    if (!request->trailers.empty()) out += " trailers" + describe(request->trailers);
  }
  if (const auto& response = exchange.response) {
    out += " " + std::to_string(response->status) + describe(response->fields) + " " +
           describe(response->body);
    if (!response->trailers.empty()) out += " trailers" + describe(response->trailers);
  }
  return out;
}

inline std::string describe_all(const Dissection& dissection) {
  std::string out;
  for (const HttpExchange& exchange : dissection.exchanges()) out += describe(exchange) + "\n";
  return out + "raw " + std::to_string(dissection.raw_bytes());
}

}  // namespace scopetrace
