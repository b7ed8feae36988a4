// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_facts.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "cli/terminal.h"
#include "userspace/redact/body/path_template.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxHosts = 512;
constexpr std::size_t kMaxEndpoints = 2048;
constexpr std::size_t kMaxSightings = 4096;   // credentials; data classes too
constexpr std::size_t kMaxName = 200;         // bytes of a part of a key
constexpr std::size_t kMaxClassesShown = 64;  // that one line may list

std::string shortened(std::string text) {
  if (text.size() <= kMaxName) return text;
  text.resize(kMaxName);
  return text + "...";
}

// The entry of `key`, or the one for what does not fit any more.
template <class Table>
typename Table::mapped_type& entry_of(Table& table, FactKey key, std::size_t limit) {
  for (std::string& part : key) part = shortened(std::move(part));
  const bool has_room = table.size() < limit || table.count(key) != 0;
  return table[has_room ? std::move(key) : FactKey{"(others)", "", ""}];
}

void add_call(CallFacts& facts, const LineJson& line) {
  ++facts.calls;
  if (is_failed_exchange(line)) ++facts.errors;
  ++facts.statuses[std::min<std::uint64_t>(number_of(member(line, "response"), "status"), 999)];
  const LineJson& wait = member(member(line, "timing"), "wait_ns");
  if (wait.is_number_unsigned()) facts.waits.add(wait.get<std::uint64_t>());
}

// Raw bytes of a string member; the line outlives them.
std::string_view raw_text(const LineJson& object, const char* key) {
  const LineJson& value = member(object, key);
  return value.is_string() ? std::string_view(value.get_ref<const std::string&>())
                           : std::string_view();
}

std::string endpoint_path(const LineJson& request) {
  const std::string_view target = raw_text(request, "target");
  return escape_for_terminal(path_template(target.substr(0, target.find_first_of("?#"))));
}

// The strings of a list, escaped, at most kMaxClassesShown.
std::vector<std::string> texts_of(const LineJson& line, const char* key) {
  std::vector<std::string> texts;
  const LineJson& list = member(line, key);
  if (!list.is_array()) return texts;
  for (const LineJson& element : list) {
    if (!element.is_string() || texts.size() == kMaxClassesShown) continue;
    texts.push_back(escape_for_terminal(element.get_ref<const std::string&>()));
  }
  return texts;
}

// Class → place → how often.
using Places = std::map<std::string, std::map<std::string, std::uint64_t>>;

void find_placeholders(std::string_view text, const std::string& place, Places& places) {
  for (const auto& [name, count] : placeholder_classes(text)) {
    places[escape_for_terminal(name)][place] += count;
  }
}

// Names of header fields are not case-sensitive.
std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// In one side of an exchange.
void find_in_part(const LineJson& part, const std::string& side, Places& places) {
  find_placeholders(raw_text(part, "target"), side + ".target", places);
  find_placeholders(raw_text(member(part, "body"), "text"), side + ".body", places);
  for (const char* list : {"headers", "trailers"}) {
    const LineJson& fields = member(part, list);
    if (!fields.is_array()) continue;
    for (const LineJson& field : fields) {
      find_placeholders(raw_text(field, "value"),
                        side + ".header." + lower_case(text_of(field, "name")), places);
    }
  }
}

}  // namespace

double CallFacts::error_percent() const {
  return calls == 0 ? 0 : 100.0 * static_cast<double>(errors) / static_cast<double>(calls);
}

void CaptureFacts::add(std::string_view raw) {
  const LineJson line = LineJson::parse(raw, nullptr, false);
  if (!line.is_object()) return;
  const std::string time = text_of(line, "time");
  if (!time.empty()) {
    if (first_time_.empty()) first_time_ = time;
    last_time_ = time;
  }
  std::string party = parties_.party_of(line);
  if (party.empty()) party = "(unknown)";
  const std::string type = text_of(line, "type");
  if (type == "http") {
    add_exchange(line, party);
  } else if (type == "message") {
    add_message_data(line, party);
  } else if (type == "log") {
    add_log_data(line);
  }
}

void CaptureFacts::add_exchange(const LineJson& line, const std::string& party) {
  const LineJson& request = member(line, "request");
  const std::string name = member(line, "inbound") == true ? party + " (inbound)" : party;
  add_call(entry_of(hosts_, {name, "", ""}, kMaxHosts), line);
  const std::string method = text_of(request, "method");
  add_call(entry_of(endpoints_, {name, method.empty() ? "?" : method, endpoint_path(request)},
                    kMaxEndpoints),
           line);
  add_credentials(line, name);
  add_exchange_data(line, name);
}

void CaptureFacts::add_credentials(const LineJson& line, const std::string& party) {
  const LineJson& credentials = member(line, "credentials");
  if (!credentials.is_array()) return;
  for (const LineJson& seen : credentials) {
    const std::string scheme = text_of(seen, "scheme");
    const std::string name = text_of(seen, "class") + (scheme.empty() ? "" : " (" + scheme + ")");
    ++entry_of(credentials_, {party, name, text_of(seen, "where")}, kMaxSightings);
  }
}

// The line says which classes are in it, its placeholders where; at level metadata there are none.
void CaptureFacts::add_exchange_data(const LineJson& line, const std::string& party) {
  Places places;
  find_in_part(member(line, "request"), "request", places);
  find_in_part(member(line, "response"), "response", places);
  for (const std::string& name : texts_of(line, "data_classes")) {
    const auto found = places.find(name);
    if (found == places.end()) {
      ++entry_of(data_classes_, {party, name, "exchange"}, kMaxSightings);
      continue;
    }
    for (const auto& [place, count] : found->second) {
      entry_of(data_classes_, {party, name, place}, kMaxSightings) += count;
    }
  }
}

// Lines of other protocols, and of the target's logs, which belong to no third party.
void CaptureFacts::add_message_data(const LineJson& line, const std::string& party) {
  for (const auto& [name, count] : placeholder_classes(raw_text(line, "text"))) {
    entry_of(data_classes_,
             {party, escape_for_terminal(name), "message." + text_of(line, "direction")},
             kMaxSightings) += count;
  }
}

void CaptureFacts::add_log_data(const LineJson& line) {
  for (const std::string& name : texts_of(line, "classes")) {
    ++entry_of(data_classes_, {"(own log)", name, "log." + text_of(line, "sink")}, kMaxSightings);
  }
}

}  // namespace scopetrace
