// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/line_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace scopetrace {
namespace {

using Paths = std::set<std::string>;
using Schema = nlohmann::json;

void collect(const Schema& schema, const std::string& path, Paths& out);

void collect_object(const Schema& schema, const std::string& path, Paths& out) {
  const std::string lead = path.empty() ? "" : path + ".";
  for (const auto& [name, member] : schema["properties"].items()) collect(member, lead + name, out);
}

// Every scalar that a line after this schema may have, in the form of line_fields.h.
void collect(const Schema& schema, const std::string& path, Paths& out) {
  const std::string type = schema.value("type", "");
  if (type == "array") return collect(schema["items"], path + "[]", out);
  if (type != "object") return void(out.insert(path));
  if (schema.contains("properties")) return collect_object(schema, path, out);
  out.insert(path + "{}");
}

// Of all schemas but that of what is common to all.
std::map<std::string, Paths> paths_of_schemas() {
  std::map<std::string, Paths> all;
  for (const auto& entry : std::filesystem::directory_iterator(SCOPETRACE_SCHEMA_DIR)) {
    if (entry.path().stem() == "common") continue;
    std::ifstream file(entry.path());
    collect(Schema::parse(file), "", all[entry.path().stem()]);
  }
  return all;
}

const Paths kCommon = {"type", "n", "time", "tgid", "tid", "conn"};

TEST(LineFieldsTest, EveryTypeOfTheSchemasHasRules) {
  for (const auto& [type, paths] : paths_of_schemas()) {
    EXPECT_NE(find_line_rules(type), nullptr) << type;
  }
}

TEST(LineFieldsTest, HasARuleForEveryMemberOfTheSchemas) {
  const auto schemas = paths_of_schemas();
  ASSERT_GE(schemas.size(), 11U);
  for (const LineRules& rules : all_line_rules()) {
    Paths paths;
    for (const FieldRule& rule : rules.fields) paths.emplace(rule.path);
    ASSERT_TRUE(schemas.contains(std::string(rules.type))) << rules.type;
    Paths wanted = schemas.at(std::string(rules.type));
    for (const std::string& common : kCommon) wanted.erase(common);
    EXPECT_THAT(paths, testing::ContainerEq(wanted)) << rules.type;
  }
}

TEST(LineFieldsTest, KnowsNoOtherType) {
  EXPECT_EQ(find_line_rules("secret"), nullptr);
  EXPECT_EQ(find_line_rules(""), nullptr);
}

}  // namespace
}  // namespace scopetrace
