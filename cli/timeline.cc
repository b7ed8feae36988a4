// SPDX-License-Identifier: Apache-2.0
#include "cli/timeline.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/terminal.h"

namespace scopetrace {
namespace {

using Json = nlohmann::json;
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kDim = "\x1b[2m";

// Members of hostile JSON: a missing or mistyped one reads as empty.
const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : kNothing;
}
std::string text_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? escape_for_terminal(value.get_ref<const std::string&>()) : "";
}
std::uint64_t number_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 1024 / 1024);
}

std::string format_duration(std::uint64_t ns) {
  const auto value = static_cast<double>(ns);
  if (ns < 1'000'000) return fmt::format("{:.0f} us", value / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.0f} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

// 14:05:03.123 of an RFC 3339 time.
std::string clock_of(const Json& line) {
  const std::string time = text_of(line, "time");
  return time.size() >= 23 ? time.substr(11, 12) : "--:--:--.---";
}

// `card x2, bearer` from the placeholders in a line.
std::string redactions_in(std::string_view raw) {
  constexpr std::string_view kMark = "[REDACTED:";
  std::map<std::string, unsigned> classes;
  for (std::size_t at = raw.find(kMark); at != std::string_view::npos; at = raw.find(kMark, at)) {
    at += kMark.size();
    const std::size_t end = raw.find_first_of(":]", at);
    if (end == std::string_view::npos || end - at > 32) continue;
    ++classes[escape_for_terminal(raw.substr(at, end - at))];
  }
  std::string text;
  for (const auto& [name, count] : classes) {
    text += (text.empty() ? "" : ", ") + name + (count > 1 ? fmt::format(" x{}", count) : "");
  }
  return text;
}

std::uint64_t duration_of(const Json& line) {
  const Json& timing = member(line, "timing");
  return number_of(timing, "send_ns") + number_of(timing, "wait_ns") +
         number_of(timing, "receive_ns");
}

bool is_error(const Json& line) {
  return number_of(member(line, "response"), "status") >= 400 ||
         text_of(line, "outcome") != "complete";
}

bool matches_status(const std::string& wanted, const Json& line) {
  const std::uint64_t status = number_of(member(line, "response"), "status");
  if (wanted == "error") return is_error(line);
  if (wanted == "none") return status == 0;
  const std::string text = std::to_string(status);
  if (wanted.size() == 3 && wanted.ends_with("xx")) return text[0] == wanted[0];
  return text == wanted;
}

bool matches_party(const std::string& wanted, const std::string& party) {
  if (wanted.starts_with("*.")) return party.ends_with(wanted.substr(1));
  return party == wanted;
}

std::uint64_t percentile(std::vector<std::uint64_t> values, std::size_t percent) {
  if (values.empty()) return 0;
  const std::size_t rank = (values.size() * percent + 99) / 100;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

std::string Timeline::paint(const char* colour, const std::string& text) const {
  return is_coloured_ ? colour + text + "\x1b[0m" : text;
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
  fmt::print(out_, "approval {} by {}\n", escape_for_terminal(report.approval),
             people.empty() ? "nobody whose signature could be checked" : people);
  const LossCounters& losses = report.losses;
  if (losses.lost_kernel_events + losses.claimed_lost_user_events != 0) {
    fmt::print(
        out_, "{}\n",
        paint(kYellow, fmt::format("lost: {} events in the kernel, {} in user space",
                                   losses.lost_kernel_events, losses.claimed_lost_user_events)));
  }
  fmt::print(out_, "\n");
}

void Timeline::add(std::string_view raw, bool as_json) {
  const Json line = Json::parse(raw, nullptr, false);
  if (!line.is_object()) return;
  const std::string party = party_of(line);
  if (text_of(line, "type") == "connection" && !party.empty()) {
    party_of_connection_[text_of(line, "conn")] = party;
  }
  if (!matches(line, party)) return;
  count(line, party);
  if (as_json) {
    std::fwrite(raw.data(), 1, raw.size(), out_);
  } else {
    print(line, raw);
  }
}

std::string Timeline::party_of(const Json& line) const {
  std::string party = text_of(line, "third_party");
  if (party.empty()) party = text_of(member(line, "request"), "host");
  if (!party.empty()) return party;
  const auto known = party_of_connection_.find(text_of(line, "conn"));
  return known == party_of_connection_.end() ? "" : known->second;
}

bool Timeline::matches(const Json& line, const std::string& party) const {
  if (!filter_.is_set()) return true;
  if (!filter_.third_party.empty() && !matches_party(filter_.third_party, party)) return false;
  if (filter_.exchange != 0 && number_of(line, "exchange") != filter_.exchange) return false;
  if (filter_.status.empty()) return true;
  return text_of(line, "type") == "http" && matches_status(filter_.status, line);
}

void Timeline::count(const Json& line, const std::string& party) {
  if (text_of(line, "type") != "http") return;
  PartyTotals& totals = totals_[party.empty() ? "(unknown)" : party];
  ++totals.exchanges;
  if (is_error(line)) ++totals.errors;
  const std::uint64_t wait = number_of(member(line, "timing"), "wait_ns");
  if (wait != 0) totals.waits_ns.push_back(wait);
}

void Timeline::print(const Json& line, std::string_view raw) const {
  const std::string type = text_of(line, "type");
  if (type == "http") {
    print_exchange(line, raw);
  } else if (type == "connection") {
    print_connection(line);
  } else {
    print_other(line, type);
  }
}

void Timeline::print_exchange(const Json& line, std::string_view raw) const {
  const Json& request = member(line, "request");
  const Json& response = member(line, "response");
  const std::uint64_t status = number_of(response, "status");
  const std::string code = status == 0 ? text_of(line, "outcome") : std::to_string(status);
  const char* colour = status >= 500 || status == 0 ? kRed : status >= 400 ? kYellow : kGreen;
  const std::string redacted = redactions_in(raw);
  fmt::print(out_, "{}  {:<6} {} {:>8}  {}{}  {}{}\n", clock_of(line), text_of(request, "method"),
             paint(colour, fmt::format("{:<8}", code)), format_duration(duration_of(line)),
             party_of(line), text_of(request, "target"),
             paint(kDim, fmt::format("out {}, in {}", format_size(number_of(request, "size")),
                                     format_size(number_of(response, "size")))),
             redacted.empty() ? "" : "  redacted: " + redacted);
  if (filter_.exchange == 0) return;
  fmt::print(out_, "{}\n",
             escape_for_terminal(line.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

void Timeline::print_connection(const Json& line) const {
  const Json& peer = member(line, "peer");
  const std::string party = party_of(line);
  fmt::print(
      out_, "{}  {}\n", clock_of(line),
      paint(kDim, fmt::format(
                      "connection {} {} [{}]:{}{}, sent {}, received {}", text_of(line, "conn"),
                      text_of(line, "state"), text_of(peer, "address"), number_of(peer, "port"),
                      party.empty() ? "" : " " + party, format_size(number_of(line, "sent_bytes")),
                      format_size(number_of(line, "received_bytes")))));
}

void Timeline::print_other(const Json& line, const std::string& type) const {
  std::string text;
  if (type == "gap") {
    text = paint(kYellow, fmt::format("gap: {} of {} missing on connection {} ({})",
                                      format_size(number_of(line, "missing_bytes")),
                                      text_of(line, "direction"), text_of(line, "conn"),
                                      text_of(line, "cause")));
  } else if (type == "process") {
    text = fmt::format("process {} {} ({})", number_of(line, "tgid"), text_of(line, "event"),
                       text_of(line, "comm"));
  } else if (type == "message") {
    text = fmt::format("data: {} {} {}, {}", format_size(number_of(line, "length")),
                       text_of(line, "direction"), text_of(line, "content_class"),
                       text_of(line, "withheld"));
  } else if (type == "session") {
    text = fmt::format("session began: {}, level {}",
                       text_of(member(line, "target"), "description"), text_of(line, "level"));
  } else if (type == "summary") {
    text = fmt::format("session ended: {}", text_of(line, "end"));
  } else {
    text = type;
  }
  fmt::print(out_, "{}  {}\n", clock_of(line), text);
}

void Timeline::print_footer() const {
  if (totals_.empty()) return;
  fmt::print(out_, "\n{:<40} {:>9} {:>7} {:>9} {:>9}\n", "THIRD PARTY", "EXCHANGES", "ERRORS",
             "WAIT P50", "WAIT P95");
  for (const auto& [party, totals] : totals_) {
    fmt::print(out_, "{:<40} {:>9} {:>7} {:>9} {:>9}\n", party, totals.exchanges, totals.errors,
               totals.waits_ns.empty() ? "-" : format_duration(percentile(totals.waits_ns, 50)),
               totals.waits_ns.empty() ? "-" : format_duration(percentile(totals.waits_ns, 95)));
  }
}

}  // namespace scopetrace
