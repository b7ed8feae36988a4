// SPDX-License-Identifier: Apache-2.0
// scopetrace scrub: the redaction engine as a filter.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/byte_progress.h"
#include "cli/commands.h"
#include "cli/scrub_engine.h"
#include "cli/scrub_output.h"
#include "cli/scrub_report.h"
#include "cli/terminal.h"
#include "scopes/host.h"
#include "userspace/base/file.h"
#include "userspace/base/secret_memory.h"
#include "userspace/base/wiping_heap.h"
#include "userspace/redact/profile_loader.h"

namespace scopetrace {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

struct ScrubOptions {
  std::vector<std::string> paths;
  std::string output;
  std::string profile = "standard";
  bool is_null = false;
  bool is_http = false;
  bool has_report = false;
  bool is_json = false;
};

std::string name_of(const std::string& path) { return path == "-" ? "standard input" : path; }

ScrubFormat format_of(const ScrubOptions& options) {
  if (options.is_http) return ScrubFormat::kHttp;
  return options.is_null ? ScrubFormat::kRecords : ScrubFormat::kText;
}

// Own rules are a path with a slash, or the name of a profile of this host.
Result<RuleSet> read_rules(const std::string& profile, const std::string& root) {
  return load_profile(profile, [&root](const std::string& part) -> Result<std::string> {
    if (part.find('/') != part.npos) return read_file(part, kMaxProfileBytes);
    const std::string path = Folders(root).profiles() + "/" + part + ".json";
    if (part.find('.') != part.npos || ::access(path.c_str(), F_OK) != 0)
      return refuse_own_profile(part);
    return read_file(path, kMaxProfileBytes);
  });
}

Result<UniqueFd> open_input(const std::string& path) {
  if (path != "-") return open_file(path, O_RDONLY);
  if (::isatty(STDIN_FILENO) == 1) std::fputs("hint: reads the terminal; Ctrl-D ends\n", stderr);
  UniqueFd fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) return fail_errno(name_of(path));
  return fd;
}

// Whether a read would not wait.
bool has_input(int fd) {
  pollfd input = {.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, 0) != 0;
}

// Of all inputs together; 0 when one is no regular file.
std::uint64_t size_of(const std::vector<std::string>& paths) {
  std::uint64_t sum = 0;
  for (const std::string& path : paths) {
    struct stat found = {};
    const int result = path == "-" ? ::fstat(STDIN_FILENO, &found) : ::stat(path.c_str(), &found);
    if (result != 0 || !S_ISREG(found.st_mode)) return 0;
    sum += static_cast<std::uint64_t>(found.st_size);
  }
  return sum;
}

bool may_show_progress(const ScrubOptions& options) {
  const bool is_mixed = options.output.empty() && ::isatty(STDOUT_FILENO) == 1;
  return !is_mixed && may_use_colour(::isatty(STDERR_FILENO) == 1);
}

// One run of the command: one engine and one output for all inputs, so that equal values get equal
// tags.
class ScrubRun {
 public:
  ScrubRun(const ScrubOptions& options, ScrubEngine& engine, SecretBuffer buffer,
           ScrubOutput output)
      : options_(options),
        engine_(engine),
        buffer_(std::move(buffer)),
        output_(std::move(output)),
        progress_(may_show_progress(options)) {
    progress_.expect(size_of(options.paths));
  }

  Status scrub_all() {
    for (const std::string& path : options_.paths) ST_RETURN_IF_ERROR(scrub_file(path));
    return output_.finish();
  }

  ScrubReport report() {
    report_.by_class = engine_.by_class();
    report_.written_bytes = output_.written_bytes();
    report_.is_locked = buffer_.is_locked();
    return report_;
  }

 private:
  Status scrub_file(const std::string& path) {
    ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_input(path));
    if (output_.is_file_of(fd.get()))
      return fail(ErrorCode::kUsage, name_of(path) + ": is also the output");
    const std::unique_ptr<ScrubInput> input = engine_.begin_input();
    ST_RETURN_IF_ERROR(scrub_stream(fd.get(), name_of(path), *input));
    report_.records += input->records();
    report_.withheld_bytes += input->withheld_bytes();
    return {};
  }

  // Each piece is written before the next is read: a reader of a pipe sees lines as they come.
  Status scrub_stream(int fd, const std::string& name, ScrubInput& input) {
    for (std::size_t size = 1; size > 0;) {
      ST_ASSIGN_OR_RETURN(size, read_some(fd, name));
      if (size == 0) input.finish(out_);
      if (size > 0) input.push(buffer_.first(size), out_);
      ST_RETURN_IF_ERROR(output_.write(out_));
      out_.clear();
      progress_.add(size);
    }
    return {};
  }

  // Bytes read into the buffer, 0 at the end. The next piece overwrites the one before; where there
  // is none yet, that one is wiped before the wait.
  Result<std::size_t> read_some(int fd, const std::string& name) {
    if (!has_input(fd)) wipe_used();
    ssize_t size = -1;
    do size = ::read(fd, buffer_.data(), buffer_.size());
    while (size < 0 && errno == EINTR);
    if (size < 0) return fail_errno(name);
    buffer_.wipe_range(static_cast<std::size_t>(size), used_);
    used_ = static_cast<std::size_t>(size);
    report_.read_bytes += used_;
    return used_;
  }

  void wipe_used() {
    buffer_.wipe_range(0, used_);
    used_ = 0;
    engine_.forget();
  }

  const ScrubOptions& options_;
  ScrubEngine& engine_;
  SecretBuffer buffer_;
  std::size_t used_ = 0;  // of the buffer, from its start
  ScrubOutput output_;
  ByteProgress progress_;
  ScrubReport report_;
  std::string out_;
};

void print_report(const ScrubReport& report, bool is_json) {
  const std::string text = is_json ? format_report_json(report) : format_report_table(report);
  std::fputs(text.c_str(), stderr);
}

Error say_what_is_left(Error error, const std::string& output) {
  if (output.empty()) return error;
  return std::move(error).with_hint("what was written until then is in " + output + ".incomplete");
}

Result<ExitCode> run_scrub(const ScrubOptions& options, const std::string& root) {
  ST_RETURN_IF_ERROR(forbid_dumps());
  wipe_freed_memory();
  ST_ASSIGN_OR_RETURN(const RuleSet rules, read_rules(options.profile, root));
  ST_ASSIGN_OR_RETURN(const auto engine, ScrubEngine::make(rules, format_of(options)));
  ST_ASSIGN_OR_RETURN(SecretBuffer buffer, SecretBuffer::make(kReadBytes));
  ST_ASSIGN_OR_RETURN(ScrubOutput output, ScrubOutput::make(options.output));
  ScrubRun run(options, *engine, std::move(buffer), std::move(output));
  const Status done = run.scrub_all();
  // Whoever closed the pipe has seen enough and is told nothing; the text is not whole all the
  // same.
  if (!done && done.error().system_errno() == EPIPE) return ExitCode::kFailed;
  if (!done) return fail(say_what_is_left(done.error(), options.output));
  if (options.has_report) print_report(run.report(), options.is_json);
  return ExitCode::kDone;
}

}  // namespace

Command add_scrub_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<ScrubOptions>();
  CLI::App* scrub = app.add_subcommand("scrub", "Take secrets and personal data out of text");
  scrub->add_option("file", options->paths, "Files to redact; - is standard input")
      ->default_val(std::vector<std::string>{"-"});
  CLI::Option* null = scrub->add_flag("--null", options->is_null,
                                      "Independent records that end in NUL, in and out");
  scrub->add_flag("--http", options->is_http, "Raw HTTP messages; bodies come out decoded")
      ->excludes(null);
  scrub->add_option("--profile", options->profile, "standard+pci, +gdpr, +hipaa, +./own.json")
      ->capture_default_str();
  scrub->add_option("-o,--output", options->output, "New file to write, for its owner only");
  CLI::Option* report =
      scrub->add_flag("--report", options->has_report, "Counts by class on standard error");
  scrub->add_flag("--json", options->is_json, "The report as one JSON object")->needs(report);
  add_examples(*scrub, {"scopetrace scrub app.log >app.redacted.log",
                        "journalctl -u payments | scopetrace scrub --report"});
  return {scrub, [options, &global] { return run_scrub(*options, global.root); }};
}

}  // namespace scopetrace
