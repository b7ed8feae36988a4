// SPDX-License-Identifier: Apache-2.0
// scopetrace show: the timeline of a bundle.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/bundle_input.h"
#include "cli/commands.h"
#include "cli/pager.h"
#include "cli/terminal.h"
#include "cli/timeline.h"

namespace scopetrace {
namespace {

struct ShowOptions {
  std::vector<std::string> paths;  // one bundle, or the parts of one capture in their order
  TrustOptions trust;
  IdentityOptions identities;
  TimelineFilter filter;
  bool is_json = false;
  bool has_connections = false;
  bool is_following = false;
};

// What is wrong with the value of --status; empty when nothing is.
std::string check_status(const std::string& text) {
  if (text == "error" || text == "none") return "";
  const bool is_status =
      text.size() == 3 && text[0] >= '1' && text[0] <= '9' &&
      (text.ends_with("xx") || text.find_first_not_of("0123456789") == text.npos);
  return is_status ? "" : "must be a status such as 429, a class such as 4xx, error or none";
}

// What is wrong with a bound of time; empty when nothing is. `#` stands for a digit.
std::string check_time(const std::string& text) {
  constexpr std::string_view kForms[] = {"####-##-##T##:##:##.#########", "##:##:##.#########"};
  for (const std::string_view form : kForms) {
    const std::size_t shortest = form.size() > 20 ? 10 : 5;
    const auto fits = [](char shape, char c) {
      return shape == '#' ? c >= '0' && c <= '9' : c == shape;
    };
    if (text.size() < shortest || text.size() > form.size()) continue;
    const bool is_whole = text.back() >= '0' && text.back() <= '9';
    if (is_whole && std::equal(text.begin(), text.end(), form.begin(),
                               [&](char c, char shape) { return fits(shape, c); })) {
      return "";
    }
  }
  return "must be UTC, as 2026-09-21T14:13:20 or 14:13";
}

// Lines as the times of a bundle have them, without the Z that people may write.
std::string without_zone(std::string text) {
  if (text.ends_with('Z')) text.pop_back();
  return text;
}

TimelineStyle style_of(const ShowOptions& options) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  return {.is_coloured = may_use_colour(is_terminal),
          .is_for_terminal = is_terminal,
          .has_connections = options.has_connections};
}

ExitCode exit_code_of(const VerifyReport& report) {
  return report.verdict == Verdict::kTampered ? ExitCode::kTampered : ExitCode::kDone;
}

// A person who left the pager has seen enough: that is no error, and the verdict stands.
Status print_lines(const ShowOptions& options, VerifyInputs inputs,
                   const std::vector<VerifyReport>& reports, Decryptions& decryptions,
                   const Pager& pager) {
  try {
    Timeline timeline(pager.file(), options.filter, style_of(options));
    inputs.on_line = [&](std::string_view line) { timeline.add(line, options.is_json); };
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (!options.is_json) timeline.print_header(reports[i]);
      ST_RETURN_IF_ERROR(
          verify_file(options.paths[i], inputs, decryptions).map([](const VerifyReport&) {}));
    }
    if (!options.is_json) timeline.print_footer();
  } catch (const std::system_error& error) {  // fmt, when a write fails
    if (!pager.is_paging() || error.code().value() != EPIPE) throw;
  }
  return {};
}

// Two passes: the verdict stands above the lines, and is known only at their end. Only sealed lines
// are shown. Whether the parts belong together is for `verify` to say.
Result<ExitCode> show_whole(const ShowOptions& options, const VerifyInputs& inputs,
                            Decryptions& decryptions) {
  std::vector<VerifyReport> reports;
  ExitCode code = ExitCode::kDone;
  for (const std::string& path : options.paths) {
    ST_ASSIGN_OR_RETURN(VerifyReport report, verify_file(path, inputs, decryptions));
    code = std::max(code, exit_code_of(report));
    reports.push_back(std::move(report));
  }
  ST_ASSIGN_OR_RETURN(Pager pager, Pager::open(!options.is_json));
  ST_RETURN_IF_ERROR(print_lines(options, inputs, reports, decryptions, pager));
  ST_RETURN_IF_ERROR(pager.finish());
  return code;
}

// One pass, each line as soon as it is sealed; the verdict comes last.
Result<ExitCode> follow(const ShowOptions& options, VerifyInputs inputs, Decryptions& decryptions) {
  Timeline timeline(stdout, options.filter, style_of(options));
  inputs.on_line = [&](std::string_view line) { timeline.add(line, options.is_json); };
  ST_ASSIGN_OR_RETURN(const VerifyReport report,
                      follow_file(options.paths.front(), std::move(inputs), decryptions));
  if (!options.is_json) {
    timeline.print_footer();
    timeline.print_header(report);
  }
  return exit_code_of(report);
}

Result<ExitCode> run_show(const ShowOptions& options, const std::string& root) {
  if (options.is_following && options.paths.size() > 1) {
    return fail(ErrorCode::kUsage, "--follow takes one bundle, the part that is being written");
  }
  ST_ASSIGN_OR_RETURN(const VerifyInputs inputs, read_verify_inputs(options.trust, root));
  Decryptions decryptions(options.identities, "show", root);
  return options.is_following ? follow(options, inputs, decryptions)
                              : show_whole(options, inputs, decryptions);
}

}  // namespace

Command add_show_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* show = app.add_subcommand("show", "Show a bundle as a timeline");
  show->add_option("bundle", options->paths, "Bundle to show, or the parts of one capture")
      ->required();
  show->add_option("--third-party", options->filter.third_party, "Only this host, or *.suffix");
  show->add_option("--status", options->filter.status, "Only 429, 4xx, error or none")
      ->check(CLI::Validator(check_status, "STATUS"));
  show->add_option("--exchange", options->filter.exchange, "Only this exchange, with its content");
  const CLI::Validator time(check_time, "TIME");
  show->add_option("--from", options->filter.from, "Only from this moment on, UTC")
      ->transform(without_zone)
      ->check(time);
  show->add_option("--to", options->filter.to, "Only up to this moment, UTC")
      ->transform(without_zone)
      ->check(time);
  show->add_flag("--follow", options->is_following,
                 "Of a running capture: each line as soon as it is sealed");
  show->add_flag("--connections", options->has_connections,
                 "Also each opening and closing of a connection");
  add_trust_options(*show, options->trust);
  add_identity_option(*show, options->identities);
  show->add_flag("--json", options->is_json, "Print matching lines as they are");
  add_examples(*show, {"scopetrace show capture.jsonl.zst --status error",
                       "scopetrace show capture.jsonl.zst --third-party api.stripe.com --json"});
  return {show, [options, &global] { return run_show(*options, global.root); }};
}

}  // namespace scopetrace
