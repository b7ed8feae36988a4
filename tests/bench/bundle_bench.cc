// SPDX-License-Identifier: Apache-2.0
// Measures bundles beside plain zstd on the same lines: writing with seals against compressing, and
// verifying against decompressing. `ratio` is raw bytes a stored byte.
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "tests/support/bundle_fixture.h"
#include "userspace/session/front/opener_threads.h"

namespace scopetrace {
namespace {

constexpr std::size_t kLines = 262144;  // about 127 MB

std::string make_line(std::mt19937& random, std::size_t n) {
  std::string line =
      R"({"type":"http","n":)" + std::to_string(n) + R"(,"time":"2026-09-21T14:13:21.)" +
      std::to_string(100000000 + random() % 800000000) + R"(Z","tgid":4211,"tid":4213,"conn":")" +
      std::to_string(random() % 64) + R"(","request":{"method":"POST","target":"/v1/items/)" +
      std::to_string(random()) +
      R"(","host":"api.vendor.example"},"response":{"status":200,"body":{"text":"[)";
  for (int k = 0; k < 8; ++k)
    line += R"({\"id\":)" + std::to_string(random() % 100000) + R"(,\"state\":\"open\"},)";
  return line + "]\"}}}\n";
}

// Lines of exchanges with a redacted body of a few hundred bytes.
const std::string& text() {
  static const std::string kAll = [] {
    std::mt19937 random(7);
    std::string all;
    for (std::size_t i = 0; i < kLines; ++i) all += make_line(random, i);
    return all;
  }();
  return kAll;
}

const std::vector<std::string_view>& lines() {
  static const std::vector<std::string_view> kAll = [] {
    std::vector<std::string_view> all;
    for (std::string_view rest = text(); !rest.empty(); rest.remove_prefix(all.back().size()))
      all.push_back(rest.substr(0, rest.find('\n') + 1));
    return all;
  }();
  return kAll;
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

void write_bundle(BundleFixture& fixture, BufferSink& sink) {
  sink.written.clear();
  BundleWriter writer(sink, fixture.signer, fixture.keys);
  const BundleStart start = fixture.start();
  ST_CHECK(writer.start(start).has_value());
  WriterSink frames(writer);
  FrameBuilder builder(start.leaf_salt, frames);
  for (const std::string_view line : lines()) ST_CHECK(builder.push(std::string(line)).has_value());
  ST_CHECK(builder.finish().has_value());
  ST_CHECK(writer.finish({.reason = "limit", .clocks = fixture_clocks(8)}).has_value());
}

void count(benchmark::State& state, std::size_t raw, std::size_t stored) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * raw));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kLines));
  state.counters["ratio"] = static_cast<double>(raw) / static_cast<double>(stored);
}

void BM_WriteBundle(benchmark::State& state) {
  BundleFixture fixture;
  BufferSink sink;
  sink.written.reserve(text().size());
  write_bundle(fixture, sink);  // the lines are made before the clock starts
  for (auto _ : state) write_bundle(fixture, sink);
  count(state, text().size(), sink.written.size());
}
BENCHMARK(BM_WriteBundle)->Unit(benchmark::kMillisecond);

// What the zstd command does with one file: its default level, in one piece, with a checksum.
class ZstdFile {
 public:
  ZstdFile() { ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1); }

  Bytes compress() {
    const std::size_t size =
        ZSTD_compress2(context_.get(), room_.data(), room_.size(), text().data(), text().size());
    ST_CHECK(!ZSTD_isError(size));
    return Bytes(room_).first(size);
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  std::unique_ptr<ZSTD_CCtx, Free> context_{ZSTD_createCCtx()};
  ByteVector room_ = ByteVector(ZSTD_compressBound(text().size()));
};

void BM_ZstdCompress(benchmark::State& state) {
  ZstdFile file;
  std::size_t stored = 0;
  for (auto _ : state) stored = file.compress().size();
  count(state, text().size(), stored);
}
BENCHMARK(BM_ZstdCompress)->Unit(benchmark::kMillisecond);

bool is_whole(Bytes bundle, const VerifyInputs& inputs) {
  MemorySource source(bundle);
  const auto report = verify_bundle(source, inputs);
  return report && report->verdict == Verdict::kComplete;
}

// With the threads that `scopetrace verify` starts.
void BM_VerifyBundle(benchmark::State& state) {
  BundleFixture fixture;
  BufferSink sink;
  write_bundle(fixture, sink);
  const VerifyInputs inputs{
      .trust = fixture.trust(), .on_line = {}, .make_opener = make_opener_threads};
  for (auto _ : state) ST_CHECK(is_whole(sink.written, inputs));
  count(state, text().size(), sink.written.size());
}
BENCHMARK(BM_VerifyBundle)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

void BM_ZstdDecompress(benchmark::State& state) {
  ZstdFile file;
  const Bytes packed = file.compress();
  std::string out(text().size(), '\0');
  for (auto _ : state)
    benchmark::DoNotOptimize(ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()));
  count(state, text().size(), packed.size());
}
BENCHMARK(BM_ZstdDecompress)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace scopetrace

BENCHMARK_MAIN();
