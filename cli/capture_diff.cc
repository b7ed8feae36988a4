// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_diff.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "cli/terminal.h"

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNotablePercentPoints = 1;
constexpr std::uint64_t kNotableNs = 1'000'000;  // and a fifth of the larger value
constexpr std::array<unsigned, 3> kPercentiles = {50, 95, 99};

// Calls `visit(key, before, after)` for each key of either table, in their order; null: not there.
template <class Table, class Visit>
void join_tables(const Table& before, const Table& after, const Visit& visit) {
  using Value = const typename Table::mapped_type*;
  std::map<FactKey, std::pair<Value, Value>> rows;
  for (const auto& [key, value] : before) rows[key].first = &value;
  for (const auto& [key, value] : after) rows[key].second = &value;
  for (const auto& [key, pair] : rows) visit(key, pair.first, pair.second);
}

// One of the two is not null.
Change presence(const void* before, const void* after) {
  if (before == nullptr) return Change::kNew;
  return after == nullptr ? Change::kGone : Change::kAlike;
}

bool is_notable_wait(std::uint64_t before_ns, std::uint64_t after_ns) {
  const std::uint64_t larger = std::max(before_ns, after_ns);
  const std::uint64_t apart = larger - std::min(before_ns, after_ns);
  return apart >= kNotableNs && apart >= larger / 5;
}

const char* mark_of(Change change) {
  switch (change) {
    case Change::kNew:
      return "+";
    case Change::kGone:
      return "-";
    case Change::kChanged:
      return "~";
    case Change::kAlike:
      return " ";
  }
  return " ";
}

const char* word_of(Change change) {
  switch (change) {
    case Change::kNew:
      return "new";
    case Change::kGone:
      return "gone";
    case Change::kChanged:
      return "changed";
    case Change::kAlike:
      return "alike";
  }
  return "alike";
}

std::string errors_text(const CallFacts* facts) {
  return facts == nullptr ? "-" : fmt::format("{:.1f} %", facts->error_percent());
}

std::string wait_text(const CallFacts* facts, unsigned percent) {
  if (facts == nullptr || facts->waits.count() == 0) return "-";
  return duration_text(facts->waits.percentile_ns(percent));
}

// `12 > 40`, or one value where both are the same.
std::string pair_text(const std::string& before, const std::string& after) {
  return before == after ? before : before + " > " + after;
}

std::string name_of(const FactKey& key) {
  if (key[1].empty() && key[2].empty()) return key[0];
  return key[1] + " " + key[0] + key[2];
}

void print_call_row(std::FILE* out, const CallChange& row) {
  const auto count = [](const CallFacts* facts) {
    return facts == nullptr ? std::string("-") : std::to_string(facts->calls);
  };
  std::string text = fmt::format("{} {:<40} {:>13} {:>17}", mark_of(row.change), name_of(row.key),
                                 pair_text(count(row.before), count(row.after)),
                                 pair_text(errors_text(row.before), errors_text(row.after)));
  for (const unsigned percent : kPercentiles) {
    text += fmt::format(" {:>17}",
                        pair_text(wait_text(row.before, percent), wait_text(row.after, percent)));
  }
  fmt::print(out, "{}\n", text);
}

// Rows that are alike are counted only, unless all are wanted.
void print_calls(std::FILE* out, const char* title, const std::vector<CallChange>& rows,
                 bool shows_all) {
  fmt::print(out, "\n  {:<40} {:>13} {:>17} {:>17} {:>17} {:>17}\n", title, "CALLS", "ERRORS",
             "WAIT P50", "WAIT P95", "WAIT P99");
  std::size_t alike = 0;
  for (const CallChange& row : rows) {
    if (row.change == Change::kAlike && !shows_all) {
      ++alike;
    } else {
      print_call_row(out, row);
    }
  }
  if (alike != 0) fmt::print(out, "  and {} without a notable change\n", alike);
}

void print_sightings(std::FILE* out, const char* title, const SightingTable& before,
                     const SightingTable& after, bool shows_all) {
  fmt::print(out, "\n  {:<40} {:<24} {:<36} {:>13}\n", title, "CLASS", "PLACE", "SEEN");
  std::size_t alike = 0;
  join_tables(before, after,
              [&](const FactKey& key, const std::uint64_t* first, const std::uint64_t* second) {
                const Change change = presence(first, second);
                if (change == Change::kAlike && !shows_all) {
                  ++alike;
                  return;
                }
                const auto count = [](const std::uint64_t* times) {
                  return times == nullptr ? std::string("-") : std::to_string(*times);
                };
                fmt::print(out, "{} {:<40} {:<24} {:<36} {:>13}\n", mark_of(change), key[0], key[1],
                           key[2], pair_text(count(first), count(second)));
              });
  if (alike != 0) fmt::print(out, "  and {} in both\n", alike);
}

std::uint64_t total_calls(const ComparedBundle& bundle) {
  std::uint64_t calls = 0;
  for (const auto& [key, facts] : bundle.facts.hosts()) calls += facts.calls;
  return calls;
}

void print_bundle(std::FILE* out, const char* name, const ComparedBundle& bundle) {
  const VerifyReport& report = bundle.report;
  fmt::print(out, "{} {}: {} session {} on {}, {} to {}, {} exchanges\n", name,
             escape_for_terminal(bundle.path), verdict_name(report.verdict),
             escape_for_terminal(report.session), escape_for_terminal(report.host),
             bundle.facts.first_time().substr(0, 19), bundle.facts.last_time().substr(0, 19),
             total_calls(bundle));
  for (const std::string& reason : report.reasons) {
    fmt::print(out, "  ! {}\n", escape_for_terminal(reason));
  }
}

Json calls_json(const CallFacts* facts) {
  if (facts == nullptr) return nullptr;
  Json statuses = Json::object();
  for (const auto& [status, count] : facts->statuses) statuses[std::to_string(status)] = count;
  Json json = {{"calls", facts->calls},
               {"errors", facts->errors},
               {"error_percent", std::round(facts->error_percent() * 100) / 100},
               {"statuses", statuses}};
  for (const unsigned percent : kPercentiles) {
    json["wait_p" + std::to_string(percent) + "_ns"] =
        facts->waits.count() == 0 ? Json(nullptr) : Json(facts->waits.percentile_ns(percent));
  }
  return json;
}

Json call_rows_json(const CallTable& before, const CallTable& after) {
  Json rows = Json::array();
  for (const CallChange& row : compare_calls(before, after)) {
    Json json = {{"third_party", row.key[0]}};
    if (!row.key[1].empty()) json["method"] = row.key[1];
    if (!row.key[1].empty()) json["path"] = row.key[2];
    json["change"] = word_of(row.change);
    json["before"] = calls_json(row.before);
    json["after"] = calls_json(row.after);
    rows.push_back(std::move(json));
  }
  return rows;
}

Json sighting_rows_json(const SightingTable& before, const SightingTable& after) {
  Json rows = Json::array();
  join_tables(before, after,
              [&](const FactKey& key, const std::uint64_t* first, const std::uint64_t* second) {
                rows.push_back({{"third_party", key[0]},
                                {"class", key[1]},
                                {"place", key[2]},
                                {"change", word_of(presence(first, second))},
                                {"before", first == nullptr ? 0 : *first},
                                {"after", second == nullptr ? 0 : *second}});
              });
  return rows;
}

Json bundle_json(const ComparedBundle& bundle) {
  return {{"path", bundle.path},
          {"verdict", verdict_name(bundle.report.verdict)},
          {"reasons", bundle.report.reasons},
          {"session", bundle.report.session},
          {"host", bundle.report.host},
          {"first_time", bundle.facts.first_time()},
          {"last_time", bundle.facts.last_time()},
          {"calls", total_calls(bundle)}};
}

}  // namespace

bool is_notable(const CallFacts& before, const CallFacts& after) {
  if (std::abs(before.error_percent() - after.error_percent()) >= kNotablePercentPoints) {
    return true;
  }
  if (before.waits.count() == 0 || after.waits.count() == 0) return false;
  return std::any_of(kPercentiles.begin(), kPercentiles.end(), [&](unsigned percent) {
    return is_notable_wait(before.waits.percentile_ns(percent), after.waits.percentile_ns(percent));
  });
}

std::vector<CallChange> compare_calls(const CallTable& before, const CallTable& after) {
  std::vector<CallChange> rows;
  join_tables(before, after,
              [&](const FactKey& key, const CallFacts* first, const CallFacts* second) {
                Change change = presence(first, second);
                if (change == Change::kAlike && is_notable(*first, *second)) {
                  change = Change::kChanged;
                }
                rows.push_back({key, change, first, second});
              });
  return rows;
}

void print_diff(std::FILE* out, const ComparedBundle& before, const ComparedBundle& after,
                bool shows_all) {
  print_bundle(out, "A", before);
  print_bundle(out, "B", after);
  print_calls(out, "THIRD PARTY", compare_calls(before.facts.hosts(), after.facts.hosts()), true);
  print_calls(out, "ENDPOINT", compare_calls(before.facts.endpoints(), after.facts.endpoints()),
              shows_all);
  print_sightings(out, "CREDENTIALS OF", before.facts.credentials(), after.facts.credentials(),
                  shows_all);
  print_sightings(out, "DATA OF", before.facts.data_classes(), after.facts.data_classes(),
                  shows_all);
}

Json diff_json(const ComparedBundle& before, const ComparedBundle& after) {
  return {
      {"before", bundle_json(before)},
      {"after", bundle_json(after)},
      {"third_parties", call_rows_json(before.facts.hosts(), after.facts.hosts())},
      {"endpoints", call_rows_json(before.facts.endpoints(), after.facts.endpoints())},
      {"credentials", sighting_rows_json(before.facts.credentials(), after.facts.credentials())},
      {"data_classes",
       sighting_rows_json(before.facts.data_classes(), after.facts.data_classes())}};
}

}  // namespace scopetrace
