// SPDX-License-Identifier: Apache-2.0
// Measures bundles beside plain zstd on the same lines: writing with seals against compressing, and
// verifying against decompressing. `ratio` is raw bytes a stored byte.
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <random>

#include "tests/support/bundle_fixture.h"

namespace scopetrace {
namespace {

constexpr std::size_t kLines = 65536;  // about 32 MB

// Lines of exchanges with a redacted body of a few hundred bytes.
const std::vector<std::string>& lines() {
  static const std::vector<std::string> kAll = [] {
    std::mt19937 random(7);
    std::vector<std::string> all;
    for (std::size_t i = 0; i < kLines; ++i) {
      std::string line =
          R"({"type":"http","n":)" + std::to_string(i) + R"(,"time":"2026-09-21T14:13:21.)" +
          std::to_string(100000000 + random() % 800000000) +
          R"(Z","tgid":4211,"tid":4213,"conn":")" + std::to_string(random() % 64) +
          R"(","request":{"method":"POST","target":"/v1/items/)" + std::to_string(random()) +
          R"(","host":"api.vendor.example"},"response":{"status":200,"body":{"text":"[)";
      for (int k = 0; k < 8; ++k)
        line += R"({\"id\":)" + std::to_string(random() % 100000) + R"(,\"state\":\"open\"},)";
      all.push_back(line + "]\"}}}\n");
    }
    return all;
  }();
  return kAll;
}

std::string raw_text() {
  std::string text;
  for (const std::string& line : lines()) text += line;
  return text;
}

// Collects what is written, cheaper than MemorySink.
class BufferSink final : public ByteSink {
 public:
  Status reserve(std::uint64_t) override { return {}; }
  Status write(Bytes bytes) override {
    append(written, bytes);
    return {};
  }
  Status sync() override { return {}; }

  ByteVector written;
};

ByteVector write_bundle(BundleFixture& fixture) {
  BufferSink sink;
  BundleWriter writer(sink, fixture.signer, fixture.keys);
  const BundleStart start = fixture.start();
  ST_CHECK(writer.start(start).has_value());
  WriterSink frames(writer);
  FrameBuilder builder(start.leaf_salt, frames);
  for (const std::string& line : lines()) ST_CHECK(builder.push(line).has_value());
  ST_CHECK(builder.finish().has_value());
  ST_CHECK(writer.finish({.reason = "limit", .clocks = fixture_clocks(8)}).has_value());
  return sink.written;
}

void count(benchmark::State& state, std::size_t raw, std::size_t stored) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * raw));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kLines));
  state.counters["ratio"] = static_cast<double>(raw) / static_cast<double>(stored);
}

void BM_WriteBundle(benchmark::State& state) {
  BundleFixture fixture;
  std::size_t stored = 0;
  for (auto _ : state) stored = write_bundle(fixture).size();
  count(state, raw_text().size(), stored);
}
BENCHMARK(BM_WriteBundle)->Unit(benchmark::kMillisecond);

void BM_ZstdCompress(benchmark::State& state) {
  const std::string text = raw_text();
  std::string out(ZSTD_compressBound(text.size()), '\0');
  std::size_t stored = 0;
  for (auto _ : state)
    stored = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), kZstdLevel);
  count(state, text.size(), stored);
}
BENCHMARK(BM_ZstdCompress)->Unit(benchmark::kMillisecond);

void BM_VerifyBundle(benchmark::State& state) {
  BundleFixture fixture;
  const ByteVector bundle = write_bundle(fixture);
  const VerifyInputs inputs{.trust = fixture.trust(), .on_line = {}};
  for (auto _ : state) ST_CHECK(fixture.verify(bundle, inputs).verdict == Verdict::kComplete);
  count(state, raw_text().size(), bundle.size());
}
BENCHMARK(BM_VerifyBundle)->Unit(benchmark::kMillisecond);

void BM_ZstdDecompress(benchmark::State& state) {
  const std::string text = raw_text();
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), kZstdLevel));
  std::string out(text.size(), '\0');
  for (auto _ : state)
    benchmark::DoNotOptimize(ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()));
  count(state, text.size(), packed.size());
}
BENCHMARK(BM_ZstdDecompress)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace scopetrace

BENCHMARK_MAIN();
