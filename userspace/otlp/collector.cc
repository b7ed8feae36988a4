// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/collector.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "userspace/base/bytes.h"

namespace scopetrace {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kRequestSeconds = 60;
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr std::size_t kMaxHeaderBytes = 4096;

using Outcome = CollectorAnswer::Outcome;

// The statuses that OTLP calls retryable.
bool is_retryable(long status) {
  constexpr std::array<long, 4> kRetryable = {429, 502, 503, 504};
  return std::find(kRetryable.begin(), kRetryable.end(), status) != kRetryable.end();
}

// What waiting does not mend: certificates and settings of this side.
bool is_lasting(CURLcode code) {
  constexpr std::array<CURLcode, 4> kLasting = {CURLE_PEER_FAILED_VERIFICATION,
                                                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
                                                CURLE_UNSUPPORTED_PROTOCOL};
  return std::find(kLasting.begin(), kLasting.end(), code) != kLasting.end();
}

// 64-bit numbers are texts in the JSON of protobuf, and some write them as numbers.
std::uint64_t number_of(const nlohmann::json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (!value.is_string()) return 0;
  const auto& text = value.get_ref<const std::string&>();
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// `{"partialSuccess": {"rejectedSpans": "3"}}`; anything else rejects nothing.
std::uint64_t rejected_spans_of(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return 0;
  const auto partial = json.find("partialSuccess");
  if (partial == json.end() || !partial->is_object()) return 0;
  const auto rejected = partial->find("rejectedSpans");
  return rejected == partial->end() ? 0 : number_of(*rejected);
}

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using CurlText = std::unique_ptr<char, FreeCurl>;

class HeaderList {
 public:
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
    ST_CHECK(longer != nullptr);  // memory
    (void)list_.release();
    list_.reset(longer);
  }
  curl_slist* get() const { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, FreeCurl> list_;
};

// One `name=value`, its value with %XX where it needs it.
Result<std::string> header_line(std::string_view field) {
  const std::size_t equals = field.find('=');
  const std::string_view name = trimmed(field.substr(0, equals));
  int size = 0;
  std::string value;
  if (equals != std::string_view::npos) {
    const std::string told(trimmed(field.substr(equals + 1)));
    const CurlText plain(
        curl_easy_unescape(nullptr, told.c_str(), static_cast<int>(told.size()), &size));
    if (plain) value.assign(plain.get(), static_cast<std::size_t>(size));
  }
  if (name.empty() || value.empty() || name.find(':') != name.npos || !is_header_text(name) ||
      !is_header_text(value)) {
    return fail(Error(ErrorCode::kUsage, "OTEL_EXPORTER_OTLP_HEADERS has a header that is none")
                    .with_hint("write name=value, with commas between them"));
  }
  return std::string(name) + ": " + value;
}

Status add_headers_of(std::string_view text, HeaderList& headers) {
  if (text.size() > kMaxHeaderBytes) {
    return fail(ErrorCode::kUsage, "OTEL_EXPORTER_OTLP_HEADERS is longer than 4096 bytes");
  }
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find(','));
    ST_ASSIGN_OR_RETURN(const std::string line, header_line(field));
    headers.add(line);
    text.remove_prefix(std::min(field.size() + 1, text.size()));
  }
  return {};
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// More of an answer than kMaxAnswerBytes is read and forgotten.
std::size_t keep_answer(char* data, std::size_t size, std::size_t count, void* kept) {
  auto& answer = *static_cast<std::string*>(kept);
  answer.append(data, std::min(size * count, kMaxAnswerBytes - answer.size()));
  return size * count;
}

class HttpCollector final : public Collector {
 public:
  HttpCollector(const std::string& url, HeaderList headers)
      : headers_(std::move(headers)), handle_(curl_easy_init()) {
    ST_CHECK(handle_ != nullptr);  // memory
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_TIMEOUT, kRequestSeconds);
    set(CURLOPT_USERAGENT, "scopetrace");
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_WRITEFUNCTION, keep_answer);
    set(CURLOPT_WRITEDATA, &answer_);
    const std::string authorities(environment("OTEL_EXPORTER_OTLP_CERTIFICATE"));
    if (!authorities.empty()) set(CURLOPT_CAINFO, authorities.c_str());
  }

  CollectorAnswer send(std::string_view request) override {
    answer_.clear();
    set(CURLOPT_POSTFIELDS, request.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.size()));
    const CURLcode code = curl_easy_perform(handle_.get());
    if (code != CURLE_OK) {
      return {.outcome = is_lasting(code) ? Outcome::kRefused : Outcome::kTryAgain,
              .reason = curl_easy_strerror(code)};
    }
    CollectorAnswer answer = judge_answer(info<long>(CURLINFO_RESPONSE_CODE), answer_);
    answer.wait_ms = 1'000 * static_cast<std::uint64_t>(
                                 std::max<curl_off_t>(0, info<curl_off_t>(CURLINFO_RETRY_AFTER)));
    return answer;
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    ST_CHECK(curl_easy_setopt(handle_.get(), option, value) == CURLE_OK);
  }
  template <class T>
  T info(CURLINFO what) const {
    T value = 0;
    curl_easy_getinfo(handle_.get(), what, &value);
    return value;
  }

  std::string answer_;
  HeaderList headers_;
  std::unique_ptr<CURL, FreeCurl> handle_;
};

}  // namespace

CollectorAnswer judge_answer(long status, std::string_view body) {
  if (status / 100 == 2) {
    return {.outcome = Outcome::kAccepted, .reason = "", .rejected_spans = rejected_spans_of(body)};
  }
  return {.outcome = is_retryable(status) ? Outcome::kTryAgain : Outcome::kRefused,
          .reason = "HTTP status " + std::to_string(status)};
}

Result<std::string> collector_url(const std::string& url) {
  const auto refuse = [] {
    return fail(Error(ErrorCode::kUsage, "the collector's URL is not one of http or https")
                    .with_hint("write it as https://collector.corp.example:4318"));
  };
  const std::unique_ptr<CURLU, FreeCurl> parts(curl_url());
  ST_CHECK(parts != nullptr);  // memory
  if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return refuse();
  }
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    curl_url_get(parts.get(), which, &text, 0);
    const CurlText owned(text);
    return std::string(owned ? owned.get() : "");
  };
  const std::string scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return refuse();
  if (part(CURLUPART_PATH) == "/") curl_url_set(parts.get(), CURLUPART_PATH, "/v1/traces", 0);
  return part(CURLUPART_URL);
}

Result<std::unique_ptr<Collector>> open_collector(const std::string& url) {
  ST_ASSIGN_OR_RETURN(const std::string whole, collector_url(url));
  HeaderList headers;
  headers.add("Content-Type: application/json");
  headers.add("Expect:");  // no round trip before each body
  ST_RETURN_IF_ERROR(add_headers_of(environment("OTEL_EXPORTER_OTLP_HEADERS"), headers));
  return std::make_unique<HttpCollector>(whole, std::move(headers));
}

}  // namespace scopetrace
