// SPDX-License-Identifier: Apache-2.0
// What is not delivered is counted, nothing is mixed, and probes die with their owner.
#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <openssl/bio.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <ostream>
#include <string>
#include <thread>

#include "tests/privileged/tls_capture_support.h"

namespace scopetrace::testing {
namespace {

class LimitsBpfTest : public TlsCaptureBpfTest {
 protected:
  std::uint64_t lost_bytes() const {
    return counters_[ST_COUNT_LOST_RING_BYTES] + counters_[ST_COUNT_LOST_BUDGET_BYTES] +
           counters_[ST_COUNT_LOST_FAULT_BYTES];
  }
};

// How many bytes of `text` were delivered, each at its place; -1 when a wrong one was.
long count_delivered(const std::string& bytes, const std::string& text) {
  long count = 0;
  if (bytes.size() > text.size()) return -1;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\0') continue;
    if (bytes[i] != text[i]) return -1;
    ++count;
  }
  return count;
}

struct LimitCase {
  const char* name;
  void (*configure)(ProbeConfig&);
  st_counter events;
  st_counter bytes;
};
void PrintTo(const LimitCase& row, std::ostream* out) { *out << row.name; }

class DropsBpfTest : public LimitsBpfTest, public ::testing::WithParamInterface<LimitCase> {};

TEST_P(DropsBpfTest, CountsWhatItDropsAndMixesNothing) {
  const LimitCase& row = GetParam();
  const std::string text = make_pattern(400'000, 33);
  TlsTarget target([&](SSL* ssl) { write_all_in(ssl, text, 4000); },
                   [](SSL* ssl) { read_to_end(ssl); });
  Options options;
  options.configure = row.configure;

  const Seen seen = capture(target, options, counters_);

  const long delivered = count_delivered(seen.only(ST_EGRESS).bytes, text);
  EXPECT_GT(delivered, 0);
  EXPECT_LT(delivered, static_cast<long>(text.size()));
  EXPECT_GT(counters_[row.events], 0U);
  EXPECT_EQ(counters_[row.bytes], text.size() - static_cast<std::size_t>(delivered));
  EXPECT_EQ(counters_[ST_COUNT_BYTES] + lost_bytes(), text.size());
}

INSTANTIATE_TEST_SUITE_P(
    Limits, DropsBpfTest,
    ::testing::Values(LimitCase{"EventsPerSecond",
                                [](ProbeConfig& c) { c.max_events_per_second = 50; },
                                ST_COUNT_LOST_BUDGET_EVENTS, ST_COUNT_LOST_BUDGET_BYTES},
                      LimitCase{"Bytes", [](ProbeConfig& c) { c.max_bytes = 9'000; },
                                ST_COUNT_LOST_BUDGET_EVENTS, ST_COUNT_LOST_BUDGET_BYTES},
                      LimitCase{"RingFull", [](ProbeConfig& c) { c.ring_bytes = 65'536; },
                                ST_COUNT_LOST_RING_EVENTS, ST_COUNT_LOST_RING_BYTES}),
    [](const auto& row) { return row.param.name; });

void pin_to_first_cpu() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  ST_CHECK(::pthread_setaffinity_np(::pthread_self(), sizeof(one), &one) == 0);
}

TEST_F(LimitsBpfTest, KeepsThreadsOfOneCpuApart) {
  const std::string first = make_pattern(4 << 20, 35), second = make_pattern(4 << 20, 37);
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL* ssl) {
        pin_to_first_cpu();
        const TlsEnd other(peer.connect(), TlsEnd::Role::kClient);
        std::thread writer([&] { write_all_in(other.ssl(), second, 16'000); });
        write_all_in(ssl, first, 16'000);
        writer.join();
      },
      [&](SSL* ssl) {
        const TlsEnd other(peer.accept(), TlsEnd::Role::kServer);
        std::thread reader([&] { read_to_end(other.ssl()); });
        read_to_end(ssl);
        reader.join();
      });

  const Seen seen = capture(target, Options{}, counters_);

  ASSERT_EQ(seen.streams.size(), 2U);
  std::size_t matches = 0;
  for (const auto& [key, stream] : seen.streams) {
    matches += stream.bytes == first || stream.bytes == second;
  }
  EXPECT_EQ(matches, 2U);
  EXPECT_NE(seen.streams.begin()->second.bytes == first,
            seen.streams.rbegin()->second.bytes == first);
}

// Drops one page of what is being written as soon as the record is on the socket: the probe at
// the return of SSL_write finds it missing.
long drop_page(BIO* bio, int operation, const char*, std::size_t, int, long, int returned,
               std::size_t*) {
  if (operation == (BIO_CB_WRITE | BIO_CB_RETURN)) {
    ::madvise(BIO_get_callback_arg(bio), 4096, MADV_DONTNEED);
  }
  return returned;
}

struct FaultCase {
  const char* name;
  std::size_t start;  // within the first page
  std::size_t size;
  std::size_t lost_at;  // in the text
  std::size_t lost;
};
void PrintTo(const FaultCase& row, std::ostream* out) { *out << row.name; }

class FaultsBpfTest : public LimitsBpfTest, public ::testing::WithParamInterface<FaultCase> {};

TEST_P(FaultsBpfTest, LosesOnlyTheMissingPage) {
  const FaultCase& row = GetParam();
  std::string text = make_pattern(row.size, 39);
  TlsTarget target(
      [&](SSL* ssl) {
        void* pages =
            ::mmap(nullptr, 65'536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        char* buffer = static_cast<char*>(pages) + row.start;
        std::memcpy(buffer, text.data(), text.size());
        BIO* out = SSL_get_wbio(ssl);
        BIO_set_callback_arg(out, static_cast<char*>(pages) + 8192);
        BIO_set_callback_ex(out, drop_page);
        const bool wrote = SSL_write(ssl, buffer, static_cast<int>(row.size)) > 0;
        BIO_set_callback_ex(out, nullptr);
        if (!wrote) ::_exit(3);
      },
      [](SSL* ssl) { read_to_end(ssl); });

  const Seen seen = capture(target, Options{}, counters_);

  text.replace(row.lost_at, row.lost, row.lost, '\0');
  const Stream stream = seen.only(ST_EGRESS);
  EXPECT_EQ(stream.end, row.size);
  EXPECT_TRUE(stream.bytes == text.substr(0, stream.bytes.size()));
  EXPECT_EQ(stream.bytes.size(), row.lost_at + row.lost == row.size ? row.lost_at : row.size);
  EXPECT_EQ(counters_[ST_COUNT_LOST_FAULT_BYTES], row.lost);
  EXPECT_EQ(counters_[ST_COUNT_BYTES], row.size - row.lost);
}

INSTANTIATE_TEST_SUITE_P(Pages, FaultsBpfTest,
                         ::testing::Values(FaultCase{"Aligned", 0, 16384, 8192, 4096},
                                           FaultCase{"Unaligned", 100, 16384, 8092, 4096},
                                           FaultCase{"AtTheEnd", 8092, 200, 100, 100},
                                           FaultCase{"WholeCall", 8200, 50, 0, 50}),
                         [](const auto& row) { return row.param.name; });

// Ids of the links or programs that the descriptors of a process hold.
std::vector<std::uint32_t> bpf_ids_of(pid_t tgid, const std::string& label) {
  const std::string folder = "/proc/" + std::to_string(tgid) + "/fdinfo/";
  std::vector<std::uint32_t> ids;
  DIR* entries = ::opendir(folder.c_str());
  while (const dirent* entry = ::readdir(entries)) {
    std::ifstream text(folder + entry->d_name);
    for (std::string word; text >> word;) {
      if (word == label && text >> word) ids.push_back(std::stoul(word));
    }
  }
  ::closedir(entries);
  return ids;
}

bool link_exists(std::uint32_t id) {
  bpf_attr attributes{};
  attributes.link_id = id;
  const UniqueFd fd(
      static_cast<int>(::syscall(SYS_bpf, BPF_LINK_GET_FD_BY_ID, &attributes, sizeof(attributes))));
  return fd.get() >= 0;
}

// Loads and attaches in a process of its own that then waits to be killed.
pid_t fork_loader(const TlsTarget& target, int ready_fd) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Result<ProbeSet> probes = ProbeSet::load(config_for(target.tgid(), Options{}));
  if (!probes || !probes->attach_kernel_probes()) ::_exit(3);
  attach_openssl(*probes);
  if (!probes->resume() || ::write(ready_fd, "r", 1) != 1) ::_exit(4);
  for (;;) ::pause();
}

TEST_F(LimitsBpfTest, LeavesNothingBehindWhenKilled) {
  const std::string text = make_pattern(50'000, 41);
  std::string served;
  TlsTarget target([&](SSL* ssl) { write_all_in(ssl, text, 5000); },
                   [&](SSL* ssl) { served = read_to_end(ssl); });
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(::pipe(pipe_fds.data()), 0);
  const pid_t loader = fork_loader(target, pipe_fds[1]);
  ::close(pipe_fds[1]);
  char byte = 0;
  ASSERT_EQ(::read(pipe_fds[0], &byte, 1), 1);
  ::close(pipe_fds[0]);
  const std::vector<std::uint32_t> links = bpf_ids_of(loader, "link_id:");
  ASSERT_GE(links.size(), 7U);  // six tracepoints and the library
  EXPECT_TRUE(link_exists(links.front()));
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, loader, 0)));

  ::kill(loader, SIGKILL);
  pollfd death{process.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&death, 1, 10'000), 1);

  for (const std::uint32_t id : links) EXPECT_FALSE(link_exists(id));
  EXPECT_TRUE(target.run());
  EXPECT_TRUE(served == text);
  ::waitpid(loader, nullptr, 0);
}

}  // namespace
}  // namespace scopetrace::testing
