// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/dissector.h"

#include <algorithm>
#include <list>
#include <unordered_map>
#include <utility>

#include "userspace/protocol/connection.h"
#include "userspace/protocol/dns_lookups.h"
#include "userspace/protocol/handshake_table.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kIdleScanNs = 200'000'000;  // how often silent connections are looked for

// Keeps one Connection a TLS object, bounded in number and memory.
class Dissector final : public Sink<StreamItem> {
 public:
  Dissector(MessageSink& next, DissectorCounters& counters, DissectorLimits limits)
      : outlet_(next, counters), limits_(limits) {}

  Status push(StreamItem item) override {
    std::visit([this](const auto& kind) { on_item(kind); }, item);
    return outlet_.status();
  }

  Status finish() override {
    while (!entries_.empty()) drop(entries_.begin(), end_of(EndCause::kFinished));
    send_all(lookups_.finish());
    return outlet_.finish();
  }

 private:
  struct Entry {
    explicit Entry(std::uint64_t id) : tls_id(id), connection(id) {}
    std::uint64_t tls_id;
    Connection connection;
    std::size_t charged_bytes = 0;
    bool is_plain = false;
  };
  using Entries = std::list<Entry>;  // least recently used first

  void on_item(const StreamChunk& chunk) {
    const auto entry = touch(chunk.key.tls_id);
    entry->is_plain = entry->is_plain || chunk.is_plain;
    outlet_.set_plain(entry->is_plain);
    entry->connection.on_chunk(chunk, outlet_);
    charge(*entry);
    evict_over_limit();
  }

  void on_item(const StreamGap& gap) {
    const auto entry = touch(gap.key.tls_id);
    entry->is_plain = entry->is_plain || gap.is_plain;
    outlet_.set_plain(entry->is_plain);
    entry->connection.on_gap(gap, outlet_);
    charge(*entry);
    if (gap.cause != GapCause::kOutOfScope) outlet_.send(gap);
  }

  void on_item(const StreamWindow& window) {
    touch(window.tls_id)->connection.set_window(window.kind);
    outlet_.send(window);
  }

  void on_item(const StreamEnd& end) {
    const auto found = by_tls_id_.find(end.tls_id);
    if (found != by_tls_id_.end()) drop(found->second, end);
  }

  void on_item(const TimePassed& time) {
    send_all(lookups_.expire(time.now_ns));
    if (time.now_ns < scanned_ns_ + kIdleScanNs || time.now_ns < limits_.raw_idle_ns) return;
    scanned_ns_ = time.now_ns;
    for (Entry& entry : entries_) {
      outlet_.set_plain(entry.is_plain);
      entry.connection.flush_idle(time.now_ns - limits_.raw_idle_ns, outlet_);
      charge(entry);
    }
  }

  void on_item(const st_tls_peer_event& peer) {
    const auto found = by_tls_id_.find(peer.tls_id);
    if (found != by_tls_id_.end()) found->second->connection.set_connection(peer.conn_id);
    outlet_.send(peer);
  }
  void on_item(const st_connection_event& event) {
    if (event.state == ST_CONNECTION_CLOSED) send_if(handshakes_.end(event.conn_id));
    outlet_.send(event);
  }
  void on_item(const st_process_event& event) { outlet_.send(event); }
  void on_item(const LogEvent& event) { outlet_.send(event); }
  void on_item(const CallEvent& event) { outlet_.send(event); }
  void on_item(const HandshakeEvent& event) { send_if(handshakes_.push(event)); }
  void on_item(const DnsEvent& event) { send_all(lookups_.push(event)); }

  void send_if(std::optional<TlsHello> hello) {
    if (hello) outlet_.send(std::move(*hello));
  }
  void send_all(std::vector<DnsLookup> lookups) {
    for (DnsLookup& lookup : lookups) outlet_.send(std::move(lookup));
  }

  Entries::iterator touch(std::uint64_t tls_id) {
    const auto found = by_tls_id_.find(tls_id);
    if (found != by_tls_id_.end()) {
      entries_.splice(entries_.end(), entries_, found->second);
      return found->second;
    }
    if (entries_.size() >= limits_.max_connections) evict();
    entries_.emplace_back(tls_id);
    by_tls_id_.emplace(tls_id, std::prev(entries_.end()));
    return std::prev(entries_.end());
  }

  void charge(Entry& entry) {
    DissectorCounters& counters = outlet_.counters();
    const std::size_t bytes = entry.connection.memory_bytes();
    counters.memory_bytes += bytes - entry.charged_bytes;
    counters.peak_memory_bytes = std::max(counters.peak_memory_bytes, counters.memory_bytes);
    entry.charged_bytes = bytes;
  }

  void evict_over_limit() {
    while (outlet_.counters().memory_bytes > limits_.max_memory_bytes && !entries_.empty()) evict();
  }

  void evict() {
    ++outlet_.counters().evicted_connections;
    drop(entries_.begin(), end_of(EndCause::kEvicted));
  }

  static StreamEnd end_of(EndCause cause) {
    StreamEnd end;
    end.cause = cause;
    return end;
  }

  void drop(Entries::iterator entry, StreamEnd end) {
    outlet_.set_plain(entry->is_plain);
    entry->connection.end(end, outlet_);
    outlet_.send(end);
    outlet_.counters().memory_bytes -= entry->charged_bytes;
    by_tls_id_.erase(entry->tls_id);
    entries_.erase(entry);
  }

  Outlet outlet_;
  DissectorLimits limits_;
  Entries entries_;
  std::unordered_map<std::uint64_t, Entries::iterator> by_tls_id_;
  HandshakeTable handshakes_;
  DnsLookups lookups_;
  std::uint64_t scanned_ns_ = 0;
};

static_assert(sizeof(Connection) <= 960, "an idle connection must stay below 1 KiB");

}  // namespace

std::unique_ptr<Sink<StreamItem>> make_dissector(MessageSink& next, DissectorCounters* counters,
                                                 DissectorLimits limits) {
  ST_CHECK(counters != nullptr);
  return std::make_unique<Dissector>(next, *counters, limits);
}

}  // namespace scopetrace
