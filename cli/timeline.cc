// SPDX-License-Identifier: Apache-2.0
#include "cli/timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "cli/exchange_view.h"
#include "cli/terminal.h"

namespace scopetrace {
namespace {

constexpr const char* kRed = "\x1b[31m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kDim = "\x1b[2m";
constexpr std::size_t kMaxPartiesShown = 8;     // named above the timeline
constexpr std::size_t kMaxOpenShown = 10;       // connections listed at the end
constexpr std::size_t kMaxLibrariesShown = 10;  // that are not covered

bool matches_status(const std::string& wanted, const LineJson& line) {
  const std::uint64_t status = number_of(member(line, "response"), "status");
  if (wanted == "error") return is_failed_exchange(line);
  if (wanted == "none") return status == 0;
  const std::string text = std::to_string(status);
  if (wanted.ends_with("xx")) return status != 0 && text[0] == wanted[0];
  return text == wanted;
}

// The part of a line's time that a bound is about: with a `T` all of it, else its clock.
std::string_view time_like(const std::string& bound, std::string_view time) {
  constexpr std::size_t kDateBytes = 11;  // with its T
  const bool has_date = bound.find('-') != std::string::npos;
  return time.substr(has_date ? 0 : std::min(kDateBytes, time.size()), bound.size());
}

bool matches_time(const TimelineFilter& filter, const LineJson& line) {
  const std::string time = text_of(line, "time");
  if (time.empty()) return filter.from.empty() && filter.to.empty();
  return (filter.from.empty() || time_like(filter.from, time) >= filter.from) &&
         (filter.to.empty() || time_like(filter.to, time) <= filter.to);
}

bool matches_party(const std::string& wanted, const std::string& party) {
  if (wanted.starts_with("*.")) return party.ends_with(wanted.substr(1));
  return party == wanted;
}

std::string peer_of(const LineJson& line) {
  const LineJson& peer = member(line, "peer");
  const std::string address = text_of(peer, "address");
  const bool is_v6 = address.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", address, is_v6 ? "]" : "",
                     number_of(peer, "port"));
}

std::string named_peer(const std::string& party, const std::string& peer) {
  return party.empty() ? peer : party + " (" + peer + ")";
}

// 503, `200 cut`, `grpc 5`, `timeout`.
std::string status_text(const LineJson& line) {
  const std::uint64_t status = number_of(member(line, "response"), "status");
  const std::string outcome = text_of(line, "outcome");
  if (status == 0) return outcome.empty() ? "-" : outcome;
  const std::uint64_t grpc = number_of(member(line, "response"), "grpc_status");
  const std::string told = grpc != 0 ? "grpc " + std::to_string(grpc) : std::to_string(status);
  return told + (outcome == "complete" ? "" : " " + outcome);
}

const char* status_colour(const LineJson& line) {
  const std::uint64_t status = number_of(member(line, "response"), "status");
  if (status >= 500 || text_of(line, "outcome") != "complete") return kRed;
  return is_failed_exchange(line) ? kYellow : kGreen;
}

std::string wait_text(const LineJson& line) {
  const LineJson& wait = member(member(line, "timing"), "wait_ns");
  return wait.is_number_unsigned() ? duration_text(wait.get<std::uint64_t>()) : "-";
}

// The name of a log: its file, or its kind.
std::string log_of(const LineJson& line) {
  const std::string file = text_of(line, "file");
  return file.empty() ? text_of(line, "sink") : file;
}

// ` joined (forked), blind for 3 ms`.
std::string joined_text(const LineJson& line) {
  const std::string how = " joined (" + text_of(line, "how") + ")";
  if (member(line, "blind_ns").is_null()) return how + ", not looked at";
  const std::uint64_t blind_ns = number_of(line, "blind_ns");
  return blind_ns == 0 ? how : how + ", blind for " + duration_text(blind_ns);
}

}  // namespace

std::string Timeline::paint(const char* colour, const std::string& text) const {
  return style_.is_coloured ? colour + text + "\x1b[0m" : text;
}

void Timeline::print_row(const std::string& clock, const std::string& text) {
  flush_data();
  fmt::print(out_, "{}  {}\n", clock, text);
}

void Timeline::print_header(const VerifyReport& report) const {
  const bool is_good = report.verdict <= Verdict::kCompleteWithLoss;
  fmt::print(out_, "{} session {} on {} in {}\n",
             paint(is_good ? kGreen : kRed, std::string(verdict_name(report.verdict))),
             escape_for_terminal(report.session), escape_for_terminal(report.host),
             escape_for_terminal(report.environment));
  for (const std::string& reason : report.reasons) {
    fmt::print(out_, "  {} {}\n", paint(kRed, "!"), escape_for_terminal(reason));
  }
  std::string people;
  for (const std::string& person : report.approvers) {
    people += (people.empty() ? "" : ", ") + escape_for_terminal(person);
  }
  fmt::print(out_, "  approval {} by {}\n", escape_for_terminal(report.approval),
             people.empty() ? "nobody whose signature could be checked" : people);
  const LossCounters& losses = report.losses;
  if (losses.lost_kernel_events + losses.claimed_lost_user_events + losses.suppressed != 0) {
    const std::string text =
        fmt::format("lost: {} events ({}) in the kernel, {} in user space; {} suppressed by limits",
                    losses.lost_kernel_events, size_text(losses.lost_kernel_bytes),
                    losses.claimed_lost_user_events, losses.suppressed);
    fmt::print(out_, "  {}\n", paint(kYellow, text));
  }
}

void Timeline::add(std::string_view raw, bool as_json) {
  const LineJson line = LineJson::parse(raw, nullptr, false);
  if (!line.is_object()) return;
  const std::string type = text_of(line, "type");
  party_ = parties_.party_of(line);
  track(line, type, party_);
  if (matches(line, party_)) {
    if (type == "http") totals_.add(line, party_);
    if (as_json) {
      fmt::print(out_, "{}", style_.is_for_terminal ? escape_json_for_terminal(raw) : raw);
    } else {
      print(line, type, raw);
    }
  }
  if (type == "connection" && text_of(line, "state") == "closed") {
    connections_.erase(text_of(line, "conn"));
  }
}

// Keeps what later lines of the same connection need.
void Timeline::track(const LineJson& line, const std::string& type, const std::string& party) {
  const std::string id = text_of(line, "conn");
  if (id.empty()) return;
  Connection& connection = connections_[id];
  if (!party.empty()) connection.party = party;
  connection.is_matched = connection.is_matched || matches(line, party);
  if (type == "http" || !text_of(line, "withheld").empty()) ++connection.exchanges;
  if (type == "connection") {
    connection.peer = peer_of(line);
    if (connection.opened_at.empty()) connection.opened_at = clock_of(line);
  }
}

bool Timeline::matches(const LineJson& line, const std::string& party) const {
  if (!filter_.is_set()) return true;
  if (!filter_.third_party.empty() && !matches_party(filter_.third_party, party)) return false;
  if (!matches_time(filter_, line)) return false;
  if (filter_.exchange != 0 && number_of(line, "exchange") != filter_.exchange) return false;
  if (filter_.status.empty()) return true;
  return text_of(line, "type") == "http" && matches_status(filter_.status, line);
}

void Timeline::print(const LineJson& line, const std::string& type, std::string_view raw) {
  if (type == "http") return print_exchange(line, raw);
  if (type == "connection") return print_connection(line);
  if (type == "message") return print_data(line);
  if (type == "gap") return print_gap(line);
  if (type == "process") return print_process(line);
  if (type == "log") return print_log(line);
  if (type == "syscall") return print_call(line);
  if (type == "dns") return print_dns(line);
  if (type == "log-total") return print_log_total(line);
  if (type == "session") return print_session(line);
  if (type == "summary") return print_summary(line);
  print_row(clock_of(line), type.empty() ? "line without a type" : type);
}

void Timeline::print_session(const LineJson& line) {
  const LineJson& target = member(line, "target");
  const std::string description = text_of(target, "description");
  const std::string context = text_of(target, "context");
  const std::string parties = list_of(line, "third_parties", kMaxPartiesShown);
  if (!description.empty()) {
    fmt::print(out_, "  target {}{}\n", description, context.empty() ? "" : ": " + context);
  }
  if (!parties.empty()) {
    fmt::print(out_, "  third parties {} at level {}, redaction {}\n", parties,
               text_of(line, "level"), text_of(line, "redaction"));
  }
  std::size_t shown = 0;
  for (const LineJson& library : member(line, "libraries")) {
    if (member(library, "covered") != false || shown++ >= kMaxLibrariesShown) continue;
    fmt::print(out_, "  {}\n",
               paint(kYellow, "not covered: " + text_of(library, "name") + " (" +
                                  text_of(library, "reason") + ")"));
  }
  fmt::print(out_, "\n");
  print_row(clock_of(line), paint(kDim, "session began " + text_of(line, "time").substr(0, 10)));
}

void Timeline::print_exchange(const LineJson& line, std::string_view raw) {
  const LineJson& request = member(line, "request");
  const std::string method = text_of(request, "method");
  std::string text =
      fmt::format("{:<6} {} {:>8}  {}{}", method.empty() ? "?" : method,
                  paint(status_colour(line), fmt::format("{:<9}", status_text(line))),
                  wait_text(line), party_, text_of(request, "target"));
  text += "  " + paint(kDim, fmt::format("#{} out {}, in {}", number_of(line, "exchange"),
                                         size_text(number_of(request, "size")),
                                         size_text(number_of(member(line, "response"), "size"))));
  if (member(line, "inbound") == true) text += "  inbound";
  const std::string credentials = credentials_of(line);
  if (!credentials.empty()) text += "  credential: " + credentials;
  const std::string redacted = redactions_in(raw);
  if (!redacted.empty()) text += "  redacted: " + redacted;
  const std::string withheld = withheld_bodies_of(line);
  if (!withheld.empty()) text += "  " + paint(kYellow, withheld);
  print_row(clock_of(line), text);
  if (filter_.exchange != 0) print_exchange_content(out_, line);
}

void Timeline::print_connection(const LineJson& line) {
  const std::string state = text_of(line, "state");
  const Connection& known = connections_[text_of(line, "conn")];
  const bool is_silent = state == "closed" && known.exchanges == 0;
  if (!style_.has_connections && !is_silent) return;
  std::string text = fmt::format("connection {} {} {}", text_of(line, "conn"), state,
                                 named_peer(party_, peer_of(line)));
  if (state == "closed") {
    text += fmt::format(
        ", open since {}, sent {}, received {}, {}", known.opened_at,
        size_text(number_of(line, "sent_bytes")), size_text(number_of(line, "received_bytes")),
        is_silent ? "no exchange seen" : fmt::format("{} exchanges", known.exchanges));
  }
  print_row(clock_of(line), paint(kDim, text));
}

// Pieces of the same kind that follow each other become one row.
void Timeline::print_data(const LineJson& line) {
  const std::string withheld = text_of(line, "withheld");
  const std::uint64_t exchange = number_of(line, "exchange");
  if (exchange != 0) {
    return print_row(clock_of(line),
                     paint(kYellow, fmt::format("exchange #{} withheld: {}", exchange, withheld)));
  }
  const std::string direction = text_of(line, "direction");
  const std::string text = fmt::format(
      "{} {}, connection {}{}: {}", direction == "egress" ? "out" : "in",
      text_of(line, "content_class"), text_of(line, "conn"), party_.empty() ? "" : " " + party_,
      withheld.empty() ? text_of(line, "protocol") : withheld);
  if (data_.key != text) flush_data();
  if (data_.pieces == 0) data_ = {.key = text, .clock = clock_of(line), .text = text};
  ++data_.pieces;
  data_.bytes += number_of(line, "length");
}

void Timeline::flush_data() {
  if (data_.pieces == 0) return;
  const std::string pieces = data_.pieces > 1 ? fmt::format(" in {} pieces", data_.pieces) : "";
  const std::string text = fmt::format("data: {}{} {}", size_text(data_.bytes), pieces, data_.text);
  fmt::print(out_, "{}  {}\n", data_.clock, paint(kYellow, text));
  data_ = {};
}

void Timeline::print_log(const LineJson& line) {
  const std::string level = text_of(line, "level");
  const std::string text = text_of(line, "text");
  const std::string withheld = text_of(line, "withheld");
  const std::string shown = !text.empty()       ? text
                            : !withheld.empty() ? "withheld: " + withheld
                                                : text_of(line, "shape");
  print_row(clock_of(line),
            paint(kDim, fmt::format("log {} {:<6} {}", log_of(line), level, shown)));
}

void Timeline::print_call(const LineJson& line) {
  std::string arguments;
  for (const auto& [name, value] : member(line, "arguments").items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    arguments += (arguments.empty() ? "" : ", ") + escape_for_terminal(name + "=" + text);
  }
  const std::string error = text_of(line, "error");
  std::string result = error.empty() ? escape_for_terminal(member(line, "result").dump()) : error;
  if (line.contains("duration_ns")) {
    result += " after " + duration_text(number_of(line, "duration_ns"));
  }
  print_row(clock_of(line),
            paint(kDim, fmt::format("{}({}) = {}", text_of(line, "name"), arguments, result)));
}

// `dns A api.example: 192.0.2.10 after 3 ms`, or what became of it instead of addresses.
void Timeline::print_dns(const LineJson& line) {
  std::string found;
  for (const LineJson& answer : member(line, "answers")) {
    const std::string value = text_of(answer, "value");
    if (!value.empty()) found += (found.empty() ? "" : ", ") + value;
  }
  const std::string rcode = text_of(line, "rcode");
  if (found.empty()) found = rcode.empty() ? text_of(line, "outcome") : rcode;
  if (line.contains("duration_ns")) {
    found += " after " + duration_text(number_of(line, "duration_ns"));
  }
  print_row(clock_of(line), paint(kDim, fmt::format("dns {} {}: {}", text_of(line, "question_type"),
                                                    text_of(line, "question"), found)));
}

void Timeline::print_log_total(const LineJson& line) {
  print_row(clock_of(line),
            fmt::format("log {}: {} lines in {}, {} % for debugging", log_of(line),
                        number_of(line, "lines"), size_text(number_of(line, "written_bytes")),
                        number_of(line, "debug_percent")));
}

void Timeline::print_gap(const LineJson& line) {
  print_row(
      clock_of(line),
      paint(kYellow, fmt::format("GAP: {} {} missing at byte {} of connection {}{} ({})",
                                 size_text(number_of(line, "missing_bytes")),
                                 text_of(line, "direction") == "egress" ? "sent" : "received",
                                 number_of(line, "position"), text_of(line, "conn"),
                                 party_.empty() ? "" : " " + party_, text_of(line, "cause"))));
}

void Timeline::print_process(const LineJson& line) {
  const std::string event = text_of(line, "event");
  const std::uint64_t signal = number_of(line, "signal");
  const std::uint64_t exit_code = number_of(line, "exit_code");
  std::string text = fmt::format("process {} {}", number_of(line, "tgid"), text_of(line, "comm"));
  if (event == "fork") {
    text += fmt::format(" forked {}", number_of(line, "child_tgid"));
  } else if (event == "joined") {
    text += joined_text(line);
  } else if (event == "left") {
    text += " left the group";
  } else if (event == "exec") {
    text += " replaced its program";
  } else if (signal != 0) {
    const char* name = signal <= 64 ? ::sigabbrev_np(static_cast<int>(signal)) : nullptr;
    text = paint(kRed, text + fmt::format(" was killed by signal {} {}", signal,
                                          name != nullptr ? name : ""));
  } else if (event == "exit") {
    text += fmt::format(" exited with {}", exit_code);
    if (exit_code != 0) text = paint(kRed, text);
  } else {
    text += " " + event;
  }
  print_row(clock_of(line), text);
}

void Timeline::print_summary(const LineJson& line) {
  print_row(
      clock_of(line),
      paint(kDim, fmt::format("session ended: {} after {}, programs used {} of CPU",
                              text_of(line, "end"), duration_text(number_of(line, "duration_ns")),
                              duration_text(number_of(line, "cpu_ns")))));
}

void Timeline::print_footer() {
  flush_data();
  std::size_t silent = 0;
  for (const auto& [id, connection] : connections_) {
    if (connection.exchanges != 0 || connection.peer.empty() || !connection.is_matched) continue;
    if (silent++ >= kMaxOpenShown) continue;
    fmt::print(out_, "still open without an exchange: connection {} {} since {}\n", id,
               named_peer(connection.party, connection.peer), connection.opened_at);
  }
  if (silent > kMaxOpenShown) fmt::print(out_, "and {} more\n", silent - kMaxOpenShown);
  totals_.print(out_);
}

}  // namespace scopetrace
