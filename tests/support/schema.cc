// SPDX-License-Identifier: Apache-2.0
#include "tests/support/schema.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

namespace scopetrace {
namespace {

using Json = nlohmann::json;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  return type == "integer" && value.is_number_integer();
}

// One schema document; its own $defs are where $ref leads.
class Schema {
 public:
  explicit Schema(Json root) : root_(std::move(root)) {}

  std::string fault(const Json& value, const std::string& path) const {
    return fault_of(value, root_, path);
  }

 private:
  std::string fault_of(const Json& value, const Json& schema, const std::string& path) const;
  std::string referred_fault(const Json& value, const Json& schema, const std::string& path) const;
  std::string object_fault(const Json& value, const Json& schema, const std::string& path) const;
  std::string array_fault(const Json& value, const Json& schema, const std::string& path) const;

  Json root_;
};

std::string Schema::object_fault(const Json& value, const Json& schema,
                                 const std::string& path) const {
  const Json properties = schema.value("properties", Json::object());
  for (const auto& key : schema.value("required", Json::array())) {
    if (!value.contains(key)) return path + " lacks " + key.get<std::string>();
  }
  for (const auto& [key, member] : value.items()) {
    const std::string at = path + "." + key;
    const Json other = schema.value("additionalProperties", Json(true));
    const Json& rule = properties.contains(key) ? properties[key] : other;
    if (rule == Json(false)) return at + " is unknown";
    if (!rule.is_object()) continue;
    if (std::string fault = fault_of(member, rule, at); !fault.empty()) return fault;
  }
  return "";
}

std::string scalar_fault(const Json& value, const Json& schema, const std::string& path) {
  if (schema.contains("const") && value != schema["const"]) return path + " is another constant";
  if (schema.contains("enum")) {
    const Json& allowed = schema["enum"];
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      return path + " not in enum";
  }
  if (schema.contains("pattern") &&
      !std::regex_search(value.get<std::string>(),
                         std::regex(schema["pattern"].get<std::string>()))) {
    return path + " does not match its pattern";
  }
  if (value.is_string() && value.get<std::string>().size() < schema.value("minLength", 0U)) {
    return path + " is too short";
  }
  if (schema.contains("minimum") && value < schema["minimum"]) return path + " is too small";
  if (schema.contains("maximum") && value > schema["maximum"]) return path + " is too large";
  return "";
}

std::string Schema::array_fault(const Json& value, const Json& schema,
                                const std::string& path) const {
  if (value.size() > schema.value("maxItems", value.size())) return path + " has too many items";
  for (std::size_t i = 0; schema.contains("items") && i < value.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    if (std::string fault = fault_of(value[i], schema["items"], at); !fault.empty()) return fault;
  }
  return "";
}

// What $ref, if, then and else say.
std::string Schema::referred_fault(const Json& value, const Json& schema,
                                   const std::string& path) const {
  if (schema.contains("$ref")) {
    const Json::json_pointer target(schema["$ref"].get<std::string>().substr(1));
    if (std::string fault = fault_of(value, root_.at(target), path); !fault.empty()) return fault;
  }
  if (!schema.contains("if")) return "";
  const char* branch = fault_of(value, schema["if"], path).empty() ? "then" : "else";
  return schema.contains(branch) ? fault_of(value, schema[branch], path) : "";
}

std::string Schema::fault_of(const Json& value, const Json& schema, const std::string& path) const {
  if (schema.contains("type") && !has_type(value, schema["type"]))
    return path + " has a wrong type";
  if (std::string fault = referred_fault(value, schema, path); !fault.empty()) return fault;
  if (value.is_object()) return object_fault(value, schema, path);
  return value.is_array() ? array_fault(value, schema, path) : scalar_fault(value, schema, path);
}

}  // namespace

std::string schema_fault(std::string_view line) {
  constexpr std::string_view kStart = "{\"type\":\"";
  if (!line.starts_with(kStart) || !line.ends_with('\n')) return "is no line that begins with type";
  const Json value = Json::parse(line, nullptr, false);
  if (value.is_discarded()) return "is no JSON";
  const std::string type = value["type"];
  std::ifstream file(std::string(SCOPETRACE_SCHEMA_DIR) + "/" + type + ".json");
  if (!file) return "type " + type + " has no schema";
  return Schema(Json::parse(file)).fault(value, type);
}

std::string document_fault(std::string_view document, const std::string& schema_path) {
  const Json value = Json::parse(document, nullptr, false);
  if (value.is_discarded()) return "is no JSON";
  std::ifstream file(schema_path);
  if (!file) return "no schema " + schema_path;
  return Schema(Json::parse(file)).fault(value, "$");
}

}  // namespace scopetrace
