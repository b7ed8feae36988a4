// SPDX-License-Identifier: Apache-2.0
#include "cli/span_delivery.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "cli/byte_progress.h"
#include "cli/quantity.h"
#include "cli/terminal.h"
#include "cli/token.h"
#include "userspace/base/file.h"
#include "userspace/otlp/delivery.h"
#include "userspace/otlp/delivery_mark.h"

namespace scopetrace {
namespace {

constexpr std::size_t kHashedPiece = 64 * 1024;

struct SpansFile {
  std::string path;
  std::uint64_t bytes = 0;
  Digest digest{};
};

Result<SpansFile> open_spans(const std::string& folder) {
  SpansFile spans{.path = folder + "/spans.jsonl"};
  if (::access(spans.path.c_str(), F_OK) != 0) {
    return fail(Error(ErrorCode::kNotFound, folder + " has no spans")
                    .with_hint("export them first: --format otlp"));
  }
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(spans.path, O_RDONLY));
  Sha256 hash;
  ByteVector piece(kHashedPiece);
  ssize_t size = 0;
  while ((size = ::read(fd.get(), piece.data(), piece.size())) > 0) {
    hash.update(Bytes(piece).first(static_cast<std::size_t>(size)));
    spans.bytes += static_cast<std::uint64_t>(size);
  }
  if (size < 0) return fail_errno(spans.path);
  spans.digest = hash.digest();
  return spans;
}

void say_waiting(const std::string& reason, const std::string& patience) {
  fmt::print(stderr, "scopetrace: the collector does not take spans: {}; trying for {}\n", reason,
             patience);
}

// One batch a line, from where the last delivery ended. The mark follows each batch.
Status send_rest(const SpansFile& spans, Delivery& delivery, DeliveryMark& mark,
                 const std::string& mark_path) {
  ByteProgress progress(may_use_colour(::isatty(STDERR_FILENO) == 1));
  progress.expect(spans.bytes);
  std::ifstream file(spans.path);
  file.seekg(static_cast<std::streamoff>(mark.sent_bytes));
  const std::uint64_t rejected_before = mark.rejected_spans;
  std::string batch;
  while (std::getline(file, batch)) {
    ST_RETURN_IF_ERROR(delivery.send(batch));
    mark.sent_bytes += batch.size() + 1;
    mark.rejected_spans = rejected_before + delivery.rejected_spans();
    ST_RETURN_IF_ERROR(write_delivery_mark(mark_path, mark));
    progress.set(mark.sent_bytes);
  }
  return {};
}

Error undelivered(Error error, const std::string& folder, const DeliveryMark& mark,
                  const SpansFile& spans) {
  return std::move(error)
      .with_context(fmt::format("{} of {} bytes of spans were sent", mark.sent_bytes, spans.bytes))
      .with_hint("nothing is lost; send the rest with: scopetrace export " + folder + " --otlp " +
                 mark.url);
}

}  // namespace

void add_delivery_options(CLI::App& command, DeliveryOptions& options) {
  command.add_option("--otlp", options.url,
                     "Also send the spans to this collector, one of policy's otlp_targets");
  command.add_option("--retry-for", options.patience, "How long the collector may be down")
      ->capture_default_str();
}

Status check_delivery(const DeliveryOptions& options, const std::string& root) {
  ST_RETURN_IF_ERROR(parse_duration(options.patience));
  ST_RETURN_IF_ERROR(collector_url(options.url));
  ST_ASSIGN_OR_RETURN(const Policy policy, read_policy_or_default(Folders(root)));
  const auto& targets = policy.otlp_targets;
  if (std::find(targets.begin(), targets.end(), options.url) != targets.end()) return {};
  return fail(Error(ErrorCode::kRefused, "policy does not name this collector")
                  .with_hint("otlp_targets in policy.json lists where spans may be sent"));
}

Result<ExitCode> deliver_spans(const std::string& folder, const DeliveryOptions& options) {
  ST_ASSIGN_OR_RETURN(const std::uint64_t patience_s, parse_duration(options.patience));
  ST_ASSIGN_OR_RETURN(const SpansFile spans, open_spans(folder));
  const std::string mark_path = folder + ".otlp-sent";
  ST_ASSIGN_OR_RETURN(DeliveryMark mark, read_delivery_mark(mark_path, options.url, spans.digest));
  if (mark.sent_bytes == spans.bytes) {
    fmt::print("{} has all spans already\n", options.url);
    return ExitCode::kDone;
  }
  ST_ASSIGN_OR_RETURN(const auto collector, open_collector(options.url));
  Delivery delivery(*collector, system_delivery_clock(), patience_s * 1'000,
                    [&](const std::string& reason) { say_waiting(reason, options.patience); });
  const Status sent = send_rest(spans, delivery, mark, mark_path);
  if (!sent) return fail(undelivered(sent.error(), folder, mark, spans));
  fmt::print("{} has the spans\n", options.url);
  if (mark.rejected_spans == 0) return ExitCode::kDone;
  fmt::print("the collector has dropped {} of them\n", mark.rejected_spans);
  return ExitCode::kLosses;
}

}  // namespace scopetrace
