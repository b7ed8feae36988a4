// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/http_line.h"

#include <algorithm>

#include "userspace/bundle/text_fields.h"
#include "userspace/export/json_members.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxPeers = 65536;
constexpr std::string_view kNoHost = "withheld.invalid";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// `text` with every byte outside `allowed` percent-encoded. A `%` stays one.
std::string encode(std::string_view text, std::string_view allowed) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter_or_digit(c) || allowed.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

// A percent sign that begins no encoded byte is one byte like any other.
std::string encode_target(std::string_view target) {
  std::string out;
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  for (std::size_t at = 0; at < target.size(); ++at) {
    const bool is_encoded = target[at] == '%' && at + 2 < target.size() && is_hex(target[at + 1]) &&
                            is_hex(target[at + 2]);
    out += is_encoded ? "%" : encode(target.substr(at, 1), "-._~!$&'()*+,;=:@/?");
  }
  return out;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view scheme_of(const Json& line) {
  return member_at(line, {"plain"}) == Json(true) ? "http" : "https";
}

std::string url_of(const Json& line) {
  const std::string host = encode(text_at(line, {"request", "host"}), "-._:");
  const std::string target = encode_target(text_at(line, {"request", "target"}));
  std::string url(scheme_of(line));
  url.append("://").append(host.empty() ? kNoHost : host);
  return url + (target.starts_with('/') ? "" : "/") + target;
}

std::string protocol_of(const Json& message) {
  const std::string version = text_at(message, {"version"});
  return version.starts_with("HTTP/") ? version : "HTTP/" + (version.empty() ? "1.1" : version);
}

std::uint64_t duration_of(const Json& line) {
  return number_at(line, {"timing", "send_ns"}) + number_at(line, {"timing", "wait_ns"}) +
         number_at(line, {"timing", "receive_ns"});
}

std::string header_of(const Json& message, std::string_view name) {
  const Json& headers = member_at(message, {"headers"});
  if (!headers.is_array()) return "";
  for (const Json& field : headers) {
    std::string found = text_at(field, {"name"});
    std::transform(found.begin(), found.end(), found.begin(), lower);
    if (found == name) return text_at(field, {"value"});
  }
  return "";
}

std::uint64_t time_of(const Json& line) {
  return parse_nanoseconds(text_at(line, {"time"})).value_or(0);
}

bool has_failed(const Json& line) {
  return text_at(line, {"outcome"}) != "complete" ||
         number_at(line, {"response", "status"}) >= 400 ||
         number_at(line, {"response", "grpc_status"}) != 0;
}

void PeerTable::learn(const Json& line) {
  if (text_at(line, {"type"}) != "connection") return;
  const std::string conn = text_at(line, {"conn"});
  if (text_at(line, {"state"}) == "closed") {
    peers_.erase(conn);
  } else if (peers_.size() < kMaxPeers || peers_.contains(conn)) {
    peers_[conn] = {text_at(line, {"peer", "address"}), number_at(line, {"peer", "port"}),
                    text_at(line, {"third_party"})};
  }
}

const PeerTable::Peer* PeerTable::find(const Json& line) const {
  const auto found = peers_.find(text_at(line, {"conn"}));
  return found == peers_.end() ? nullptr : &found->second;
}

}  // namespace scopetrace
