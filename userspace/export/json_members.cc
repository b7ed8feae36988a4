// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/json_members.h"

namespace scopetrace {

const Json& member_at(const Json& object, std::initializer_list<const char*> keys) {
  static const Json kNull;
  const Json* at = &object;
  for (const char* key : keys) {
    if (!at->is_object()) return kNull;
    const auto found = at->find(key);
    if (found == at->end()) return kNull;
    at = &*found;
  }
  return *at;
}

std::string text_at(const Json& object, std::initializer_list<const char*> keys) {
  const Json& value = member_at(object, keys);
  return value.is_string() ? value.get<std::string>() : "";
}

std::uint64_t number_at(const Json& object, std::initializer_list<const char*> keys) {
  const Json& value = member_at(object, keys);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string_view host_without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool is_port = colon != std::string_view::npos && host.find(':') == colon;
  return is_port ? host.substr(0, colon) : host;
}

}  // namespace scopetrace
