// SPDX-License-Identifier: Apache-2.0
// A collector of OpenTelemetry, reached by OTLP over HTTP with JSON bodies (OTLP 1, "OTLP/HTTP").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

// What became of one request.
struct CollectorAnswer {
  enum class Outcome {
    kAccepted,
    kTryAgain,  // nobody answered, or the answer is one of those that OTLP calls retryable
    kRefused,   // the same request would be refused again
  };
  Outcome outcome = Outcome::kAccepted;
  std::string reason;                // of the others, in words of ours or of the library
  std::uint64_t rejected_spans = 0;  // of an accepted request, those that the collector dropped
  std::uint64_t wait_ms = 0;         // kTryAgain: what Retry-After asks for
};

// Whoever takes spans; a real collector, or one of a test.
class Collector {
 public:
  virtual ~Collector() = default;
  // Sends one ExportTraceServiceRequest, in JSON. Waits for the answer, a minute at most.
  virtual CollectorAnswer send(std::string_view request) = 0;
};

// What an HTTP status and the body beside it say of a request. The body is hostile: no byte of it
// gets into the answer.
CollectorAnswer judge_answer(long status, std::string_view body);

// A URL without a path gets `/v1/traces`, as OTLP says. Errors: kUsage unless it is an http or
// https URL without user name and password, which would stand in the list of processes.
Result<std::string> collector_url(const std::string& url);

// By libcurl, one connection for all requests. Redirects are not followed: policy named the target.
// From the environment: OTEL_EXPORTER_OTLP_HEADERS, `name=value` with commas between them, where
// credentials belong; OTEL_EXPORTER_OTLP_CERTIFICATE, whose authorities count instead of the
// system's; the proxies of libcurl. Errors: kUsage for a header that is none.
Result<std::unique_ptr<Collector>> open_collector(const std::string& url);

}  // namespace scopetrace
