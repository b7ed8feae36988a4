// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/har_format.h"

#include <algorithm>

#include "userspace/export/json_members.h"

namespace scopetrace {
namespace {

// Milliseconds of a member of `timing`. HAR has no word for a phase that was not seen: 0.
double milliseconds_at(const Json& line, const char* key) {
  return static_cast<double>(number_at(line, {"timing", key})) / 1e6;
}

Json fields(const Json& message) {
  Json list = Json::array();
  for (const Json& field : member_at(message, {"headers"})) {
    list.push_back({{"name", text_at(field, {"name"})}, {"value", text_at(field, {"value"})}});
  }
  return list;
}

Json query_of(const std::string& target) {
  Json list = Json::array();
  const std::size_t mark = target.find('?');
  std::string_view rest =
      mark == std::string::npos ? "" : std::string_view(target).substr(mark + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    list.push_back({{"name", pair.substr(0, equals)},
                    {"value", pair.substr(std::min(equals + 1, pair.size()))}});
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  }
  return list;
}

// Bytes of the body as it was sent; -1, as HAR has it, where there is no message.
Json body_size(const Json& message) {
  const Json& size = member_at(message, {"size"});
  return size.is_number_unsigned() ? size : Json(-1);
}

// Bytes of the decoded body; as it was sent, where it was not looked into.
std::uint64_t content_size(const Json& message) {
  return member_at(message, {"body"}).is_object() ? number_at(message, {"body", "length"})
                                                  : number_at(message, {"size"});
}

// Why there is no text, for people.
void add_comment(Json& content, const Json& body) {
  const std::string withheld = text_at(body, {"withheld"});
  if (!withheld.empty()) content["comment"] = "withheld: " + withheld;
  if (member_at(body, {"cut"}) == Json(true)) content["comment"] = "cut";
}

Json request_json(const Json& line) {
  const Json& request = member_at(line, {"request"});
  const Json& body = member_at(request, {"body"});
  Json out = {{"method", text_at(request, {"method"})},
              {"url", url_of(line)},
              {"httpVersion", protocol_of(request)},
              {"cookies", Json::array()},
              {"headers", fields(request)},
              {"queryString", query_of(text_at(request, {"target"}))},
              {"headersSize", -1},
              {"bodySize", body_size(request)}};
  if (!body.is_object()) return out;
  out["postData"] = {{"mimeType", text_at(body, {"media_type"})},
                     {"text", text_at(body, {"text"})}};
  add_comment(out["postData"], body);
  return out;
}

Json response_json(const Json& line) {
  const Json& response = member_at(line, {"response"});
  const Json& body = member_at(response, {"body"});
  Json content = {{"size", content_size(response)}, {"mimeType", text_at(body, {"media_type"})}};
  if (member_at(body, {"text"}).is_string()) content["text"] = text_at(body, {"text"});
  add_comment(content, body);
  return {{"status", number_at(response, {"status"})},
          {"statusText", text_at(response, {"reason"})},
          {"httpVersion", protocol_of(response)},
          {"cookies", Json::array()},
          {"headers", fields(response)},
          {"content", std::move(content)},
          {"redirectURL", header_of(response, "location")},
          {"headersSize", -1},
          {"bodySize", body_size(response)}};
}

Json timings_json(const Json& line) {
  return {{"blocked", -1},
          {"dns", -1},
          {"connect", -1},
          {"ssl", -1},
          {"send", milliseconds_at(line, "send_ns")},
          {"wait", milliseconds_at(line, "wait_ns")},
          {"receive", milliseconds_at(line, "receive_ns")}};
}

// The members of the line that HAR has none for, as they are.
Json own_members(const Json& line) {
  Json own = Json::object();
  for (const char* key : {"n", "tgid", "tid", "exchange", "inbound", "outcome", "correlation",
                          "request_id", "trace_id", "credentials", "data_classes", "derived"}) {
    const Json& value = member_at(line, {key});
    if (!value.is_null()) own[key] = value;
  }
  const Json& status = member_at(line, {"response", "grpc_status"});
  if (!status.is_null()) own["grpc_status"] = status;
  return own;
}

Json entry_json(const Json& line, const PeerTable::Peer* peer) {
  Json entry = {{"startedDateTime", text_at(line, {"time"})},
                {"time", static_cast<double>(duration_of(line)) / 1e6},
                {"request", request_json(line)},
                {"response", response_json(line)},
                {"cache", Json::object()},
                {"timings", timings_json(line)}};
  if (peer != nullptr && !peer->address.empty() && member_at(line, {"inbound"}) != Json(true)) {
    entry["serverIPAddress"] = peer->address;
    entry["connection"] = std::to_string(peer->port);
  }
  const std::string conn = text_at(line, {"conn"});
  if (!conn.empty()) entry["_connectionId"] = conn;
  entry["_scopetrace"] = own_members(line);
  return entry;
}

}  // namespace

std::string HarFormat::lead() {
  if (has_entries_) return ",\n";
  has_entries_ = true;
  const Json creator = {{"name", "scopetrace"}, {"version", version_}};
  return R"({"log":{"version":"1.2","creator":)" +
         creator.dump(-1, ' ', false, Json::error_handler_t::replace) + ",\"entries\":[\n";
}

Status HarFormat::add(const ExportLine& line) {
  peers_.learn(line.content);
  if (line.is_session()) version_ = text_at(line.content, {"version"});
  if (text_at(line.content, {"type"}) != "http") return {};
  const Json entry = entry_json(line.content, peers_.find(line.content));
  return file_.write(lead() + entry.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Status HarFormat::finish() {
  const std::string head = has_entries_ ? "" : lead();
  return file_.write(head + "\n]}}\n");
}

Result<std::unique_ptr<ExportFormat>> make_har_format(const ExportProfile& /*profile*/,
                                                      OutputFolder& folder) {
  ST_ASSIGN_OR_RETURN(ExportFile * file, folder.add("exchanges.har"));
  return std::make_unique<HarFormat>(*file);
}

}  // namespace scopetrace
