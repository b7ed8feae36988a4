// SPDX-License-Identifier: Apache-2.0
// scopetrace show: the timeline of a bundle.
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "cli/bundle_input.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/timeline.h"

namespace scopetrace {
namespace {

struct ShowOptions {
  std::string path;
  TrustOptions trust;
  TimelineFilter filter;
  bool is_json = false;
  bool has_connections = false;
};

// Standard output, or a pager in front of it when a person looks.
class Output {
 public:
  explicit Output(bool may_page) {
    if (!may_page || ::isatty(STDOUT_FILENO) != 1) return;
    const char* pager = std::getenv("PAGER");
    pager_ = ::popen(pager != nullptr && *pager != '\0' ? pager : "less -FRX", "we");
  }
  ~Output() {
    if (pager_ != nullptr) ::pclose(pager_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  std::FILE* file() const { return pager_ != nullptr ? pager_ : stdout; }

 private:
  std::FILE* pager_ = nullptr;
};

// What is wrong with the value of --status; empty when nothing is.
std::string check_status(const std::string& text) {
  if (text == "error" || text == "none") return "";
  const bool is_status =
      text.size() == 3 && text[0] >= '1' && text[0] <= '9' &&
      (text.ends_with("xx") || text.find_first_not_of("0123456789") == text.npos);
  return is_status ? "" : "must be a status such as 429, a class such as 4xx, error or none";
}

// Two passes: the verdict stands above the lines, and is known only at their end. Only sealed lines
// are shown.
Result<ExitCode> run_show(const ShowOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(VerifyInputs inputs, read_verify_inputs(options.trust, root));
  ST_ASSIGN_OR_RETURN(const VerifyReport report, verify_file(options.path, inputs));
  const Output output(!options.is_json);
  const TimelineStyle style = {.is_coloured = may_use_colour(::isatty(STDOUT_FILENO) == 1),
                               .has_connections = options.has_connections};
  Timeline timeline(output.file(), options.filter, style);
  if (!options.is_json) timeline.print_header(report);
  inputs.on_line = [&](std::string_view line) { timeline.add(line, options.is_json); };
  ST_RETURN_IF_ERROR(verify_file(options.path, inputs).map([](const VerifyReport&) {}));
  if (!options.is_json) timeline.print_footer();
  return report.verdict == Verdict::kTampered ? ExitCode::kTampered : ExitCode::kDone;
}

}  // namespace

Command add_show_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* show = app.add_subcommand("show", "Show a bundle as a timeline");
  show->add_option("bundle", options->path, "Bundle to show")->required();
  show->add_option("--third-party", options->filter.third_party, "Only this host, or *.suffix");
  show->add_option("--status", options->filter.status, "Only 429, 4xx, error or none")
      ->check(CLI::Validator(check_status, "STATUS"));
  show->add_option("--exchange", options->filter.exchange, "Only this exchange, with its content");
  show->add_flag("--connections", options->has_connections,
                 "Also each opening and closing of a connection");
  add_trust_options(*show, options->trust);
  show->add_flag("--json", options->is_json, "Print matching lines as they are");
  add_examples(*show, {"scopetrace show capture.jsonl.zst --status error",
                       "scopetrace show capture.jsonl.zst --third-party api.stripe.com --json"});
  return {show, [options, &global] { return run_show(*options, global.root); }};
}

}  // namespace scopetrace
