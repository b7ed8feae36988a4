// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/stitch.h"

#include <utility>

namespace scopetrace {
namespace {

std::size_t memory_of(const std::vector<HttpField>& fields) {
  std::size_t total = 0;
  for (const HttpField& field : fields) {
    total += sizeof(field) + field.name.capacity() + field.value.capacity();
  }
  return total;
}

std::size_t memory_of(const Http1Head& head) {
  return head.target.capacity() + head.reason.capacity() + memory_of(head.fields);
}

bool has_gap(const HttpBody& body) {
  return body.state == BodyState::kUndecodable && body.reason == "gap";
}

}  // namespace

Outcome outcome_at_end(EndCause cause, bool inbound, bool is_unanswered) {
  if (cause == EndCause::kEvicted || cause == EndCause::kFinished) return Outcome::kCut;
  const bool is_client_closing = !inbound && cause == EndCause::kClosed;
  return is_client_closing && is_unanswered ? Outcome::kTimeout : Outcome::kReset;
}

void count_body(const HttpBody& body, DissectorCounters& counters) {
  counters.undecodable_bodies += body.state == BodyState::kUndecodable ? 1 : 0;
  counters.cut_bodies += body.state == BodyState::kCut ? 1 : 0;
}

void Stitcher::begin_request(Http1Head head, const Origin& origin) {
  Pending& pending = add_pending(origin);
  charge(pending, memory_of(head));
  HttpRequest& request = pending.exchange.request.emplace();
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.version = std::move(head.version);
  request.fields = std::move(head.fields);
  request.first_ns = origin.time_ns;
  request.last_ns = origin.time_ns;
}

void Stitcher::end_request(HttpBody body, std::uint64_t last_ns, Outlet& outlet) {
  if (pending_.empty() || pending_.back()->is_request_over) return;
  count_body(body, outlet.counters());
  Pending& pending = *pending_.back();
  charge(pending, body.content.capacity());
  pending.exchange.request->body = std::move(body);
  pending.exchange.request->last_ns = last_ns;
  pending.is_request_over = true;
  send_complete(outlet);
}

void Stitcher::add_trailers(bool is_request, std::vector<HttpField> trailers) {
  if (pending_.empty()) return;
  Pending& pending = *(is_request ? pending_.back() : pending_.front());
  charge(pending, memory_of(trailers));
  if (is_request && pending.exchange.request) {
    pending.exchange.request->trailers = std::move(trailers);
  } else if (!is_request && pending.exchange.response) {
    pending.exchange.response->trailers = std::move(trailers);
  }
}

void Stitcher::begin_response(Http1Head head, const Origin& origin) {
  if (pending_.empty()) add_pending(origin).is_request_over = true;
  Pending& pending = *pending_.front();
  charge(pending, memory_of(head));
  HttpResponse& response = pending.exchange.response.emplace();
  response.status = head.status;
  response.reason = std::move(head.reason);
  response.version = std::move(head.version);
  response.fields = std::move(head.fields);
  response.first_ns = origin.time_ns;
  response.last_ns = origin.time_ns;
}

void Stitcher::end_response(HttpBody body, std::uint64_t last_ns, Outlet& outlet) {
  if (pending_.empty() || !pending_.front()->exchange.response) return;
  count_body(body, outlet.counters());
  Pending& pending = *pending_.front();
  charge(pending, body.content.capacity());
  pending.exchange.response->body = std::move(body);
  pending.exchange.response->last_ns = last_ns;
  pending.is_response_over = true;
  send_complete(outlet);
}

void Stitcher::break_off(bool is_request, HttpBody body, std::uint64_t last_ns, Outlet& outlet) {
  if (pending_.empty()) return;
  count_body(body, outlet.counters());
  HttpExchange& exchange = (is_request ? pending_.back() : pending_.front())->exchange;
  if (is_request && exchange.request) {
    exchange.request->body = std::move(body);
    exchange.request->last_ns = last_ns;
  } else if (!is_request && exchange.response) {
    exchange.response->body = std::move(body);
    exchange.response->last_ns = last_ns;
  }
}

std::string_view Stitcher::awaited_method() const {
  if (pending_.empty() || !pending_.front()->exchange.request) return {};
  return pending_.front()->exchange.request->method;
}

std::optional<HttpExchange> Stitcher::take_front() {
  if (pending_.empty() || !pending_.front()->exchange.request) return std::nullopt;
  HttpExchange exchange = std::move(pending_.front()->exchange);
  memory_bytes_ -= pending_.front()->memory_bytes;
  pending_.erase(pending_.begin());
  exchange.response.reset();
  return exchange;
}

void Stitcher::give_up(Outlet& outlet) {
  while (!pending_.empty()) send_front(Outcome::kCut, outlet);
}

void Stitcher::end(EndCause cause, Outlet& outlet) {
  while (!pending_.empty()) {
    const Pending& front = *pending_.front();
    const bool is_unanswered = front.is_request_over && !front.exchange.response;
    send_front(outcome_at_end(cause, inbound_, is_unanswered), outlet);
  }
}

void Stitcher::set_window(st_window_kind kind) {
  cause_ = kind == ST_WINDOW_CAUSED    ? Cause::kThread
           : kind == ST_WINDOW_ROUTINE ? Cause::kRoutine
                                       : Cause::kNone;
}

Stitcher::Pending& Stitcher::add_pending(const Origin& origin) {
  pending_.push_back(std::make_unique<Pending>());
  Pending& pending = *pending_.back();
  pending.exchange.tgid = origin.tgid;
  pending.exchange.tid = origin.tid;
  pending.exchange.cause = cause_;
  charge(pending, sizeof(Pending));
  return pending;
}

void Stitcher::charge(Pending& pending, std::size_t bytes) {
  pending.memory_bytes += bytes;
  memory_bytes_ += bytes;
}

void Stitcher::send_front(Outcome outcome, Outlet& outlet) {
  const std::unique_ptr<Pending> pending = std::move(pending_.front());
  pending_.erase(pending_.begin());
  if (pending_.empty()) pending_.shrink_to_fit();
  memory_bytes_ -= pending->memory_bytes;

  HttpExchange& exchange = pending->exchange;
  exchange.tls_id = tls_id_;
  exchange.conn_id = conn_id_;
  exchange.inbound = inbound_;
  exchange.outcome = outcome;
  ++outlet.counters().exchanges;
  outlet.send(std::move(exchange));
}

// Sends exchanges from the front whose messages are both over.
void Stitcher::send_complete(Outlet& outlet) {
  while (!pending_.empty() && pending_.front()->is_request_over &&
         pending_.front()->is_response_over) {
    const HttpExchange& exchange = pending_.front()->exchange;
    const bool is_cut =
        !exchange.request || has_gap(exchange.request->body) || has_gap(exchange.response->body);
    send_front(is_cut ? Outcome::kCut : Outcome::kComplete, outlet);
  }
}

}  // namespace scopetrace
