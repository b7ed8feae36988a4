// SPDX-License-Identifier: Apache-2.0
// A program that depends on the test vendor, as payment integrations do: keys in its environment
// and argument list, personal data in what it sends. It calls through libcurl and OpenSSL.
//
// usage: scopetrace-test-client --port N --ca FILE --seed N [--manifest FILE] [--every-ms N]
// [--slow]
//   Prints `ready TGID`, then makes one round of calls for each line on standard input (and prints
//   `done CALLS`), or, with --every-ms, a round each that many milliseconds. Ends with standard
//   input. It restarts itself in place first, to have its keys where real programs have them.
#include <curl/curl.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/planted.h"
#include "tests/support/vendor.h"
#include "userspace/base/result.h"

namespace {

using scopetrace::testing::PlantedSet;

constexpr char kSecretVariable[] = "PAYMENTS_SIGNING_SECRET";
constexpr long kTimeoutSeconds = 30;

struct Options {
  int port = 0;
  std::string ca_path;
  std::uint64_t seed = 0;
  std::string manifest_path;
  int every_ms = 0;  // 0: one round for each line on standard input
  bool slow = false;
  std::string api_key;  // set by the restart
};

struct Call {
  const char* method;
  std::string path;
  std::vector<std::string> headers;
  std::string body;
};

std::string bearer(const std::string& token) { return "Authorization: Bearer " + token; }

std::string charge_request(const PlantedSet& planted) {
  const nlohmann::json body = {
      {"amount", 4200},
      {"card", {{"number", planted.pan}, {"exp_month", 11}, {"exp_year", 2031}}},
      {"receipt_email", planted.email},
      {"statement_note", "checked with " + planted.signing_secret + " before sending"}};
  return body.dump();
}

std::string destination_request(const PlantedSet& planted) {
  const nlohmann::json body = {
      {"bucket", "ledger-exports"},
      {"aws_access_key_id", planted.aws_access_key_id},
      {"aws_secret_access_key", planted.aws_secret_key},
      {"contact", {{"full_name", planted.full_name}, {"phone", planted.phone}}}};
  return body.dump();
}

std::string percent_encode(const std::string& value) {
  const std::unique_ptr<char, decltype(&curl_free)> text(
      curl_easy_escape(nullptr, value.data(), static_cast<int>(value.size())), &curl_free);
  return text.get();
}

std::vector<Call> calls_of_one_round(const PlantedSet& planted, bool slow) {
  const std::string json = "Content-Type: application/json";
  const std::string cookie = "Cookie: session=" + planted.session_cookie + "; theme=dark";
  std::vector<Call> calls = {
      {"POST",
       "/v1/charges",
       {bearer(planted.api_key), json, "X-Request-Id: req_8fK2"},
       charge_request(planted)},
      {"POST", "/v1/charges/declined", {bearer(planted.api_key), json}, charge_request(planted)},
      {"GET", "/v1/limits", {bearer(planted.jwt)}, ""},
      {"GET", "/v1/broken?email=" + percent_encode(planted.email), {cookie}, ""},
      {"GET", "/v1/status", {cookie}, ""},
      {"GET", "/v1/events", {bearer(planted.api_key)}, ""},
      {"GET", "/v1/customers", {bearer(planted.api_key), "Accept-Encoding: gzip"}, ""},
      {"POST", "/v1/upload", {bearer(planted.api_key), json}, destination_request(planted)},
      {"POST",
       "/oauth/token",
       {},
       "grant_type=client_credentials&client_secret=" + planted.client_secret +
           "&iban=" + planted.iban},
      {"GET", "/v1/export?bytes=32768", {bearer(planted.api_key)}, ""},
  };
  if (slow) calls.push_back({"GET", "/v1/slow", {bearer(planted.api_key)}, ""});
  return calls;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// One connection to the vendor, kept open over all rounds.
class Client {
 public:
  Client(const Options& options, const PlantedSet& planted)
      : handle_(curl_easy_init()),
        base_("https://" + std::string(scopetrace::testing::kVendorHost) + ":" +
              std::to_string(options.port)),
        login_("ledger-bot:" + planted.basic_password) {
    const std::string mapping = std::string(scopetrace::testing::kVendorHost) + ":" +
                                std::to_string(options.port) + ":127.0.0.1";
    resolve_ = curl_slist_append(nullptr, mapping.c_str());
    ST_CHECK(handle_ != nullptr && resolve_ != nullptr);
    curl_easy_setopt(handle_, CURLOPT_RESOLVE, resolve_);
    curl_easy_setopt(handle_, CURLOPT_CAINFO, options.ca_path.c_str());
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &discard);
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT, kTimeoutSeconds);
    curl_easy_setopt(handle_, CURLOPT_NOPROXY, "*");
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    curl_easy_cleanup(handle_);
    curl_slist_free_all(resolve_);
  }

  bool make(const Call& call) {
    curl_slist* headers = nullptr;
    for (const std::string& header : call.headers)
      headers = curl_slist_append(headers, header.c_str());
    const bool is_login = call.path == "/oauth/token";
    curl_easy_setopt(handle_, CURLOPT_URL, (base_ + call.path).c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle_, CURLOPT_USERPWD, is_login ? login_.c_str() : nullptr);
    if (std::string(call.method) == "POST") {
      curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
      curl_easy_setopt(handle_, CURLOPT_COPYPOSTFIELDS, call.body.c_str());
    } else {
      curl_easy_setopt(handle_, CURLOPT_HTTPGET, 1L);
    }
    const CURLcode result = curl_easy_perform(handle_);
    curl_slist_free_all(headers);
    if (result != CURLE_OK) std::fprintf(stderr, "client: %s\n", curl_easy_strerror(result));
    return result == CURLE_OK;
  }

 private:
  CURL* handle_;
  curl_slist* resolve_ = nullptr;
  std::string base_;
  std::string login_;
};

// Waits for the next round: a line on standard input, or the interval. False at its end.
bool wait_for_round(const Options& options) {
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  const int ready = poll(&input, 1, options.every_ms > 0 ? options.every_ms : -1);
  if (ready == 0) return true;
  char c = 0;
  while (read(STDIN_FILENO, &c, 1) == 1) {
    if (c == '\n') return true;
  }
  return false;
}

int run(const Options& options, const PlantedSet& planted) {
  Client client(options, planted);
  const std::vector<Call> calls = calls_of_one_round(planted, options.slow);
  std::printf("ready %d\n", getpid());
  std::fflush(stdout);
  while (wait_for_round(options)) {
    std::size_t answered = 0;
    for (const Call& call : calls) answered += client.make(call) ? 1 : 0;
    if (options.every_ms == 0) std::printf("done %zu\n", answered);
    std::fflush(stdout);
    if (answered == 0) return 1;  // the vendor is gone
  }
  return 0;
}

// Puts the keys into the environment and argument list, then starts over as the same process.
int restart(int argc, char** argv, const PlantedSet& planted) {
  std::string option = "--api-key=" + planted.api_key;
  std::vector<char*> arguments(argv, argv + argc);
  arguments.push_back(option.data());
  arguments.push_back(nullptr);
  setenv(kSecretVariable, planted.signing_secret.c_str(), 1);
  execv("/proc/self/exe", arguments.data());
  std::perror("client: exec");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("A program that calls the test vendor");
  app.add_option("--port", options.port)->required();
  app.add_option("--ca", options.ca_path)->required();
  app.add_option("--seed", options.seed)->required();
  app.add_option("--manifest", options.manifest_path);
  app.add_option("--every-ms", options.every_ms);
  app.add_flag("--slow", options.slow);
  app.add_option("--api-key", options.api_key);
  CLI11_PARSE(app, argc, argv);

  const PlantedSet planted = scopetrace::testing::make_planted(options.seed);
  if (options.api_key.empty()) return restart(argc, argv, planted);
  if (!options.manifest_path.empty()) {
    const auto written = scopetrace::testing::write_manifest(options.manifest_path, planted);
    if (!written) {
      std::fprintf(stderr, "client: %s\n", written.error().message().c_str());
      return 1;
    }
  }
  return run(options, planted);
}
