// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/grpc_status.h"

#include <strings.h>

#include "userspace/base/bytes.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxDigits = 3;

std::optional<unsigned> find_status(const std::vector<HttpField>& fields) {
  for (const HttpField& field : fields) {
    if (strcasecmp(field.name.c_str(), "grpc-status") != 0) continue;
    const auto number = parse_decimal(field.value);
    if (!number || field.value.size() > kMaxDigits) return std::nullopt;
    return static_cast<unsigned>(*number);
  }
  return std::nullopt;
}

}  // namespace

std::optional<unsigned> grpc_status_of(const HttpResponse& response) {
  const auto status = find_status(response.trailers);
  return status ? status : find_status(response.fields);
}

}  // namespace scopetrace
