// SPDX-License-Identifier: Apache-2.0
// scopetrace token review: closes a break-glass, by somebody of policy's review group.
#include <fmt/core.h>

#include <array>
#include <memory>

#include "cli/ascii.h"
#include "cli/signing.h"
#include "cli/token.h"
#include "scopes/break_glass.h"
#include "userspace/base/clock.h"
#include "userspace/base/crypto.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

struct ReviewOptions {
  std::string path;
  std::string finding = "nothing found against it";
  std::string key_path;
  std::string principal;
};

Result<std::string> sign_review(const ReviewOptions& options, const ApprovalText& document,
                                const Folders& folders) {
  ST_RETURN_IF_ERROR(check_ascii("--finding", options.finding));
  Review review;
  review.approval = document.approval.id;
  review.body = document.body_digest();
  ST_ASSIGN_OR_RETURN(const TextSigner signer,
                      find_signer(options.principal, options.key_path, kReviewNamespace, folders));
  review.by = signer.principal;
  review.finding = options.finding;
  review.time_s = realtime_ns() / kNanosecondsPerSecond;
  std::array<std::byte, 16> nonce;
  fill_random(nonce);
  review.nonce = to_hex(nonce);
  ST_ASSIGN_OR_RETURN(const std::string body, format_review(review));
  ST_ASSIGN_OR_RETURN(const std::string block, sign_with(signer.key, kReviewNamespace, body));
  return format_signed_text(body, std::vector<std::string>{block});
}

Result<ExitCode> run_review(const ReviewOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const ApprovalText document, read_approval(options.path));
  if (!document.approval.is_break_glass) {
    return fail(Error(ErrorCode::kUsage, options.path + " is no break-glass approval")
                    .with_hint("only those are reviewed afterwards"));
  }
  HostCall call;
  call.task = HostTask::kReview;
  call.root = root;
  ST_ASSIGN_OR_RETURN(call.text, sign_review(options, document, Folders(root)));
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, call_host(std::move(call)));
  for (const std::string& note : answer.notes) fmt::print(stderr, "{}\n", note);
  return ExitCode::kDone;
}

}  // namespace

Command add_token_review(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<ReviewOptions>();
  CLI::App* review = token.add_subcommand("review", "Close a break-glass");
  review->add_option("file", options->path, "The break-glass approval; - is standard input")
      ->required();
  review->add_option("--finding", options->finding, "What you found, for the ledger")
      ->capture_default_str();
  review->add_option("--key", options->key_path, "Private key; default: ssh-agent");
  review->add_option("--as", options->principal, "Your name in the trust file");
  add_examples(*review,
               {"scopetrace token review night.approval --finding 'as described in INC-4711'",
                "scopetrace token review night.approval --key ~/.ssh/id_ed25519"});
  return {review, [options, &global] { return run_review(*options, global.root); }};
}

}  // namespace scopetrace
