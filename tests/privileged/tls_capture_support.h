// SPDX-License-Identifier: Apache-2.0
// What the tests of TLS capture share: one captured run of a target, and what the ring said.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/loopback.h"
#include "tests/support/ring_consumer.h"
#include "tests/support/tls_peer.h"
#include "userspace/base/clock.h"
#include "userspace/base/unique_fd.h"
#include "userspace/probe/probe_set.h"

namespace scopetrace::testing {

inline constexpr std::uint64_t kSessionNs = 60 * kNanosecondsPerSecond;

// What the ring said about one direction of one TLS object.
struct Stream {
  std::string bytes;            // chunks laid out at their positions
  std::vector<bool> is_copied;  // for each of `bytes`: it came
  std::uint64_t end = 0;        // position after the last call
  std::uint64_t truncated = 0;  // calls with ST_TLS_TRUNCATED
  std::uint64_t calls = 0;

  // Bytes that came, without what is missing between them.
  std::string present() const {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (is_copied[i]) text += bytes[i];
    return text;
  }
};

struct Seen {
  std::map<std::pair<std::uint64_t, int>, Stream> streams;  // by tls_id and direction
  std::set<std::uint32_t> tgids;
  std::vector<st_tls_peer_event> peers;
  std::vector<st_connection_event> connections;
  std::vector<st_tls_close_event> closes;
  std::vector<st_window_event> windows;
  std::vector<st_process_event> processes;
  std::vector<st_tls_event> tails;  // what could not be copied of calls
  std::vector<st_log_event> logs;
  std::vector<st_call_event> calls;
  // Of handshakes, by connection: the client's flight, the server's, and all flags together.
  struct Handshake {
    std::string flights[2];
    unsigned flags = 0;
  };
  std::map<std::uint64_t, Handshake> handshakes;
  struct Datagram {
    st_dns_event record;
    std::string bytes;
  };
  std::vector<Datagram> datagrams;

  void add(Bytes record) {
    st_event_header header{};
    std::memcpy(&header, record.data(), sizeof(header));
    tgids.insert(header.tgid);
    if (header.type == ST_EVENT_TLS) add_tls(record);
    if (header.type == ST_EVENT_TLS_PEER) keep(peers, record);
    if (header.type == ST_EVENT_CONNECTION) keep(connections, record);
    if (header.type == ST_EVENT_TLS_CLOSE) keep(closes, record);
    if (header.type == ST_EVENT_WINDOW) keep(windows, record);
    if (header.type == ST_EVENT_LOG) keep(logs, record);
    if (header.type == ST_EVENT_CALL) keep(calls, record);
    if (header.type == ST_EVENT_HANDSHAKE) add_handshake(record);
    if (header.type == ST_EVENT_DNS) add_datagram(record);
    if (header.type >= ST_EVENT_FORK && header.type <= ST_EVENT_EXIT) keep(processes, record);
  }

  Stream only(int direction) const {
    Stream found;
    int count = 0;
    for (const auto& [key, stream] : streams) {
      if (key.second != direction) continue;
      found = stream;
      ++count;
    }
    EXPECT_LE(count, 1) << "more than one TLS object";
    return found;
  }

 private:
  template <class T>
  static void keep(std::vector<T>& list, Bytes record) {
    T event{};
    std::memcpy(&event, record.data(), sizeof(event));
    list.push_back(event);
  }

  void add_handshake(Bytes record) {
    st_handshake_event event{};
    std::memcpy(&event, record.data(), sizeof(event));
    Handshake& handshake = handshakes[event.conn_id];
    handshake.flags |= event.flags;
    handshake.flights[event.flags & ST_HANDSHAKE_SERVER] +=
        as_text(record.subspan(sizeof(event), event.kept_bytes));
  }

  void add_datagram(Bytes record) {
    st_dns_event event{};
    std::memcpy(&event, record.data(), sizeof(event));
    datagrams.push_back(
        {event, std::string(as_text(record.subspan(sizeof(event), event.kept_bytes)))});
  }

  void add_tls(Bytes record) {
    st_tls_event event{};
    std::memcpy(&event, record.data(), sizeof(event));
    Stream& stream = streams[{event.tls_id, event.direction}];
    const std::uint64_t at = event.position + event.offset_bytes;
    stream.end = std::max<std::uint64_t>(stream.end, event.position + event.call_bytes);
    stream.truncated += (event.flags & ST_TLS_TRUNCATED) != 0 && event.offset_bytes == 0;
    stream.calls += event.offset_bytes == 0;
    if (event.chunk_bytes == 0) tails.push_back(event);
    if ((event.flags & ST_TLS_FAULT) != 0) return;
    if (stream.bytes.size() < at + event.chunk_bytes) stream.bytes.resize(at + event.chunk_bytes);
    stream.is_copied.resize(stream.bytes.size());
    std::fill_n(stream.is_copied.begin() + static_cast<std::ptrdiff_t>(at), event.chunk_bytes,
                true);
    std::memcpy(stream.bytes.data() + at, record.data() + sizeof(event), event.chunk_bytes);
  }
};

struct Options {
  std::optional<AttachKind> kind;  // the best that the kernel has, unless told
  std::uint64_t session_ns = kSessionNs;
  bool resume = true;
  // Changes limits before load.
  std::function<void(ProbeConfig&)> configure = [](ProbeConfig&) {};
  // Called with everything attached, before the target runs. The set lives until it has run, and
  // the server is run meanwhile.
  std::function<void(ProbeSet&)> on_ready = [](ProbeSet&) {};
};

// The limits of a session on `tgid`: the defaults, and all of one CPU.
ProbeConfig config_for(std::uint32_t tgid, const Options& options);
// Attaches to SSL_read, SSL_write, their _ex and early data variants, SSL_free and SSL_clear of the
// library in use.
void attach_openssl(ProbeSet& probes);
// Captures one run of the target; `counters` are the kernel's after it.
Seen capture(TlsTarget& target, const Options& options, ProbeCounters& counters);

// Writes all of `text`, `step` bytes a call. For the target's process: exits on failure.
void write_all_in(SSL* ssl, const std::string& text, std::size_t step);

// One end of TLS over a connected socket, after its handshake.
class TlsEnd {
 public:
  enum class Role { kClient, kServer };
  TlsEnd(UniqueFd fd, Role role);
  ~TlsEnd();
  TlsEnd(const TlsEnd&) = delete;
  TlsEnd& operator=(const TlsEnd&) = delete;
  SSL* ssl() const { return ssl_; }

 private:
  UniqueFd fd_;
  SSL_CTX* context_;
  SSL* ssl_;
};

class TlsCaptureBpfTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Result<FeatureReport> features = probe_features();
    if (features) return;
    std::printf("skipped: %s\n", features.error().message().c_str());
    std::exit(77);
  }
  ProbeCounters counters_;
};

// How the kernel side learns of the target's sockets; the second is what kernels before 6.3 have.
struct SocketCase {
  const char* name;
  bool avoids_lengths;
  st_peer_source source;  // of a peer that was found by a call inside
};
inline void PrintTo(const SocketCase& row, std::ostream* out) { *out << row.name; }

class SocketsBpfTest : public TlsCaptureBpfTest, public ::testing::WithParamInterface<SocketCase> {
 protected:
  static Options options() {
    Options options;
    options.configure = [](ProbeConfig& config) {
      config.avoid_socket_lengths = GetParam().avoids_lengths;
    };
    return options;
  }
};

}  // namespace scopetrace::testing
