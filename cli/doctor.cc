// SPDX-License-Identifier: Apache-2.0
// scopetrace doctor: what works on this host and for one process, and what does not and why.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;

struct DoctorOptions {
  std::uint32_t tgid = 0;
  bool is_json = false;
};

void print_checks(const Json& checks) {
  for (const Json& check : checks) {
    const bool is_ok = check.value("ok", false);
    fmt::print("  {:<3}  {:<32} {}\n", is_ok ? "yes" : "no", check.value("name", ""),
               check.value("detail", ""));
    const std::string remedy = check.value("remedy", "");
    if (!remedy.empty()) fmt::print("       remedy: {}\n", remedy);
  }
}

void print_process(const Json& process) {
  fmt::print("\nprocess {}: {}\n", process.value("tgid", 0), process.value("context", ""));
  for (const char* group : {"unit", "container"}) {
    const std::string name = process.value(group, "none");
    if (name != "none") fmt::print("  in {} {}\n", group, name);
  }
  for (const Json& library : process.at("libraries")) {
    fmt::print("  {:<3}  {}{}\n       {}\n", library.value("covered", false) ? "yes" : "no",
               library.value("name", ""), library.value("loaded", false) ? "" : " (not loaded yet)",
               library.value("detail", ""));
  }
}

void print_unseen(const Json& answer) {
  fmt::print("\nnot seen:\n");
  if (answer.contains("process")) {
    for (const auto& one : answer["process"].at("unseen")) {
      fmt::print("  {}\n", one.get<std::string>());
    }
  }
  for (const auto& one : answer.at("unseen")) fmt::print("  {}\n", one.get<std::string>());
}

Result<ExitCode> run_doctor(const DoctorOptions& options, const std::string& root) {
  HostCall call;
  call.task = HostTask::kDoctor;
  call.root = root;
  call.tgid = options.tgid;
  ST_ASSIGN_OR_RETURN(const HostAnswer text, call_host(std::move(call)));
  const Json answer = Json::parse(text.text);
  if (options.is_json) {
    fmt::print("{}\n", answer.dump(2));
  } else {
    fmt::print("kernel {}\n", answer.value("kernel", ""));
    print_checks(answer.at("checks"));
    if (answer.contains("process")) print_process(answer["process"]);
    print_unseen(answer);
  }
  return answer.value("is_usable", false) ? ExitCode::kDone : ExitCode::kUnsupported;
}

}  // namespace

Command add_doctor_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "Say what works on this host and for a process, and what not");
  command->add_option("--pid", options->tgid, "Process to look at: its TLS libraries")
      ->check(CLI::Range(1U, 4194304U).description(""));
  command->add_flag("--json", options->is_json, "Print JSON");
  add_examples(*command, {"scopetrace doctor", "scopetrace doctor --pid 4211 --json"});
  return {command, [options, &global] { return run_doctor(*options, global.root); }};
}

}  // namespace scopetrace
