// SPDX-License-Identifier: Apache-2.0
#include "tests/support/vendor.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

constexpr char kJson[] = "application/json";
constexpr std::chrono::seconds kSlowAnswer{2};
constexpr std::size_t kDefaultExportBytes = 256 * 1024;
constexpr std::size_t kMaxExportBytes = 64 * 1024 * 1024;
constexpr std::size_t kServerThreads = 80;  // a connection that is kept alive has one to itself

json customer_of(const PlantedSet& planted) {
  return {{"full_name", planted.full_name},
          {"email", planted.email},
          {"phone", planted.phone},
          {"ssn", planted.ssn},
          {"address", {{"street", planted.street}, {"city", "Springfield"}, {"country", "US"}}}};
}

std::string charge_answer(const PlantedSet& planted) {
  const json answer = {{"id", "ch_1042"},
                       {"status", "succeeded"},
                       {"amount", 4200},
                       {"currency", "eur"},
                       {"customer", customer_of(planted)},
                       {"card", {{"number", planted.pan}, {"brand", "visa"}}},
                       {"bank_account", {{"iban", planted.iban}}},
                       {"webhook", {{"secret", planted.webhook_secret}}}};
  return answer.dump();
}

std::string error_answer(const char* type, const char* code, const std::string& message) {
  return json{{"error", {{"type", type}, {"code", code}, {"message", message}}}}.dump();
}

std::string export_lines(const PlantedSet& planted, std::size_t size_bytes) {
  std::string lines;
  lines.reserve(size_bytes + 1024);
  for (int row = 0; lines.size() < size_bytes; ++row) {
    lines += json{{"row", row}, {"customer", customer_of(planted)}, {"iban", planted.iban}}.dump();
    lines += '\n';
  }
  return lines;
}

// Numbers that hide nothing and hardly compress.
std::string readings(std::size_t size_bytes) {
  static std::atomic<std::uint64_t> answers = 0;
  std::mt19937_64 random(++answers);  // no two answers alike
  std::string list = "[0";
  while (list.size() < size_bytes) list += ',' + std::to_string(random() % 1000);
  return list + "]";
}

std::size_t wanted_bytes(const Request& request) {
  const auto wanted = parse_decimal(request.get_param_value("bytes"));
  return std::min<std::size_t>(wanted.value_or(kDefaultExportBytes), kMaxExportBytes);
}

// Splits text into pieces of `size_bytes`, sent one chunk each.
void send_chunks(Response& response, std::string text, std::size_t size_bytes) {
  response.set_chunked_content_provider(
      "text/plain",
      [text = std::move(text), size_bytes](std::size_t offset, httplib::DataSink& sink) {
        const std::string piece = text.substr(offset, size_bytes);
        if (!sink.write(piece.data(), piece.size())) return false;
        if (offset + piece.size() >= text.size()) sink.done();
        return true;
      });
}

std::string hostile_body() {
  std::string body =
      "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x1b[0m \xc2\x9b"
      "31m \r\n\x08\x08";
  for (int i = 0; i < 256; ++i) body += static_cast<char>(i);
  return body;
}

}  // namespace

struct Vendor::State {
  explicit State(const PlantedSet& set)
      : planted(set),
        identity(make_server_identity(kVendorHost)),
        secure(identity.certificate.get(), identity.key.get()) {}

  // All of the above on one server, which then listens.
  int serve(httplib::Server& server);
  void add_answers(httplib::Server& server);
  void add_failures(httplib::Server& server);
  void add_shapes(httplib::Server& server);
  void stop(httplib::Server& server);
  void hold(Response& response);
  void answer_slowly(Response& response);

  const PlantedSet planted;
  ServerIdentity identity;
  httplib::SSLServer secure;
  httplib::Server plain;
  int port = 0;
  int plain_port = 0;
  std::mutex mutex;
  std::condition_variable changed;
  int held = 0;      // requests for /v1/hold so far
  int released = 0;  // calls of release() so far
  bool stopping = false;
  std::vector<std::thread> threads;
};

void Vendor::State::add_answers(httplib::Server& server) {
  server.Post("/v1/charges", [this](const Request&, Response& response) {
    response.set_content(charge_answer(planted), kJson);
  });
  server.Get("/v1/customers", [this](const Request&, Response& response) {
    response.set_header("Set-Cookie", "session=" + planted.issued_cookie + "; Secure; HttpOnly");
    response.set_content(json{{"data", {customer_of(planted)}}}.dump(), kJson);
  });
  server.Post("/oauth/token", [this](const Request&, Response& response) {
    const json answer = {{"access_token", planted.access_token},
                         {"refresh_token", planted.refresh_token},
                         {"token_type", "Bearer"},
                         {"expires_in", 3600}};
    response.set_content(answer.dump(), kJson);
  });
  server.Post("/v1/upload", [](const Request& request, Response& response) {
    response.set_content(json{{"received", request.body.size()}}.dump(), kJson);
  });
}

void Vendor::State::add_failures(httplib::Server& server) {
  server.Post("/v1/charges/declined", [this](const Request&, Response& response) {
    response.status = 402;
    response.set_content(
        error_answer("card_error", "card_declined",
                     "card " + planted.pan + " of " + planted.email + " was declined"),
        kJson);
  });
  server.Get("/v1/limits", [](const Request&, Response& response) {
    response.status = 429;
    response.set_header("Retry-After", "7");
    response.set_content(error_answer("rate_limit", "too_many_requests", "slow down"), kJson);
  });
  server.Get("/v1/broken", [](const Request&, Response& response) {
    response.status = 500;
    response.set_content(error_answer("api_error", "internal", "try again later"), kJson);
  });
  server.Get("/v1/status", [this](const Request&, Response& response) {
    response.set_content(
        error_answer("invalid_request", "unknown_customer", "no customer with " + planted.email),
        kJson);
  });
}

void Vendor::State::add_shapes(httplib::Server& server) {
  server.Get("/v1/slow", [this](const Request&, Response& response) { answer_slowly(response); });
  server.Get("/v1/hold", [this](const Request&, Response& response) { hold(response); });
  server.Get("/v1/events", [this](const Request&, Response& response) {
    send_chunks(response,
                "event: card\ndata: paid with " + planted.pan_grouped + " by " + planted.email +
                    "\n\nevent: account\ndata: refund to " + planted.iban + "\n\n",
                7);
  });
  server.Get("/v1/export", [this](const Request& request, Response& response) {
    response.set_content(export_lines(planted, wanted_bytes(request)), "application/x-ndjson");
  });
  server.Get("/v1/readings", [](const Request& request, Response& response) {
    response.set_content(readings(wanted_bytes(request)), kJson);
  });
  server.Get("/v1/hostile", [](const Request&, Response& response) {
    response.set_header("X-Note", "\x1b]0;owned\x07\x1b[31m");
    response.set_content(hostile_body(), "text/plain");
  });
}

void Vendor::State::hold(Response& response) {
  std::unique_lock lock(mutex);
  const int ticket = ++held;
  changed.notify_all();
  changed.wait(lock, [&] { return stopping || released >= ticket; });
  response.set_content(json{{"held", ticket}}.dump(), kJson);
}

void Vendor::State::answer_slowly(Response& response) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, kSlowAnswer, [&] { return stopping; });
  response.set_content(json{{"status", "late"}}.dump(), kJson);
}

int Vendor::State::serve(httplib::Server& server) {
  ST_CHECK(server.is_valid());
  server.new_task_queue = [] { return new httplib::ThreadPool(kServerThreads); };
  server.set_tcp_nodelay(true);  // answers in two writes would wait 40 ms for an ACK
  server.set_keep_alive_max_count(1000000);
  server.set_keep_alive_timeout(60);
  add_answers(server);
  add_failures(server);
  add_shapes(server);
  const int bound = server.bind_to_any_port("127.0.0.1");
  ST_CHECK(bound > 0);
  // Bound and listening: connections queue up until the thread accepts them.
  threads.emplace_back([&server] { server.listen_after_bind(); });
  return bound;
}

void Vendor::State::stop(httplib::Server& server) {
  while (!server.is_running()) std::this_thread::yield();  // stop() before start is lost
  server.stop();
}

Vendor::Vendor(const PlantedSet& planted) : state_(std::make_unique<State>(planted)) {
  state_->port = state_->serve(state_->secure);
  state_->plain_port = state_->serve(state_->plain);
}

Vendor::~Vendor() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  state_->stop(state_->secure);
  state_->stop(state_->plain);
  for (std::thread& thread : state_->threads) thread.join();
}

int Vendor::port() const { return state_->port; }
int Vendor::plain_port() const { return state_->plain_port; }
const ServerIdentity& Vendor::identity() const { return state_->identity; }

void Vendor::release() {
  const std::lock_guard lock(state_->mutex);
  ++state_->released;
  state_->changed.notify_all();
}

void Vendor::wait_until_held() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->held > state_->released; });
}

}  // namespace scopetrace::testing
