// SPDX-License-Identifier: Apache-2.0
// Stitches requests to responses on one connection.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "userspace/protocol/http1_head.h"
#include "userspace/protocol/outlet.h"

namespace scopetrace {

inline constexpr std::size_t kMaxPending = 256;  // requests without an answer on one connection

// The outcome of what is open when its connection ends. `is_unanswered`: the request is whole, and
// nothing of a response was seen.
Outcome outcome_at_end(EndCause cause, bool inbound, bool is_unanswered);

void count_body(const HttpBody& body, DissectorCounters& counters);

// Pairs the n-th response with the n-th request, as HTTP/1 pipelining has it (RFC 9112
// section 9.3). An exchange leaves when both of its messages are over. Interim responses never come
// here.
class Stitcher {
 public:
  // Whose exchanges these are; the connection number may become known late.
  void identify(std::uint64_t tls_id, std::uint64_t conn_id) {
    tls_id_ = tls_id;
    conn_id_ = conn_id;
  }
  void set_inbound(bool inbound) { inbound_ = inbound; }
  // Of exchanges that begin from now on.
  void set_window(st_window_kind kind);

  void begin_request(Http1Head head, const Origin& origin);
  // Behind the body of the message that is under way; before its end.
  void add_trailers(bool is_request, std::vector<HttpField> trailers);
  void end_request(HttpBody body, std::uint64_t last_ns, Outlet& outlet);
  // A response nobody was seen to ask for becomes an exchange of its own, outcome kCut.
  void begin_response(Http1Head head, const Origin& origin);
  void end_response(HttpBody body, std::uint64_t last_ns, Outlet& outlet);

  // Stores the body of a message that broke off; its exchange stays pending until give_up() or
  // end().
  void break_off(bool is_request, HttpBody body, std::uint64_t last_ns, Outlet& outlet);

  // The method of the request that the next response answers; empty when unknown.
  std::string_view awaited_method() const;
  bool is_full() const { return pending_.size() >= kMaxPending; }
  // Takes the request that the next response answers, without a response: another protocol goes on
  // with it. Nothing when there is none.
  std::optional<HttpExchange> take_front();

  // Sends everything that is pending as kCut: the order of messages is lost.
  void give_up(Outlet& outlet);
  // Sends everything that is pending, with the outcome that the end of the stream implies.
  void end(EndCause cause, Outlet& outlet);

  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  struct Pending {
    HttpExchange exchange;
    bool is_request_over = false;
    bool is_response_over = false;
    std::size_t memory_bytes = 0;
  };

  Pending& add_pending(const Origin& origin);
  void charge(Pending& pending, std::size_t bytes);
  void send_front(Outcome outcome, Outlet& outlet);
  void send_complete(Outlet& outlet);

  std::vector<std::unique_ptr<Pending>> pending_;  // oldest first
  std::uint64_t tls_id_ = 0;
  std::uint64_t conn_id_ = 0;
  std::size_t memory_bytes_ = 0;
  bool inbound_ = false;
  Cause cause_ = Cause::kNone;
};

}  // namespace scopetrace
