// SPDX-License-Identifier: Apache-2.0
// What the stages of the redactor held of a message that is not told is gone from memory with it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tests/support/event_builder.h"
#include "userspace/base/unique_fd.h"
#include "userspace/base/wiping_heap.h"
#include "userspace/redact/rules/rules.h"
#include "userspace/session/redact/chain.h"

namespace scopetrace {
namespace {

class FrameDropper final : public Sink<DataFrame> {
 public:
  Status push(DataFrame /*frame*/) override { return {}; }
  Status finish() override { return {}; }
};

// A text that stands nowhere in memory but where it was told to stand.
class Marker {
 public:
  explicit Marker(unsigned seed) {
    for (unsigned i = 0; i < kSize; ++i) {
      seed = seed * 1'103'515'245U + 12'345U;
      hidden_[i] = static_cast<char>(('a' + (seed >> 16) % 26) ^ kMask);
    }
  }
  std::string text() const {
    std::string out(kSize, '\0');
    for (unsigned i = 0; i < kSize; ++i) out[i] = static_cast<char>(hidden_[i] ^ kMask);
    return out;
  }
  bool is_at(const char* place) const {
    for (unsigned i = 0; i < kSize; ++i) {
      if (place[i] != static_cast<char>(hidden_[i] ^ kMask)) return false;
    }
    return true;
  }
  static constexpr unsigned kSize = 48;

 private:
  static constexpr char kMask = 0x15;
  char hidden_[kSize];
};

// How often it stands in the writable memory of this process.
std::size_t count_copies(const Marker& marker) {
  constexpr std::size_t kStep = 1 << 20;
  const std::size_t room = kStep + Marker::kSize;
  // Read through one mapping that is left out itself.
  char* buffer = static_cast<char*>(
      mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const UniqueFd memory(open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  std::size_t copies = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx rw", &begin, &end) != 2) continue;
    if (line.find(" rw") == line.npos) continue;
    const auto own = reinterpret_cast<unsigned long>(buffer);
    for (unsigned long at = begin; at < end; at += kStep) {
      if (at < own + room && own < at + room) continue;
      const std::size_t wanted = std::min<std::size_t>(room, end - at);
      const ssize_t got = pread(memory.get(), buffer, wanted, static_cast<off_t>(at));
      const std::size_t size = got < 0 ? 0 : static_cast<std::size_t>(got);
      for (std::size_t i = 0; i < kStep && i + Marker::kSize <= size; ++i)
        copies += marker.is_at(buffer + i) ? 1 : 0;
    }
  }
  munmap(buffer, room);
  return copies;
}

void push(Chain& chain, TlsCallBuilder& call) {
  ASSERT_TRUE(chain.push(as_bytes(call.record())).has_value());
}

struct Untold {
  const char* third_party;
  const char* level;
};
void PrintTo(const Untold& untold, std::ostream* out) {
  *out << untold.third_party << " at " << untold.level;
}

class ParserMemoryTest : public testing::TestWithParam<Untold> {
 protected:
  ParserMemoryTest() {
    wipe_freed_memory();
    RedactConfig config;
    config.level = GetParam().level;
    config.third_parties = {GetParam().third_party};
    config.requests = {"any"};
    config.families = {"tls"};
    chain_ = *Chain::make(config, standard_profile(), frames_);
  }

  // A request whose body is half there, then the rest, the answer and the end.
  void begin(const Marker& marker) {
    TlsCallBuilder call("POST /v1 HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 58\r\n\r\n" +
                        marker.text());
    position_ = call.raw().call_bytes;
    push(*chain_, call);
  }
  void end() {
    TlsCallBuilder rest("0123456789");
    push(*chain_, rest.at(position_));
    TlsCallBuilder answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    push(*chain_, answer.direction(ST_INGRESS));
    ASSERT_TRUE(chain_->push(as_bytes(record_of(make_close(7)))).has_value());
  }

  FrameDropper frames_;
  std::unique_ptr<Chain> chain_;
  std::uint64_t position_ = 0;
};

TEST_P(ParserMemoryTest, HoldsNothingOfAMessageThatIsOver) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer has a heap of its own";
#endif
  const Marker marker(20'261'129);
  begin(marker);
  EXPECT_GE(count_copies(marker), 1U);  // else the search would prove nothing
  end();
  ASSERT_TRUE(chain_->finish().has_value());
  EXPECT_EQ(count_copies(marker), 0U);
}

// Out of scope nobody looks at it; at metadata no text of it is told. What is told stays in the
// compressor for a while, and what was replaced in memory for secrets.
INSTANTIATE_TEST_SUITE_P(Untold, ParserMemoryTest,
                         testing::Values(Untold{"other.example.com", "redacted"},
                                         Untold{"api.example.com", "metadata"}));

}  // namespace
}  // namespace scopetrace
