// SPDX-License-Identifier: Apache-2.0
// Measures the pure pipeline on generated records: JSON API exchanges with bodies of 1 to 16 KiB,
// every fourth gzipped. BM_Dissect stops at messages, the same in HTTP/1 and in HTTP/2; BM_Pipeline
// goes on to compressed frames.
// Bytes per second count the plaintext that the kernel side delivers.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/deflate.h"
#include "tests/support/event_builder.h"
#include "tests/support/http2_builder.h"
#include "userspace/base/wiping_heap.h"
#include "userspace/protocol/dissector.h"
#include "userspace/protocol/message.h"
#include "userspace/redact/rules/rules.h"
#include "userspace/session/redact/chain.h"
#include "userspace/stream/reassembler.h"
#include "userspace/wire/decode.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kObjects = 16;  // TLS objects that take turns
constexpr int kExchanges = 512;

// Makes the ring records of a target that calls a JSON API.
class TrafficGenerator {
 public:
  explicit TrafficGenerator(bool is_http2) : is_http2_(is_http2) {}

  std::vector<std::string> make() {
    for (std::uint64_t id = 1; is_http2_ && id <= kObjects; ++id) {
      add_call(id, ST_EGRESS, std::string(kHttp2Preface) + http2_settings());
      add_call(id, ST_INGRESS, http2_settings());
    }
    for (int i = 0; i < kExchanges; ++i) add_exchange(i);
    return std::move(records_);
  }

 private:
  std::string json(std::size_t size_bytes) {
    std::string text = "{\"items\": [";
    while (text.size() < size_bytes) {
      text += "{\"id\": " + std::to_string(random_() % 100000) + ", \"name\": \"item " +
              std::to_string(random_() % 1000) +
              "\", \"state\": \"open\", \"total\": " + std::to_string(random_() % 5000) + "},";
    }
    return text + "null]}";
  }

  void add_exchange(int number) {
    const std::uint64_t tls_id = 1 + static_cast<std::uint64_t>(number) % kObjects;
    const bool is_gzip = number % 4 == 0;
    const std::string asked = json(1024);
    const std::string answer = json(1024 + random_() % (15 * 1024));
    const std::string body = is_gzip ? deflated(answer, kGzipBits) : answer;
    if (is_http2_) return add_http2_exchange(tls_id, number, asked, is_gzip, body);
    add_call(tls_id, ST_EGRESS,
             "POST /v1/items/" + std::to_string(number) +
                 "?page=2 HTTP/1.1\r\nHost: api.vendor.example\r\nAccept: */*\r\n"
                 "Content-Type: application/json\r\nContent-Length: " +
                 std::to_string(asked.size()) + "\r\n\r\n" + asked);
    add_call(tls_id, ST_INGRESS,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" +
                 std::string(is_gzip ? "Content-Encoding: gzip\r\n" : "") +
                 "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  void add_http2_exchange(std::uint64_t tls_id, int number, const std::string& asked, bool is_gzip,
                          const std::string& body) {
    const auto stream = static_cast<std::uint32_t>(1 + 2 * (number / static_cast<int>(kObjects)));
    const std::string head = clients_[tls_id].headers(
        stream, {{":method", "POST"},
                 {":scheme", "https"},
                 {":authority", "api.vendor.example"},
                 {":path", "/v1/items/" + std::to_string(number) + "?page=2"},
                 {"accept", "*/*"},
                 {"content-type", "application/json"},
                 {"content-length", std::to_string(asked.size())}});
    add_call(tls_id, ST_EGRESS, head + Http2Builder::data(stream, asked, kEndStream));
    Http2Builder::Fields fields = {{":status", "200"}, {"content-type", "application/json"}};
    if (is_gzip) fields.push_back({"content-encoding", "gzip"});
    fields.push_back({"content-length", std::to_string(body.size())});
    const std::string answer = servers_[tls_id].headers(stream, fields);
    add_call(tls_id, ST_INGRESS, answer + Http2Builder::data(stream, body, kEndStream));
  }

  void add_call(std::uint64_t tls_id, st_direction direction, const std::string& call) {
    time_ns_ += 100'000;
    std::uint64_t& position = position_[tls_id][direction];
    for (std::size_t at = 0; at < call.size(); at += ST_CHUNK_BYTES) {
      TlsCallBuilder chunk(std::string_view(call).substr(at, ST_CHUNK_BYTES));
      chunk.object(tls_id).connection(tls_id).at(position).direction(direction).time(time_ns_);
      chunk.part(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(call.size()));
      records_.push_back(chunk.record());
    }
    position += call.size();
  }

  const bool is_http2_;
  Http2Builder clients_[kObjects + 1];
  Http2Builder servers_[kObjects + 1];
  std::mt19937 random_{7};
  std::vector<std::string> records_;
  std::uint64_t position_[kObjects + 1][2] = {};
  std::uint64_t time_ns_ = 1'000'000;
};

const std::vector<std::string>& traffic(bool is_http2 = false) {
  static const std::vector<std::string> http1 = TrafficGenerator(false).make();
  static const std::vector<std::string> http2 = TrafficGenerator(true).make();
  return is_http2 ? http2 : http1;
}

std::int64_t payload_bytes(bool is_http2 = false) {
  std::size_t total = 0;
  for (const std::string& record : traffic(is_http2)) total += record.size() - sizeof(st_tls_event);
  return static_cast<std::int64_t>(total);
}

class MessageCounter final : public MessageSink {
 public:
  Status push(Message message) override {
    exchanges += std::holds_alternative<HttpExchange>(message) ? 1 : 0;
    return {};
  }
  Status finish() override { return {}; }
  int exchanges = 0;
};

class FrameCounter final : public Sink<DataFrame> {
 public:
  Status push(DataFrame frame) override {
    compressed_bytes += frame.compressed.size();
    return {};
  }
  Status finish() override { return {}; }
  std::size_t compressed_bytes = 0;
};

void dissect(benchmark::State& state, bool is_http2) {
  traffic();
  for (auto _ : state) {
    MessageCounter messages;
    DissectorCounters counters;
    const auto dissector = make_dissector(messages, &counters);
    Reassembler reassembler(*dissector);
    for (const std::string& record : traffic(is_http2)) {
      const auto event = decode(as_bytes(record));
      ST_CHECK(event && reassembler.push(*event));
    }
    ST_CHECK(reassembler.finish() && messages.exchanges == kExchanges);
    state.counters["peak_bytes"] = static_cast<double>(counters.peak_memory_bytes);
  }
  state.SetBytesProcessed(state.iterations() * payload_bytes(is_http2));
}

void BM_Dissect(benchmark::State& state) { dissect(state, false); }
void BM_DissectHttp2(benchmark::State& state) { dissect(state, true); }
BENCHMARK(BM_Dissect)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DissectHttp2)->Unit(benchmark::kMillisecond);

void run_pipeline(benchmark::State& state, const char* level) {
  traffic();
  RedactConfig config;
  config.level = level;
  config.third_parties = {"any"};
  config.requests = {"any"};
  config.families = {"tls", "sockets"};
  for (auto _ : state) {
    FrameCounter frames;
    state.PauseTiming();  // the rules are compiled once a session
    const auto chain = Chain::make(config, standard_profile(), frames);
    state.ResumeTiming();
    ST_CHECK(chain.has_value());
    for (const std::string& record : traffic()) ST_CHECK((*chain)->push(as_bytes(record)));
    ST_CHECK((*chain)->finish() && frames.compressed_bytes > 0);
    state.counters["bundle_bytes"] = static_cast<double>(frames.compressed_bytes);
  }
  state.SetBytesProcessed(state.iterations() * payload_bytes());
}

void BM_PipelineRedacted(benchmark::State& state) { run_pipeline(state, "redacted"); }
void BM_PipelineShape(benchmark::State& state) { run_pipeline(state, "shape"); }
void BM_PipelineMetadata(benchmark::State& state) { run_pipeline(state, "metadata"); }
BENCHMARK(BM_PipelineRedacted)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_PipelineShape)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_PipelineMetadata)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace scopetrace

// Memory is wiped as scopetrace-redact does it, unless the first argument is --no-wiping.
int main(int argc, char** argv) {
  const bool is_wiping = argc < 2 || std::string_view(argv[1]) != "--no-wiping";
  if (is_wiping) scopetrace::wipe_freed_memory();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
