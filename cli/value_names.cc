// SPDX-License-Identifier: Apache-2.0
#include "cli/value_names.h"

namespace scopetrace {
namespace {

struct ValueName {
  const char* option;  // long name
  const char* value;
};
constexpr ValueName kNames[] = {
    {"against", "FILE"},
    {"all", "DIR"},
    {"allowed-signers", "FILE"},
    {"as", "PRINCIPAL"},
    {"at", "TIME"},
    {"capture", "LIST"},
    {"cgroup", "PATH"},
    {"container", "ID"},
    {"copy", "DIR"},
    {"environment", "NAME"},
    {"exchange", "ID"},
    {"finding", "TEXT"},
    {"for", "DURATION"},
    {"format", "FORMAT"},
    {"from", "TIME"},
    {"identity", "FILE"},
    {"key", "FILE"},
    {"learn", "LIST"},
    {"ledger", "PATH"},
    {"level", "LEVEL"},
    {"log", "FILE"},
    {"max-bytes", "SIZE"},
    {"max-cpu", "PERCENT"},
    {"otlp", "URL"},
    {"output", "FILE"},
    {"pid", "PID"},
    {"profile", "NAMES"},
    {"recipient", "KEY"},
    {"replay", "URL"},
    {"retry-for", "DURATION"},
    {"request-header", "NAME"},
    {"request-id", "ID"},
    {"revoked", "FILE"},
    {"rotate-every", "DURATION"},
    {"rotate-size", "SIZE"},
    {"status", "STATUS"},
    {"third-party", "HOST"},
    {"ticket", "ID"},
    {"to", "TIME"},
    {"unit", "NAME"},
    {"until", "TIME"},
    {"uses", "COUNT"},
    {"valid", "DURATION"},
    {"max-events-per-second", "COUNT"},
};

const char* value_name(const CLI::App& app, const CLI::Option& option) {
  // `trust add --for` takes what somebody may sign.
  if (app.get_name() == "add" && option.check_lname("for")) return "PURPOSES";
  for (const ValueName& name : kNames) {
    if (option.check_lname(name.option)) return name.value;
  }
  return nullptr;
}

}  // namespace

void name_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const char* name = value_name(app, *option);
    if (name != nullptr) option->type_name(name);
  }
  for (CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) name_values(*sub);
}

}  // namespace scopetrace
