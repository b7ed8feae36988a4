// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/delivery_mark.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxMarkBytes = 16 * 1024;

bool is_mark(const nlohmann::json& json) {
  const auto has = [&](const char* key, auto is_type) {
    const auto found = json.find(key);
    return found != json.end() && ((*found).*is_type)();
  };
  using Json = nlohmann::json;
  return json.is_object() && has("otlp", &Json::is_string) && has("spans", &Json::is_string) &&
         has("sent_bytes", &Json::is_number_unsigned) &&
         has("rejected_spans", &Json::is_number_unsigned);
}

}  // namespace

Result<DeliveryMark> read_delivery_mark(const std::string& path, const std::string& url,
                                        const Digest& spans) {
  const DeliveryMark nothing{.url = url, .spans = spans};
  if (::access(path.c_str(), F_OK) != 0) return nothing;
  ST_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxMarkBytes));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!is_mark(json)) {
    return fail(Error(ErrorCode::kCorrupt, path + ": does not say how far a delivery came")
                    .with_hint("remove it to send all spans again; their ids stay the same"));
  }
  if (json["otlp"] != url || json["spans"] != format_digest(spans)) return nothing;
  return DeliveryMark{.url = url,
                      .spans = spans,
                      .sent_bytes = json["sent_bytes"],
                      .rejected_spans = json["rejected_spans"]};
}

Status write_delivery_mark(const std::string& path, const DeliveryMark& mark) {
  const nlohmann::json json = {{"otlp", mark.url},
                               {"spans", format_digest(mark.spans)},
                               {"sent_bytes", mark.sent_bytes},
                               {"rejected_spans", mark.rejected_spans}};
  return write_file_atomically(path, json.dump() + "\n", 0600);
}

}  // namespace scopetrace
