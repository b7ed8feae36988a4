// SPDX-License-Identifier: Apache-2.0
// scopetrace token show: what a reviewer needs to decide in a minute.
#include <unistd.h>

#include <memory>

#include "cli/approval_review.h"
#include "cli/terminal.h"
#include "cli/token.h"

namespace scopetrace {
namespace {

struct TokenShowOptions {
  std::string path;
  std::string against_path;
  bool is_json = false;
};

Result<ExitCode> show_token(const TokenShowOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const ApprovalText document, read_approval(options.path));
  std::optional<ApprovalText> before;
  if (!options.against_path.empty()) {
    ST_ASSIGN_OR_RETURN(before, read_approval(options.against_path));
  }
  ST_ASSIGN_OR_RETURN(const ApprovalReview review,
                      review_approval(document, options.path, before, Folders(root)));
  if (options.is_json) {
    print_review_json(review);
  } else {
    print_review(review, may_use_colour(::isatty(STDOUT_FILENO) == 1));
  }
  return ExitCode::kDone;
}

}  // namespace

Command add_token_show(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<TokenShowOptions>();
  CLI::App* show = token.add_subcommand("show", "Say in plain words what an approval would expose");
  show->add_option("file", options->path, "Approval; - is standard input")->required();
  show->add_option("--against", options->against_path, "Also say what differs from this one");
  show->add_flag("--json", options->is_json, "Print JSON");
  add_examples(*show, {"scopetrace token show inc-4711.approval",
                       "scopetrace token show inc-4711.approval --against last-week.approval"});
  return {show, [options, &global] { return show_token(*options, global.root); }};
}

}  // namespace scopetrace
