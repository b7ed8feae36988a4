// SPDX-License-Identifier: Apache-2.0
#include "cli/party_totals.h"

#include <fmt/core.h>
#include <strings.h>

#include <algorithm>

namespace scopetrace {
namespace {

constexpr std::size_t kMaxParties = 4096;    // further ones are added up together
constexpr std::size_t kMaxCredentials = 64;  // different ones a third party
constexpr std::size_t kMaxDataClasses = 64;  // a third party
constexpr std::uint64_t kTooManyRequests = 429;

void add_retry_after(PartyTotals& totals, const LineJson& response) {
  const LineJson& headers = member(response, "headers");
  if (!headers.is_array()) return;
  for (const LineJson& header : headers) {
    if (strcasecmp(text_of(header, "name").c_str(), "retry-after") != 0) continue;
    ++totals.retry_after;
    totals.last_retry_after = text_of(header, "value");
  }
}

void add_credentials(PartyTotals& totals, const LineJson& line) {
  const LineJson& credentials = member(line, "credentials");
  if (!credentials.is_array()) return;
  for (const LineJson& seen : credentials) {
    const std::string scheme = text_of(seen, "scheme");
    const std::string name = text_of(seen, "class") + (scheme.empty() ? "" : " (" + scheme + ")") +
                             " in " + text_of(seen, "where");
    if (totals.credentials.size() < kMaxCredentials || totals.credentials.count(name) != 0) {
      ++totals.credentials[name];
    }
  }
}

void add_data_classes(PartyTotals& totals, const LineJson& line) {
  const LineJson& classes = member(line, "data_classes");
  if (!classes.is_array()) return;
  for (const LineJson& name : classes) {
    if (!name.is_string() || totals.data_classes.size() == kMaxDataClasses) continue;
    const LineJson wrapped = {{"name", name}};
    totals.data_classes.insert(text_of(wrapped, "name"));
  }
}

void add_response(PartyTotals& totals, const LineJson& response) {
  const std::uint64_t status = number_of(response, "status");
  if (number_of(response, "grpc_status") != 0) {
    ++totals.grpc_failed;
  } else {
    ++totals.by_class[std::min<std::uint64_t>(status / 100, totals.by_class.size() - 1)];
  }
  if (status == kTooManyRequests) ++totals.rate_limited;
  totals.received_bytes += number_of(response, "size");
  add_retry_after(totals, response);
}

std::string wait_at(const PartyTotals& totals, unsigned percent) {
  return totals.waits_ns.empty() ? "-" : duration_text(percentile(totals.waits_ns, percent));
}

void print_row(std::FILE* out, const std::string& party, const PartyTotals& totals) {
  fmt::print(out, "{:<32} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>9} {:>10} {:>10}  {}\n",
             party, totals.exchanges, totals.by_class[2] + totals.by_class[3], totals.by_class[4],
             totals.rate_limited, totals.by_class[5], totals.by_class[0], wait_at(totals, 50),
             wait_at(totals, 95), size_text(totals.sent_bytes), size_text(totals.received_bytes),
             totals.retry_after == 0
                 ? "-"
                 : fmt::format("{}x, last {}", totals.retry_after, totals.last_retry_after));
}

void print_facts(std::FILE* out, const std::string& party, const PartyTotals& totals) {
  if (totals.incomplete != 0) {
    fmt::print(out, "{}: exchanges that did not complete: {}\n", party, totals.incomplete);
  }
  if (totals.grpc_failed != 0) {
    fmt::print(out, "{}: gRPC calls that failed: {}\n", party, totals.grpc_failed);
  }
  for (const auto& [name, count] : totals.credentials) {
    fmt::print(out, "{}: credential {}, seen {}x\n", party, name, count);
  }
  std::string classes;
  for (const std::string& name : totals.data_classes) {
    classes += (classes.empty() ? "" : ", ") + name;
  }
  if (!classes.empty()) fmt::print(out, "{}: personal or secret data: {}\n", party, classes);
}

}  // namespace

std::uint64_t percentile(std::vector<std::uint64_t> values, unsigned percent) {
  if (values.empty()) return 0;
  const std::size_t rank = std::max<std::size_t>((values.size() * percent + 99) / 100, 1);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::min(rank, values.size()) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void TotalsTable::add(const LineJson& line, const std::string& party) {
  const bool has_room = parties_.size() < kMaxParties || parties_.count(party) != 0;
  PartyTotals& totals = parties_[has_room ? (party.empty() ? "(unknown)" : party) : "(others)"];
  ++totals.exchanges;
  if (text_of(line, "outcome") != "complete") ++totals.incomplete;
  totals.sent_bytes += number_of(member(line, "request"), "size");
  add_response(totals, member(line, "response"));
  const LineJson& wait = member(member(line, "timing"), "wait_ns");
  if (wait.is_number_unsigned()) totals.waits_ns.push_back(wait.get<std::uint64_t>());
  add_credentials(totals, line);
  add_data_classes(totals, line);
}

void TotalsTable::print(std::FILE* out) const {
  if (parties_.empty()) return;
  fmt::print(out, "\n{:<32} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>9} {:>10} {:>10}  {}\n",
             "THIRD PARTY", "CALLS", "OK", "4xx", "429", "5xx", "NONE", "WAIT P50", "WAIT P95",
             "SENT", "RECEIVED", "RETRY-AFTER");
  for (const auto& [party, totals] : parties_) print_row(out, party, totals);
  fmt::print(out, "\n");
  for (const auto& [party, totals] : parties_) print_facts(out, party, totals);
}

}  // namespace scopetrace
