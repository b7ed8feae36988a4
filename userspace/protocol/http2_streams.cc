// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/http2_streams.h"

#include <algorithm>
#include <utility>

#include "userspace/protocol/stitch.h"

namespace scopetrace {
namespace {

constexpr std::string_view kVersion = "2";
constexpr std::string_view kUnknownTarget = "<unknown>";

const HttpField* find_field(const std::vector<HttpField>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const HttpField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// Takes a field out of the list; empty when it is not there.
std::string take_field(std::vector<HttpField>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const HttpField& field) { return field.name == name; });
  if (found == fields.end()) return {};
  std::string value = std::move(found->value);
  fields.erase(found);
  return value;
}

// Three digits, or 0.
unsigned status_of(std::string_view text) {
  const auto number = parse_decimal(text);
  return text.size() == 3 && number ? static_cast<unsigned>(*number) : 0;
}

bool is_interim(const HeaderList& list) {
  const HttpField* status = find_field(list.fields, ":status");
  return status != nullptr && status_of(status->value) / 100 == 1;
}

// A request's target is what its own line would say in HTTP/1.
HttpRequest make_request(HeaderList list) {
  HttpRequest request;
  request.method = take_field(list.fields, ":method");
  request.target = take_field(list.fields, ":path");
  request.version = kVersion;
  request.fields = std::move(list.fields);
  const HttpField* authority = find_field(request.fields, ":authority");
  if (request.target.empty() && request.method == "CONNECT" && authority != nullptr) {
    request.target = authority->value;
  } else if (request.target.empty()) {
    request.target = kUnknownTarget;
  }
  return request;
}

HttpResponse make_response(HeaderList list) {
  HttpResponse response;
  response.status = status_of(take_field(list.fields, ":status"));
  response.version = kVersion;
  response.fields = std::move(list.fields);
  return response;
}

std::vector<std::string> codings_of(const std::vector<HttpField>& fields) {
  std::vector<std::string> codings;
  for (const HttpField& field : fields) {
    if (field.name == "content-encoding") add_codings(field.value, codings);
  }
  return codings;
}

std::size_t memory_of(const HeaderList& list) {
  return list.size_bytes + list.fields.size() * sizeof(HttpField);
}

std::size_t content_of(const HttpExchange& exchange) {
  return (exchange.request ? exchange.request->body.content.capacity() : 0) +
         (exchange.response ? exchange.response->body.content.capacity() : 0);
}

}  // namespace

void Http2Streams::on_fields(Half half, HeaderList list, const Origin& origin, Outlet& outlet) {
  Stream* stream = open(half, list, origin);
  if (stream == nullptr) return;
  Message& message = stream->message(half.is_request);
  const bool is_passed_over = message.is_over || message.has_trailers ||
                              (!half.is_request && !message.has_head && is_interim(list));
  if (is_passed_over) return;
  const std::size_t fields_bytes = memory_of(list);
  if (message.has_head) {
    add_trailers(*stream, half.is_request, std::move(list));
  } else {
    begin(*stream, half.is_request, std::move(list), origin.time_ns);
  }
  charge(*stream, fields_bytes);
  shed(half.stream, outlet);
}

void Http2Streams::on_data(Half half, Bytes content) {
  Stream* stream = find(half.stream);
  if (stream == nullptr || content.empty()) return;
  Message& message = stream->message(half.is_request);
  if (!message.has_head || message.is_over) return;
  begin_body(*stream, half.is_request);
  message.body.add(content);
  charge(*stream, 0);
}

void Http2Streams::end_half(Half half, std::uint64_t time_ns, Outlet& outlet) {
  const auto at = streams_.find(half.stream);
  if (at == streams_.end() || at->second->message(half.is_request).is_over) return;
  Stream& stream = *at->second;
  settle(stream, half.is_request, true, outlet);
  stream.message(half.is_request).is_over = true;
  HttpExchange& exchange = stream.exchange;
  if (half.is_request && exchange.request) exchange.request->last_ns = time_ns;
  if (!half.is_request && exchange.response) exchange.response->last_ns = time_ns;
  charge(stream, 0);
  if (!stream.request.is_over || !stream.response.is_over) return shed(half.stream, outlet);
  const bool is_cut = stream.is_cut || !exchange.request || !exchange.response;
  send(at, is_cut ? Outcome::kCut : Outcome::kComplete, outlet);
}

void Http2Streams::on_promise(std::uint32_t id, HeaderList list, const Origin& origin,
                              Outlet& outlet) {
  if (id == 0 || id % 2 != 0 || find(id) != nullptr) return;  // servers choose even numbers
  Stream& stream = add(id, origin);
  const std::size_t fields_bytes = memory_of(list);
  begin(stream, true, std::move(list), origin.time_ns);
  stream.request.is_over = true;
  charge(stream, fields_bytes);
  shed(id, outlet);
}

void Http2Streams::adopt(HttpExchange exchange, Outlet& outlet) {
  first_request_ = last_request_ = 1;
  Stream& stream = *(streams_[1] = std::make_unique<Stream>());
  stream.exchange = std::move(exchange);
  stream.request.has_head = stream.request.is_over = true;
  charge(stream, 0);
  shed(1, outlet);
}

void Http2Streams::reset(std::uint32_t id, bool is_by_client, Outlet& outlet) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  ++outlet.counters().reset_streams;
  const Stream& stream = *at->second;
  const bool is_unanswered = stream.request.is_over && !stream.exchange.response;
  Outcome outcome = Outcome::kReset;
  if (stream.response.is_over) {  // the server wants no more of the request (section 8.1)
    outcome = stream.is_cut || !stream.exchange.request ? Outcome::kCut : Outcome::kComplete;
  } else if (is_by_client && !inbound_ && is_unanswered) {
    outcome = Outcome::kTimeout;
  }
  give_up(at, outcome, outlet);
}

void Http2Streams::go_away(std::uint32_t last_stream, Outlet& outlet) {
  for (auto at = streams_.upper_bound(last_stream); at != streams_.end();) {
    const auto next = std::next(at);
    if (at->first % 2 == 1) give_up(at, Outcome::kReset, outlet);
    at = next;
  }
}

void Http2Streams::lose_data(Half half, std::uint64_t missing_bytes) {
  Stream* stream = find(half.stream);
  if (stream == nullptr) return;
  Message& message = stream->message(half.is_request);
  if (!message.has_head || message.is_over) return;
  stream->is_cut = true;
  begin_body(*stream, half.is_request);
  message.body.skip(missing_bytes);
}

void Http2Streams::lose_fields(Half half, const Origin& origin) {
  Stream* stream = find(half.stream);
  if (stream == nullptr && half.is_request && note_request(half.stream)) {
    add(half.stream, origin).request.is_over = true;  // waits for its answer
    stream = find(half.stream);
  }
  if (stream == nullptr) return;
  stream->is_cut = true;
  Message& message = stream->message(half.is_request);
  if (message.is_over || message.has_head) return;
  begin(*stream, half.is_request, {}, origin.time_ns);
  begin_body(*stream, half.is_request);
  message.body.fail("gap");
}

void Http2Streams::lose_frames(bool is_request) {
  if (is_request) first_request_ = 0;  // some that were opened may not have been seen
  for (auto& [id, stream] : streams_) {
    Message& message = stream->message(is_request);
    if (message.is_over) continue;
    stream->is_cut = true;
    if (!message.has_head) continue;
    begin_body(*stream, is_request);
    message.body.fail("gap");
    charge(*stream, 0);
  }
}

void Http2Streams::end(EndCause cause, Outlet& outlet) {
  while (!streams_.empty()) {
    const auto at = streams_.begin();
    const Stream& stream = *at->second;
    const bool is_unanswered = stream.request.is_over && !stream.exchange.response;
    const Outcome outcome = outcome_at_end(cause, inbound_, is_unanswered);
    give_up(at, stream.is_cut ? Outcome::kCut : outcome, outlet);
  }
}

Http2Streams::Stream* Http2Streams::find(std::uint32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

// The stream of a header block: a new one where a message begins. Nothing for one that is over.
Http2Streams::Stream* Http2Streams::open(Half half, const HeaderList& list, const Origin& origin) {
  if (Stream* known = find(half.stream)) return known;
  if (half.is_request) {
    const bool is_head = list.unknown_fields > 0 || find_field(list.fields, ":method") != nullptr;
    return is_head && note_request(half.stream) ? &add(half.stream, origin) : nullptr;
  }
  const bool was_open =
      first_request_ != 0 && half.stream >= first_request_ && half.stream <= last_request_;
  if (was_open || find_field(list.fields, ":status") == nullptr || is_interim(list)) return nullptr;
  Stream& orphan = add(half.stream, origin);
  orphan.request.is_over = true;
  return &orphan;
}

// Returns whether the client can open this stream now.
bool Http2Streams::note_request(std::uint32_t id) {
  if (id % 2 == 0 || id <= last_request_) return false;
  if (first_request_ == 0) first_request_ = id;
  last_request_ = id;
  return true;
}

Http2Streams::Stream& Http2Streams::add(std::uint32_t id, const Origin& origin) {
  Stream& stream = *(streams_[id] = std::make_unique<Stream>());
  stream.exchange.tgid = origin.tgid;
  stream.exchange.tid = origin.tid;
  return stream;
}

void Http2Streams::begin(Stream& stream, bool is_request, HeaderList list, std::uint64_t time_ns) {
  stream.message(is_request).has_head = true;
  if (is_request) {
    HttpRequest& request = stream.exchange.request.emplace(make_request(std::move(list)));
    request.first_ns = request.last_ns = time_ns;
  } else {
    HttpResponse& response = stream.exchange.response.emplace(make_response(std::move(list)));
    response.first_ns = response.last_ns = time_ns;
  }
}

void Http2Streams::add_trailers(Stream& stream, bool is_request, HeaderList list) {
  auto& trailers =
      is_request ? stream.exchange.request->trailers : stream.exchange.response->trailers;
  trailers = std::move(list.fields);
  stream.message(is_request).has_trailers = true;  // there is one block of them
}

void Http2Streams::begin_body(Stream& stream, bool is_request) {
  Message& message = stream.message(is_request);
  if (message.has_body) return;
  message.has_body = true;
  message.body.begin(
      codings_of(is_request ? stream.exchange.request->fields : stream.exchange.response->fields));
}

// Stores the body, if there is one.
void Http2Streams::settle(Stream& stream, bool is_request, bool is_whole, Outlet& outlet) {
  Message& message = stream.message(is_request);
  if (!message.has_body || message.is_over) return;
  HttpBody body = message.body.take(is_whole);
  count_body(body, outlet.counters());
  (is_request ? stream.exchange.request->body : stream.exchange.response->body) = std::move(body);
}

void Http2Streams::charge(Stream& stream, std::size_t fields_bytes) {
  stream.fields_bytes += fields_bytes;
  const std::size_t bytes = sizeof(Stream) + stream.fields_bytes + content_of(stream.exchange) +
                            stream.request.body.memory_bytes() +
                            stream.response.body.memory_bytes();
  memory_bytes_ += bytes - stream.charged_bytes;
  stream.charged_bytes = bytes;
}

// Gives up the oldest streams but this one, which has just changed.
void Http2Streams::shed(std::uint32_t newest, Outlet& outlet) {
  auto at = streams_.begin();
  while (at != streams_.end() &&
         (streams_.size() > kMaxStreams || memory_bytes_ > kMaxStreamsMemory)) {
    const auto oldest = at++;
    if (oldest->first == newest) continue;
    ++outlet.counters().evicted_streams;
    give_up(oldest, Outcome::kCut, outlet);
  }
}

void Http2Streams::give_up(Streams::iterator at, Outcome outcome, Outlet& outlet) {
  settle(*at->second, true, false, outlet);
  settle(*at->second, false, false, outlet);
  send(at, outcome, outlet);
}

void Http2Streams::send(Streams::iterator at, Outcome outcome, Outlet& outlet) {
  const std::unique_ptr<Stream> stream = std::move(at->second);
  streams_.erase(at);
  memory_bytes_ -= stream->charged_bytes;
  HttpExchange& exchange = stream->exchange;
  if (!exchange.request && !exchange.response) return;
  exchange.tls_id = tls_id_;
  exchange.conn_id = conn_id_;
  exchange.inbound = inbound_;
  exchange.outcome = outcome;
  ++outlet.counters().exchanges;
  outlet.send(std::move(exchange));
}

}  // namespace scopetrace
